//! JSON Schemas of tools. They come from plugins, so they are hostile until checked: their size and depth are bounded, no
//! reference leaves the document, and regular expressions run in linear time.

mod conversion;
mod cost;

use std::sync::{Arc, OnceLock};

use jsonschema::{PatternOptions, error::ValidationErrorKind};
use serde_json::{Map, Value};

pub(crate) use conversion::Conversion;
use cost::SchemaCost;

use crate::contract::{Invalid, json::depth};

/// Limits the bytes that a schema may have.
const MAX_SCHEMA_BYTES: usize = 64 * 1024;

/// Limits how deep a schema may be nested.
const MAX_SCHEMA_DEPTH: usize = 32;

/// Limits the violations that are reported at once: a model mends the first few and calls again.
const MAX_VIOLATIONS: usize = 10;

/// Limits the bytes of a reason, and of a refused value in it.
const MAX_REASON_BYTES: usize = 500;
const MAX_VALUE_BYTES: usize = 100;

/// Limits the bytes of a compiled regular expression.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// The product of values and rules up to which all violations are looked for; beyond it, only the first.
const MAX_THOROUGH_CHECK: usize = 1_000_000;

/// The product of bytes and rules up to which a check takes about as long as handing it to another thread.
const MAX_QUICK_CHECK: usize = 1_000_000;

/// A schema. It is compiled when it first checks a value: most schemas never do, and a compiled one is large.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// The schema as the plugin wrote it.
    pub(crate) document: Arc<Map<String, Value>>,
    /// Holds an error only if [`Schema::check`] was not called.
    validator: Arc<OnceLock<Result<jsonschema::Validator, Invalid>>>,
    cost: SchemaCost,
}

/// Describes how a value violates a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Is the field as a JSON Pointer; empty for the value itself.
    pub(crate) field: String,
    /// Tells which rule the field breaks.
    pub(crate) reason: String,
}

impl Schema {
    /// Parses a schema of arguments. MCP requires an object type at its root.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(crate) fn for_arguments(text: &str) -> Result<Self, Invalid> {
        let document = parse_document(text)?;
        if document.get("type").and_then(Value::as_str) != Some("object") {
            return Err(Invalid::new("its root must have \"type\": \"object\""));
        }
        Self::from_document(document)
    }

    /// Parses a schema of a structured result.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(crate) fn for_result(text: &str) -> Result<Self, Invalid> {
        Self::from_document(parse_document(text)?)
    }

    fn from_document(document: Map<String, Value>) -> Result<Self, Invalid> {
        let value = Value::Object(document);
        let cost = SchemaCost::measure(&value)?;
        let Value::Object(document) = value else { unreachable!("made from an object above") };
        Ok(Self { document: Arc::new(document), validator: Arc::default(), cost })
    }

    /// Checks that the schema can be compiled.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        self.compile().map(drop)
    }

    fn compile(&self) -> Result<jsonschema::Validator, Invalid> {
        jsonschema::draft202012::options()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .build(&Value::Object(Map::clone(&self.document)))
            .map_err(|error| Invalid::new(format!("at {}: {error}", shown_path(error.schema_path().as_str()))))
    }

    fn validator(&self) -> Result<&jsonschema::Validator, &Invalid> {
        self.validator.get_or_init(|| self.compile()).as_ref()
    }

    /// Returns how many regular expressions the schema has.
    pub(crate) fn patterns(&self) -> usize {
        self.cost.patterns
    }

    /// Returns the first ten violations, or the first one if a search for all would take too long. Takes time that the
    /// schema's author chooses, so it must not run on an async thread.
    pub(crate) fn violations(&self, value: &Value) -> Vec<Violation> {
        let validator = match self.validator() {
            Ok(validator) if validator.is_valid(value) => return Vec::new(),
            Ok(validator) => validator,
            Err(error) => return vec![Violation { field: String::new(), reason: error.to_string() }],
        };
        if !self.is_cheap_for(value) {
            return validator.validate(value).err().iter().map(to_violation).collect();
        }
        validator.iter_errors(value).take(MAX_VIOLATIONS).map(|error| to_violation(&error)).collect()
    }

    /// Converts a value that is right but written in another type, such as `"40"` for 40; see [`conversion`]. A value too
    /// large to look for all its violations stays as it is. Takes time that the schema's author chooses, so it must not run
    /// on an async thread.
    pub(crate) fn convert(&self, value: &mut Value) -> Vec<Conversion> {
        let Ok(validator) = self.validator() else { return Vec::new() };
        if !self.is_cheap_for(value) {
            return Vec::new();
        }
        let mut conversions = Vec::new();
        if !validator.is_valid(value) {
            conversions = conversion::convert_refused(validator, value);
        }
        if validator.is_valid(value) {
            conversions.append(&mut conversion::convert_integers(validator, value));
        }
        conversions
    }

    /// Returns whether a value satisfies the schema and [`Schema::convert`] leaves it as it is.
    pub(crate) fn accepts_unchanged(&self, value: &Value) -> bool {
        self.accepts(value) && !conversion::has_whole_float(value)
    }

    /// Returns whether all violations of a value can be looked for.
    fn is_cheap_for(&self, value: &Value) -> bool {
        count_nodes(value).saturating_mul(self.cost.nodes) <= MAX_THOROUGH_CHECK
    }

    /// Returns whether a value satisfies the schema.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.validator().is_ok_and(|validator| validator.is_valid(value))
    }

    /// Returns whether checking a value of this many bytes is too quick to be worth a thread. The first check is not: it
    /// compiles the schema.
    pub(crate) fn is_quick_for(&self, length: usize) -> bool {
        self.validator.get().is_some() && length.saturating_mul(self.cost.nodes) <= MAX_QUICK_CHECK
    }
}

