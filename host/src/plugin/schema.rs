//! JSON Schemas of tools. They come from plugins, so they are hostile until checked: bounded in size and depth, with no
//! reference that leaves the document, and with a regular expression engine that runs in linear time.

mod extent;

use std::sync::{Arc, OnceLock};

use jsonschema::PatternOptions;
use serde_json::{Map, Value};

use extent::Extent;

/// Longest schema, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 32;

/// Deepest nesting of a value that a plugin or a client hands over.
pub(crate) const MAX_VALUE_DEPTH: usize = 64;

/// Mistakes that are told at once: a model mends the first few and asks again.
const MAX_VIOLATIONS: usize = 10;

/// Largest compiled regular expression, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

/// Values times rules up to which all mistakes are looked for; beyond, only the first.
const THOROUGH: usize = 1_000_000;

/// Bytes times rules up to which a check takes less than handing it to another thread and waiting for it, or not much
/// more.
const QUICK: usize = 1_000_000;

/// A schema. It is compiled when a value is first held against it: most never are, and a compiled one is large.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// As the plugin wrote it.
    pub(crate) document: Arc<Map<String, Value>>,
    /// An error only if nobody asked [`Schema::check`].
    validator: Arc<OnceLock<Result<jsonschema::Validator, String>>>,
    extent: Extent,
}

/// One mistake in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Where, as a JSON Pointer; empty for the value itself.
    pub(crate) field: String,
    /// Which rule it breaks.
    pub(crate) reason: String,
}

impl Schema {
    /// Reads a schema of arguments: its root must be an object type, as MCP asks.
    ///
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(crate) fn of_arguments(text: &str) -> Result<Self, String> {
        let document = read(text)?;
        if document.get("type").and_then(Value::as_str) != Some("object") {
            return Err("its root must have \"type\": \"object\"".to_owned());
        }
        Self::bounded(document)
    }

    /// Reads a schema of a result.
    ///
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(crate) fn of_result(text: &str) -> Result<Self, String> {
        Self::bounded(read(text)?)
    }

    fn bounded(document: Map<String, Value>) -> Result<Self, String> {
        let value = Value::Object(document);
        let extent = Extent::of(&value)?;
        let Value::Object(document) = value else { unreachable!("made from an object above") };
        Ok(Self { document: Arc::new(document), validator: Arc::default(), extent })
    }

    /// Whether it can be compiled: what was not checked in an earlier run has to be before it is used.
    ///
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.compile().map(drop)
    }

    fn compile(&self) -> Result<jsonschema::Validator, String> {
        jsonschema::draft202012::options()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN))
            .build(&Value::Object(Map::clone(&self.document)))
            .map_err(|error| format!("at {}: {error}", pointer(error.schema_path().as_str())))
    }

    fn validator(&self) -> Result<&jsonschema::Validator, &String> {
        self.validator.get_or_init(|| self.compile()).as_ref()
    }

    /// Regular expressions in it.
    pub(crate) fn patterns(&self) -> usize {
        self.extent.patterns
    }

    /// The mistakes of a value: the first ten, or the first one of a value that is so large that looking for all of
    /// them would cost too much. Takes time that the schema's author chooses, so not for an async thread.
    pub(crate) fn violations(&self, value: &Value) -> Vec<Violation> {
        let validator = match self.validator() {
            Ok(validator) if validator.is_valid(value) => return Vec::new(),
            Ok(validator) => validator,
            Err(reason) => return vec![Violation { field: String::new(), reason: reason.clone() }],
        };
        if nodes(value).saturating_mul(self.extent.nodes) > THOROUGH {
            return validator.validate(value).err().iter().map(violation).collect();
        }
        validator.iter_errors(value).take(MAX_VIOLATIONS).map(|error| violation(&error)).collect()
    }

    /// Whether the value satisfies the schema.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.validator().is_ok_and(|validator| validator.is_valid(value))
    }

    /// Whether it takes next to no time to check a value whose text has this length, in bytes. The first time it does
    /// not: the schema is compiled then.
    pub(crate) fn is_quick_for(&self, length: usize) -> bool {
        self.validator.get().is_some() && length.saturating_mul(self.extent.nodes) <= QUICK
    }
}

fn violation(error: &jsonschema::ValidationError<'_>) -> Violation {
    let mut reason = error.to_string();
    if reason.len() > 500 {
        let end = (0..=500).rev().find(|&end| reason.is_char_boundary(end)).unwrap_or(0);
        reason.truncate(end);
        reason.push('…');
    }
    Violation { field: error.instance_path().as_str().to_owned(), reason }
}

fn read(text: &str) -> Result<Map<String, Value>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it has {} bytes; at most {MAX_BYTES} are allowed", text.len()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    if depth(&value) > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH}"));
    }
    match value {
        Value::Object(document) => Ok(document),
        _ => Err("it must be a JSON object".to_owned()),
    }
}

