//! What is wrong, or could be better, with a tool: a model knows it only by what is written there.

use serde_json::{Map, Value};

use crate::plugin::{Prompt, Tool};

/// A description shorter than this, in characters, hardly says when to use a tool.
const SHORT: usize = 20;

pub(super) fn of_tool(tool: &Tool, errors: &mut Vec<String>, warnings: &mut Vec<String>) {
    let name = &tool.name;
    match tool.description.trim().chars().count() {
        0 => errors.push(format!("{name}: it has no description, so no model knows when to call it")),
        1..SHORT => warnings.push(format!("{name}: its description hardly says what it does and when to use it")),
        _ => {}
    }
    let hints = &tool.hints;
    if hints.read_only.is_none() && hints.destructive.is_none() && hints.idempotent.is_none() {
        warnings.push(format!("{name}: no hint says whether it changes or destroys anything"));
    }
    let document = &*tool.input.document;
    if document.get("additionalProperties") != Some(&Value::Bool(false)) {
        warnings.push(format!("{name}: misspelt arguments pass; add \"additionalProperties\": false"));
    }
    for (parameter, schema) in properties(document) {
        warnings.extend(of_parameter(schema).into_iter().map(|what| format!("{name}.{parameter}: {what}")));
    }
}

pub(super) fn of_prompt(prompt: &Prompt, warnings: &mut Vec<String>) {
    let name = &prompt.name;
    if prompt.description.trim().is_empty() {
        warnings.push(format!("{name}: it has no description, so nobody knows when to choose it"));
    }
    let undescribed = prompt.arguments.iter().filter(|it| it.description.as_deref().unwrap_or_default().is_empty());
    warnings.extend(undescribed.map(|argument| format!("{name}.{}: it has no description", argument.name)));
}

fn of_parameter(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let Some(fields) = schema.as_object() else { return found };
    let description = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    if description.trim().is_empty() {
        found.push("it has no description".to_owned());
    }
    match type_of(schema).as_str() {
        "any" => found.push("it has no type".to_owned()),
        "string" if !has(fields, &["maxLength", "enum", "const", "pattern", "format"]) => {
            found.push("it is unbounded: give a maxLength, an enum or a pattern".to_owned());
        }
        "number" | "integer" if !has(fields, &["maximum", "exclusiveMaximum", "enum", "const"]) => {
            found.push("it is unbounded: give a minimum and a maximum".to_owned());
        }
        "array" if !has(fields, &["maxItems"]) => found.push("it is unbounded: give maxItems".to_owned()),
        _ => {}
    }
    found
}

/// A word for what a parameter takes; `any` if its schema does not say.
pub(super) fn type_of(schema: &Value) -> String {
    let Some(fields) = schema.as_object() else { return "any".to_owned() };
    match fields.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            let named: Vec<&str> = several.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            named.join("|")
        }
        _ if has(fields, &["enum", "const"]) => "enum".to_owned(),
        _ if has(fields, &["$ref", "anyOf", "oneOf", "allOf"]) => "value".to_owned(),
        _ => "any".to_owned(),
    }
}

fn properties(document: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    document.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn has(fields: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().any(|name| fields.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_says_what_it_is_and_how_far_it_goes() {
        let good = json!({"type": "string", "description": "A light.", "maxLength": 64});
        assert!(of_parameter(&good).is_empty());
        assert_eq!(of_parameter(&json!({})), ["it has no description", "it has no type"]);
        let unbounded = of_parameter(&json!({"type": ["number", "null"], "description": "How long."}));
        assert_eq!(unbounded, ["it is unbounded: give a minimum and a maximum"]);
    }

    #[test]
    fn a_type_that_is_said_elsewhere_is_a_type() {
        assert_eq!(type_of(&json!({"$ref": "#/$defs/Color"})), "value");
        assert_eq!(type_of(&json!({"enum": ["on", "off"]})), "enum");
        assert_eq!(type_of(&json!({"type": ["integer", "null"]})), "integer");
    }
}