fn to_violation(error: &jsonschema::ValidationError<'_>) -> Violation {
    let reason = match error.kind() {
        ValidationErrorKind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().map(Value::to_string).collect();
            format!("{} is none of {}", cut(&error.instance().to_string(), MAX_VALUE_BYTES), options.join(", "))
        }
        _ => error.to_string(),
    };
    Violation { field: error.instance_path().as_str().to_owned(), reason: cut(&reason, MAX_REASON_BYTES) }
}

/// Cuts a text to this many bytes, and marks that.
fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

fn parse_document(text: &str) -> Result<Map<String, Value>, Invalid> {
    if text.len() > MAX_SCHEMA_BYTES {
        let size = text.len();
        return Err(Invalid::new(format!("it has {size} bytes; at most {MAX_SCHEMA_BYTES} are allowed")));
    }
    let value = serde_json::from_str(text).map_err(|error| Invalid::new(format!("it is not JSON: {error}")))?;
    if depth(&value) > MAX_SCHEMA_DEPTH {
        return Err(Invalid::new(format!("it is nested deeper than {MAX_SCHEMA_DEPTH}")));
    }
    match value {
        Value::Object(document) => Ok(document),
        _ => Err(Invalid::new("it must be a JSON object")),
    }
}

/// Counts the values that a value is made of.
fn count_nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count_nodes).sum(),
        Value::Object(fields) => fields.values().map(count_nodes).sum(),
        _ => 0,
    }
}

fn shown_path(path: &str) -> &str {
    if path.is_empty() { "its root" } else { path }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(schema: &Value) -> Result<Schema, String> {
        let schema = Schema::for_arguments(&schema.to_string()).map_err(|error| error.to_string())?;
        schema.check().map(|()| schema).map_err(|error| error.to_string())
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
    fn a_word_that_is_none_of_the_known_ones_is_answered_with_all_of_them() {
        let words = ["on", "off", "toggle", "blink", "pulse"];
        let schema = arguments(&json!({"type": "object", "properties": {"action": {"enum": words}}})).unwrap();
        let [violation] = &schema.violations(&json!({"action": "ON"}))[..] else { panic!("one field is wrong") };
        assert_eq!(violation.reason, r#""ON" is none of "on", "off", "toggle", "blink", "pulse""#);
        let [violation] = &schema.violations(&json!({"action": "x".repeat(1_000)}))[..] else { panic!("one is wrong") };
        assert!(violation.reason.contains("… is none of \"on\""), "{}", violation.reason);
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
        let schema = Schema::for_result(
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
        for _ in 0..MAX_SCHEMA_DEPTH {
            schema = json!({"properties": schema});
        }
        schema["type"] = json!("object");
        assert!(arguments(&schema).unwrap_err().contains("nested deeper"));
    }

    #[test]
    fn a_large_schema_is_refused() {
        let error = arguments(&json!({"type": "object", "description": "x".repeat(MAX_SCHEMA_BYTES)})).unwrap_err();
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
        assert!(Schema::for_arguments("{").unwrap_err().to_string().contains("not JSON"));
    }
}