/// How many values a value is made of.
fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// How deep a value is nested: 1 for a number. `serde_json` itself stops at 128, so the recursion is bounded.
pub(crate) fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Reads a JSON value of a plugin's, if it is not nested without end.
pub(crate) fn read_value(text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    if depth(&value) > MAX_VALUE_DEPTH {
        return Err(format!("nested deeper than {MAX_VALUE_DEPTH}"));
    }
    Ok(value)
}

/// Reads a JSON object of a plugin's.
pub(crate) fn read_object(text: &str) -> Result<Map<String, Value>, String> {
    match read_value(text)? {
        Value::Object(fields) => Ok(fields),
        _ => Err("not a JSON object".to_owned()),
    }
}

fn pointer(path: &str) -> &str {
    if path.is_empty() { "its root" } else { path }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(schema: &Value) -> Result<Schema, String> {
        let schema = Schema::of_arguments(&schema.to_string())?;
        schema.check().map(|()| schema)
    }

    #[test]
    fn a_violation_names_the_field_and_the_rule() {
        let schema = arguments(&json!({
            "type": "object",
            "properties": {"brightness": {"type": "integer", "maximum": 254}},
            "required": ["light"],
        }))
        .unwrap();
        let found = schema.violations(&json!({"brightness": 300}));
        assert!(found.contains(&Violation {
            field: "/brightness".into(),
            reason: "300 is greater than the maximum of 254".into(),
        }));
        assert!(found.iter().any(|v| v.field.is_empty() && v.reason.contains("\"light\"")), "{found:?}");
    }

    #[test]
    fn a_reference_that_leaves_the_document_refuses_the_schema() {
        for target in ["https://example.com/x.json", "file:///etc/passwd", "other.json", "//host/x"] {
            let error = arguments(&json!({"type": "object", "properties": {"x": {"$ref": target}}})).unwrap_err();
            assert!(error.contains("leaves the document"), "{error}");
        }
    }

    #[test]
    fn a_local_reference_works() {
        let schema = arguments(&json!({
            "type": "object",
            "properties": {"x": {"$ref": "#/$defs/small"}},
            "$defs": {"small": {"type": "integer", "maximum": 3}},
        }))
        .unwrap();
        assert!(schema.accepts(&json!({"x": 2})));
        assert!(!schema.accepts(&json!({"x": 4})));
    }

    #[test]
    fn references_that_multiply_without_end_are_refused() {
        let mut definitions = Map::new();
        for level in 0..40 {
            let next = format!("#/$defs/a{}", level + 1);
            definitions.insert(format!("a{level}"), json!({"allOf": [{"$ref": next}, {"$ref": next}]}));
        }
        definitions.insert("a40".to_owned(), json!({"type": "integer"}));
        let error = arguments(&json!({"type": "object", "$ref": "#/$defs/a0", "$defs": definitions})).unwrap_err();
        assert!(error.contains("references followed"), "{error}");
    }

    #[test]
    fn a_schema_may_refer_to_itself_once_and_not_twice() {
        let once = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(arguments(&once).is_ok());
        let twice = json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        assert!(arguments(&twice).unwrap_err().contains("itself"));
    }

    #[test]
    fn a_value_with_very_many_mistakes_is_told_the_first() {
        let schema = Schema::of_result(
            &json!({"type": "array", "items": {"allOf": vec![json!({"type": "string"}); 500]}}).to_string(),
        )
        .unwrap();
        assert_eq!(schema.violations(&json!(vec![0; 50_000])).len(), 1);
    }

    #[test]
    fn an_identifier_cannot_give_references_another_base() {
        assert!(arguments(&json!({"type": "object", "$id": "https://example.com/"})).is_err());
    }

    #[test]
    fn a_deep_schema_is_refused() {
        let mut schema = json!({});
        for _ in 0..MAX_DEPTH {
            schema = json!({"properties": schema});
        }
        schema["type"] = json!("object");
        assert!(arguments(&schema).unwrap_err().contains("nested deeper"));
    }

    #[test]
    fn a_large_schema_is_refused() {
        let error = arguments(&json!({"type": "object", "description": "x".repeat(MAX_BYTES)})).unwrap_err();
        assert!(error.contains("bytes"), "{error}");
    }

    #[test]
    fn a_pattern_that_needs_backtracking_is_refused() {
        let error = arguments(&json!({"type": "object", "properties": {"x": {"pattern": "(a)\\1"}}})).unwrap_err();
        assert!(error.contains("pattern"), "{error}");
    }

    #[test]
    fn arguments_are_an_object() {
        assert!(arguments(&json!({"type": "array"})).is_err());
        assert!(arguments(&json!(true)).is_err());
        assert!(Schema::of_arguments("{").unwrap_err().contains("not JSON"));
    }
}
