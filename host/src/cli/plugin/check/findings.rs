//! Finds errors and weaknesses in a plugin: of its toolchain, and in its catalog, which is all that models and people know
//! of the plugin.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    contract::ContractVersion,
    plugin::{Plugin, Prompt, Resource, Tool, portability},
};

/// The length in characters below which a description hardly says when to use a tool.
const MIN_DESCRIPTION_CHARS: usize = 20;

/// Lists the errors and weaknesses that were found.
#[derive(Debug, Default)]
pub(in crate::cli::plugin) struct Findings {
    /// Names the toolchain that built the plugin, if it is a known one.
    pub(in crate::cli::plugin) toolchain: Option<String>,
    /// Lists what must be fixed.
    pub(in crate::cli::plugin) errors: Vec<String>,
    /// Lists what could be better.
    pub(in crate::cli::plugin) warnings: Vec<String>,
}

/// Checks a plugin's toolchain, tools, prompts and resources.
pub(in crate::cli::plugin) async fn of_plugin(plugin: &Plugin) -> Findings {
    let mut found = Findings::default();
    match plugin.toolchain().await {
        Ok(toolchain) => (found.toolchain, found.warnings) = (toolchain.name, toolchain.warnings),
        Err(error) => found.errors.push(error.to_string()),
    }
    if plugin.surface().contract_version() == Some(&ContractVersion::Draft.number()) {
        found.warnings.push(format!(
            "it was built for lamplighter:plugin@{}, which is a draft and changes: build for {} what others are to use",
            ContractVersion::Draft.number(),
            ContractVersion::Frozen.number(),
        ));
    }
    plugin.catalog.tools.iter().for_each(|tool| found.check_tool(tool));
    plugin.catalog.prompts.iter().for_each(|prompt| found.check_prompt(prompt));
    plugin.catalog.resources.iter().for_each(|resource| found.check_resource(resource));
    for finding in portability::findings(&plugin.name, &plugin.catalog.tools) {
        let list = if finding.is_error() { &mut found.errors } else { &mut found.warnings };
        list.push(finding.to_string());
    }
    found
}

impl Findings {
    fn check_tool(&mut self, tool: &Tool) {
        let name = &tool.name;
        match tool.description.trim().chars().count() {
            0 => self.errors.push(format!("{name}: it has no description, so no model knows when to call it")),
            1..MIN_DESCRIPTION_CHARS => {
                self.warnings.push(format!("{name}: its description hardly says what it does and when to use it"));
            }
            _ => {}
        }
        let hints = &tool.hints;
        if hints.read_only.is_none() && hints.destructive.is_none() && hints.idempotent.is_none() {
            self.warnings.push(format!("{name}: no hint says whether it changes or destroys anything"));
        }
        let document = Value::Object((*tool.input.document).clone());
        let mut walk = Walk { root: &document, followed: HashSet::new(), found: &mut self.warnings };
        walk.object(name, &document);
    }

    fn check_prompt(&mut self, prompt: &Prompt) {
        let name = &prompt.name;
        if prompt.description.trim().is_empty() {
            self.warnings.push(format!("{name}: it has no description, so people do not know when to choose it"));
        }
        let undescribed = prompt.arguments.iter().filter(|it| is_blank(it.description.as_deref()));
        self.warnings.extend(undescribed.map(|argument| format!("{name}.{}: it has no description", argument.name)));
    }

    fn check_resource(&mut self, resource: &Resource) {
        if is_blank(resource.description.as_deref()) && is_blank(resource.title.as_deref()) {
            self.warnings.push(format!("{}: it has neither a title nor a description", resource.path));
        }
    }
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// Walks through a schema of arguments.
struct Walk<'a> {
    /// The document that local references refer to.
    root: &'a Value,
    /// The references that were followed: each target is checked once, since references may be circular.
    followed: HashSet<&'a str>,
    found: &'a mut Vec<String>,
}

impl<'a> Walk<'a> {
    fn object(&mut self, path: &str, schema: &'a Value) {
        if schema["additionalProperties"] != false && schema["unevaluatedProperties"] != false {
            self.found.push(format!("{path}: misspelt arguments pass; add \"additionalProperties\": false"));
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if !is_described(property) && !is_described(self.resolve(property)) {
                self.found.push(format!("{path}: it has no description"));
            }
            self.value(&path, property);
        }
    }

