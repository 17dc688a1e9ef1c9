//! A plugin's surface, all that a client sees of it, as JSON; and the differences of two surfaces, as lines for people.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    contract::{content::Icon, milliseconds},
    plugin::{Catalog, Plugin, Prompt, Resource, Tool},
};

/// A value in a line is cut off after this many characters.
const MAX_VALUE_CHARS: usize = 300;

/// Returns the surface of a plugin: what it offers, and the functions that it imports.
pub(crate) fn plugin_surface(plugin: &Plugin) -> Value {
    let imports = plugin.surface().called_imports();
    let imports: Map<String, Value> =
        imports.map(|(name, interface)| (name.clone(), json!(interface.functions))).collect();
    let mut surface = catalog_surface(&plugin.catalog);
    surface["imports"] = imports.into();
    surface
}

/// Returns all that a client sees of tools, prompts and resources.
pub(crate) fn catalog_surface(catalog: &Catalog) -> Value {
    json!({
        "tools": by_name(&catalog.tools, |it| (it.name.clone(), tool(it))),
        "prompts": by_name(&catalog.prompts, |it| (it.name.clone(), prompt(it))),
        "resources": by_name(&catalog.resources, |it| (it.path.clone(), resource(it))),
    })
}

fn by_name<T>(items: &[Arc<T>], entry: impl Fn(&T) -> (String, Value)) -> Map<String, Value> {
    items.iter().map(|item| entry(item)).collect()
}

fn tool(tool: &Tool) -> Value {
    let hints = &tool.hints;
    json!({
        "title": tool.title,
        "description": tool.description,
        "input": *tool.input.document,
        "output": tool.output.as_ref().map(|schema| schema.document.clone()),
        "hints": {
            "read_only": hints.read_only,
            "destructive": hints.destructive,
            "idempotent": hints.idempotent,
            "open_world": hints.open_world,
        },
        "expected_ms": tool.expected.map(milliseconds),
        "icons": icons(&tool.icons),
        "meta": tool.meta,
    })
}

fn prompt(prompt: &Prompt) -> Value {
    let arguments = prompt.arguments.iter().map(|argument| {
        let shown = json!({
            "title": argument.title,
            "description": argument.description,
            "required": argument.required,
        });
        (argument.name.clone(), shown)
    });
    json!({
        "title": prompt.title,
        "description": prompt.description,
        "arguments": arguments.collect::<Map<String, Value>>(),
        "icons": icons(&prompt.icons),
        "meta": prompt.meta,
    })
}

fn resource(resource: &Resource) -> Value {
    json!({
        "name": resource.name,
        "title": resource.title,
        "description": resource.description,
        "mime_type": resource.mime_type,
        "icons": icons(&resource.icons),
        "annotations": resource.annotations,
        "meta": resource.meta,
    })
}

fn icons(icons: &[Icon]) -> Vec<Value> {
    icons.iter().map(|icon| json!([icon.src, icon.mime_type, icon.sizes])).collect()
}

/// Returns a line for each part that is new, gone or different.
pub(crate) fn differences(approved: &Value, now: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare(&mut lines, "", approved, now);
    lines
}

fn compare(lines: &mut Vec<String>, path: &str, before: &Value, after: &Value) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        lines.push(format!("{path}: was {}, is {}", shorten(before), shorten(after)));
        return;
    };
    for (name, before) in old {
        let path = join(path, name);
        match new.get(name) {
            Some(after) => compare(lines, &path, before, after),
            None => lines.push(format!("{path}: gone")),
        }
    }
    for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        lines.push(format!("{}: new, {}", join(path, name), shorten(after)));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn shorten(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text;
    }
    format!("{}…", text.chars().take(MAX_VALUE_CHARS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_is_another_one_has_a_line() {
        let before = json!({"tools": {"a": {"description": "old"}, "b": {}}, "imports": {"home": ["lights"]}});
        let after = json!({"tools": {"a": {"description": "new"}, "c": {}}, "imports": {"home": ["lights"]}});
        assert_eq!(
            differences(&before, &after),
            [r#"tools.a.description: was "old", is "new""#, "tools.b: gone", "tools.c: new, {}"]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
