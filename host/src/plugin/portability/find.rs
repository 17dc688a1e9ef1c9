//! Finds the demands of client families that a tool breaks.

use std::fmt;

use lamplighter_report::is_object_schema;
use serde_json::{Map, Value};

use super::rules::{Cost, MAX_TOOL_NAME_CHARS, MAX_TOOLS, Rule};
use crate::plugin::Tool;

/// The keywords that some model interfaces refuse at the root of an argument schema.
pub(super) const ROOT_COMBINATORS: [&str; 5] = ["oneOf", "anyOf", "allOf", "enum", "not"];

/// The keywords whose alternatives may carry the type of a value.
pub(super) const COMBINATORS: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// The keywords that hold definitions by name.
pub(super) const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// A demand that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Names the tool, and the argument behind a dot.
    path: String,
    rule: Rule,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let demand = self.rule.demand();
        let (problem, families, remedy) = (demand.problem, demand.families(), demand.remedy);
        match demand.cost {
            Cost::Refusal => write!(f, "{}: {problem}, which is refused by {families}; {remedy}", self.path),
            Cost::ToolLeftOut => write!(f, "{}: {problem}, which is too much for {families}; {remedy}", self.path),
            Cost::MendedByHost => write!(
                f,
                "{}: {problem}, for which {families} refuse every tool of the server; {remedy}. The host wraps the \
                 result for their sake",
                self.path
            ),
        }
    }
}

impl Finding {
    /// Returns whether the plugin must be mended, although the host makes up for it.
    pub(crate) fn is_error(&self) -> bool {
        self.rule.demand().cost == Cost::MendedByHost
    }
}

/// Finds every demand that a plugin breaks by the number of its tools.
pub(super) fn in_count(plugin: &str, tools: usize) -> Option<Finding> {
    (tools > MAX_TOOLS).then(|| Finding { path: plugin.to_owned(), rule: Rule::ToolCount })
}

/// Finds every demand that a tool breaks.
pub(super) fn in_tool(tool: &Tool) -> Vec<Finding> {
    let mut findings = in_name(&tool.name);
    findings.extend(in_arguments(&tool.name, &tool.input.document));
    let result = tool.output.as_ref().filter(|schema| !is_object_schema(&schema.document));
    findings.extend(result.map(|_| Finding { path: tool.name.clone(), rule: Rule::ResultRoot }));
    findings
}

/// Finds the demands for which a family refuses a tool or a whole request.
pub(super) fn refusals(tool: &Tool) -> Vec<Finding> {
    let mut findings = in_tool(tool);
    findings.retain(|finding| finding.rule.demand().cost == Cost::Refusal);
    findings
}

/// Returns whether every client family takes a tool's name, its length aside.
pub(super) fn is_name_taken(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn in_name(name: &str) -> Vec<Finding> {
    let rules = [(Rule::ToolNameStart, !is_name_taken(name)), (Rule::ToolNameLength, name.len() > MAX_TOOL_NAME_CHARS)];
    let broken = rules.into_iter().filter(|(_, is_broken)| *is_broken);
    broken.map(|(rule, _)| Finding { path: name.to_owned(), rule }).collect()
}

/// Finds the demands that a schema of arguments breaks.
pub(super) fn in_arguments(tool: &str, schema: &Map<String, Value>) -> Vec<Finding> {
    let mut walk = Walk { found: Vec::new() };
    if ROOT_COMBINATORS.iter().any(|keyword| schema.contains_key(*keyword)) {
        walk.add(tool, Rule::RootCombinator);
    }
    if !schema.contains_key("properties") {
        walk.add(tool, Rule::PropertiesMissing);
    }
    let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    for name in names.filter(|name| !is_argument_name(name)) {
        walk.add(&format!("{tool}.{name}"), Rule::ArgumentName);
    }
    walk.parts(tool, schema);
    walk.found
}

/// Returns whether every client family takes an argument's name.
pub(super) fn is_argument_name(name: &str) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_taken)
}

/// Walks through a schema of arguments.
struct Walk {
    found: Vec<Finding>,
}

impl Walk {
    fn add(&mut self, path: &str, rule: Rule) {
        self.found.push(Finding { path: path.to_owned(), rule });
    }