    /// Checks the schema of a value, which should have bounds.
    fn value(&mut self, path: &str, schema: &'a Value) {
        if schema["$ref"].as_str().is_some_and(|to| !self.followed.insert(to)) {
            return;
        }
        let schema = self.resolve(schema);
        let alternatives: Vec<_> =
            ["anyOf", "oneOf", "allOf"].iter().filter_map(|part| schema[*part].as_array()).flatten().collect();
        if !alternatives.is_empty() {
            return alternatives.into_iter().for_each(|part| self.value(path, part));
        }
        let kind = type_of(schema);
        self.found
            .extend(kind.split('|').filter_map(|kind| unbounded(schema, kind)).map(|what| format!("{path}: {what}")));
        if schema.get("properties").is_some() {
            self.object(path, schema);
        }
        if schema["items"].is_object() {
            self.value(&format!("{path}[]"), &schema["items"]);
        }
    }

    /// Returns the target of a local reference, or the schema itself.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let pointer = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
        pointer.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(schema)
    }
}

fn is_described(schema: &Value) -> bool {
    !is_blank(schema["description"].as_str())
}

/// Returns the finding about a value that has no bounds.
fn unbounded(schema: &Value, kind: &str) -> Option<&'static str> {
    match kind {
        "string" if !has(schema, &["maxLength", "enum", "const", "pattern", "format"]) => {
            Some("it is unbounded: give a maxLength, an enum or a pattern")
        }
        "number" | "integer" if !has(schema, &["maximum", "exclusiveMaximum", "enum", "const"]) => {
            Some("it is unbounded: give a minimum and a maximum")
        }
        "array" if !has(schema, &["maxItems"]) => Some("it is unbounded: give maxItems"),
        _ => None,
    }
}

/// Names the type of a parameter; `any` if its schema does not give one.
pub(super) fn type_of(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(one) => one.clone(),
        Value::Array(several) => {
            let named: Vec<&str> = several.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            named.join("|")
        }
        _ if has(schema, &["enum", "const"]) => "enum".to_owned(),
        _ if has(schema, &["$ref", "anyOf", "oneOf", "allOf"]) => "value".to_owned(),
        _ => "any".to_owned(),
    }
}

fn has(schema: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| schema.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(parameter: &Value) -> Vec<String> {
        let schema = json!({
            "type": "object",
            "properties": {"x": parameter},
            "additionalProperties": false,
            "$defs": {"Spot": {
                "type": "object",
                "description": "A place.",
                "properties": {"name": {"type": "string"}, "again": {"$ref": "#/$defs/Spot"}},
                "additionalProperties": false,
            }},
        });
        let mut found = Vec::new();
        Walk { root: &schema, followed: HashSet::new(), found: &mut found }.object("t", &schema);
        found
    }

    #[test]
    fn a_parameter_says_what_it_is_and_how_far_it_goes() {
        assert!(found(&json!({"type": "string", "description": "A light.", "maxLength": 64})).is_empty());
        assert_eq!(found(&json!({})), ["t.x: it has no description"]);
        assert_eq!(found(&json!(true)), ["t.x: it has no description"]);
        let unbounded = found(&json!({"type": ["number", "null"], "description": "How long."}));
        assert_eq!(unbounded, ["t.x: it is unbounded: give a minimum and a maximum"]);
    }

    #[test]
    fn what_is_said_elsewhere_counts() {
        let choice = json!({"description": "A mode.", "oneOf": [{"const": "on"}, {"const": "off"}, {"type": "null"}]});
        assert!(found(&choice).is_empty());
        let spots = json!({"description": "Where.", "type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/Spot"}});
        let spots = found(&spots);
        assert!(spots.contains(&"t.x[].name: it has no description".to_owned()), "{spots:?}");
        assert!(spots.contains(&"t.x[].name: it is unbounded: give a maxLength, an enum or a pattern".to_owned()));
    }

    #[test]
    fn a_schema_that_refers_to_itself_is_walked_once() {
        let spots = found(&json!({"$ref": "#/$defs/Spot"}));
        assert_eq!(spots.iter().filter(|it| it.ends_with("no description")).count(), 1, "{spots:?}");
    }

    #[test]
    fn a_type_has_a_word() {
        assert_eq!(type_of(&json!({"$ref": "#/$defs/Color"})), "value");
        assert_eq!(type_of(&json!({"enum": ["on", "off"]})), "enum");
        assert_eq!(type_of(&json!({"type": ["integer", "null"]})), "integer");
    }
}