    /// Checks the schema of a value. `is_typed` tells whether the schema around it has given the type.
    fn value(&mut self, path: &str, schema: &Value, is_typed: bool) {
        let Some(schema) = schema.as_object() else { return self.add(path, Rule::TypeMissing) };
        let kind = schema.get("type");
        if kind.is_some_and(Value::is_array) {
            self.add(path, Rule::TypeList);
        }
        if schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.iter().all(Value::is_string)) {
            self.add(path, Rule::EnumNotText);
        }
        if kind.is_some_and(may_be_array) && !schema.contains_key("items") {
            self.add(path, Rule::ItemsMissing);
        }
        let has_cases = COMBINATORS.iter().any(|keyword| schema.contains_key(*keyword));
        match (kind, schema.contains_key("const")) {
            (None, true) if !is_typed => self.add(path, Rule::ConstantWithoutType),
            (None, false) if !is_typed && !has_cases && !schema.contains_key("$ref") => {
                self.add(path, Rule::TypeMissing);
            }
            _ => {}
        }
        for case in COMBINATORS.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten() {
            self.value(path, case, is_typed || kind.is_some());
        }
        self.parts(path, schema);
    }

    /// Checks the parts of a value: its properties, its elements, and the definitions that it refers to.
    fn parts(&mut self, path: &str, schema: &Map<String, Value>) {
        for keyword in ["properties"].iter().chain(&DEFINITIONS) {
            for (name, part) in schema.get(*keyword).and_then(Value::as_object).into_iter().flatten() {
                self.value(&format!("{path}.{name}"), part, false);
            }
        }
        let elements = schema.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        for element in schema.get("items").into_iter().chain(elements) {
            self.value(&format!("{path}[]"), element, false);
        }
        if let Some(others) = schema.get("additionalProperties").filter(|others| others.is_object()) {
            self.value(&format!("{path}.*"), others, false);
        }
    }
}

fn may_be_array(kind: &Value) -> bool {
    kind == "array" || kind.as_array().is_some_and(|types| types.iter().any(|name| name == "array"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(arguments: &Value) -> Vec<Rule> {
        let schema = arguments.as_object().unwrap();
        in_arguments("t", schema).into_iter().map(|finding| finding.rule).collect()
    }

    fn rules_of(argument: &Value) -> Vec<Rule> {
        rules(&json!({"type": "object", "properties": {"x": argument}}))
    }

    #[test]
    fn an_argument_that_a_family_refuses_is_found() {
        for (argument, rule) in [
            (json!({"type": ["string", "null"]}), Rule::TypeList),
            (json!({"type": ["array", "null"], "items": {"type": "string"}}), Rule::TypeList),
            (json!({"type": "array"}), Rule::ItemsMissing),
            (json!({"type": "array", "items": {"type": "array"}}), Rule::ItemsMissing),
            (json!({}), Rule::TypeMissing),
            (json!(true), Rule::TypeMissing),
            (json!({"enum": ["on", "off"]}), Rule::TypeMissing),
            (json!({"type": "array", "items": {}}), Rule::TypeMissing),
            (json!({"anyOf": [{"type": "string"}, {"maximum": 3}]}), Rule::TypeMissing),
            (json!({"type": "object", "properties": {"y": {}}}), Rule::TypeMissing),
            (json!({"type": "object", "additionalProperties": {"minLength": 1}}), Rule::TypeMissing),
            (json!({"type": "integer", "enum": [1, 2]}), Rule::EnumNotText),
            (json!({"const": "on"}), Rule::ConstantWithoutType),
        ] {
            assert_eq!(rules_of(&argument), [rule], "{argument}");
        }
        let constants = json!({"oneOf": [{"const": "on"}, {"const": "off"}]});
        assert_eq!(rules_of(&constants), [Rule::ConstantWithoutType; 2]);
    }

    #[test]
    fn an_argument_that_every_family_takes_is_not_found() {
        for argument in [
            json!({"type": "string", "enum": ["on", "off"]}),
            json!({"type": "string", "oneOf": [{"const": "on"}, {"const": "off"}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"$ref": "#/$defs/spot"}),
            json!({"type": "object", "additionalProperties": false, "anyOf": [{"required": ["a"]}]}),
        ] {
            assert_eq!(rules_of(&argument), [], "{argument}");
        }
    }

    #[test]
    fn combinators_at_the_root_and_a_root_without_properties_are_found() {
        for keyword in ROOT_COMBINATORS {
            let arguments = json!({"type": "object", "properties": {}, keyword: []});
            assert_eq!(rules(&arguments), [Rule::RootCombinator], "{keyword}");
        }
        assert_eq!(rules(&json!({"type": "object"})), [Rule::PropertiesMissing]);
    }

    #[test]
    fn names_of_arguments_and_tools_are_checked() {
        for name in ["a b", "filter[id]", "$top", "", "ä", &"x".repeat(65)] {
            let arguments = json!({"type": "object", "properties": {name: {"type": "string"}}});
            assert_eq!(rules(&arguments), [Rule::ArgumentName], "{name}");
        }
        assert!(is_argument_name("a.B-c_9") && is_argument_name(&"x".repeat(64)));
        let of_name = |name: &str| in_name(name).into_iter().map(|finding| finding.rule).collect::<Vec<_>>();
        assert_eq!(of_name("3d_lights"), [Rule::ToolNameStart]);
        assert_eq!(of_name(&"x".repeat(47)), [Rule::ToolNameLength]);
        assert_eq!(of_name("_hue"), []);
    }

    #[test]
    fn a_finding_names_the_path_the_families_and_the_remedy() {
        let finding = Finding { path: "t.x".to_owned(), rule: Rule::EnumNotText };
        let text = "t.x: `enum` has a value that is no text, which is refused by Gemini; list texts, or give a minimum \
                    and a maximum";
        assert_eq!(finding.to_string(), text);
    }
}
