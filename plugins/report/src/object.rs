//! Wraps a tool's structured result that is no JSON object, and the schema of such a result.
//!
//! MCP allowed only objects before revision 2026-07-28. Client libraries of that era refuse the whole list of tools for
//! one result schema of another kind, and each call of that tool. A result that is no object is therefore sent as
//! `{"result": …}`. Objects are sent as they are, and the schema says the same of every value that it describes.

use serde_json::{Map, Value, json};

/// The key under which a result lies that is no object.
pub const RESULT_KEY: &str = "result";

/// Tells how many of the values that a schema describes are objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objects {
    All,
    Some,
    None,
}

/// Returns the JSON text of a result as an object: wrapped, unless it is one.
pub fn object_text(text: String) -> String {
    if text.trim_start().starts_with('{') { text } else { format!("{{\"{RESULT_KEY}\":{text}}}") }
}

/// Returns a result as an object: wrapped, unless it is one.
pub fn object_value(value: Value) -> Value {
    if value.is_object() { value } else { Value::Object(Map::from_iter([(RESULT_KEY.to_owned(), value)])) }
}

/// Returns whether the root of a result's schema is `"type": "object"`, as client libraries demand.
pub fn is_object_schema(schema: &Map<String, Value>) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// Returns the schema of the same result after [`object_value`]. Its root is `"type": "object"`.
pub fn object_schema(mut schema: Map<String, Value>) -> Map<String, Value> {
    if is_object_schema(&schema) {
        return schema;
    }
    let mut root = Map::new();
    root.extend(schema.remove_entry("$schema"));
    let describes = objects_of(&schema);
    if describes == Objects::All {
        root.extend(schema);
    } else if describes == Objects::None {
        let result = moved_to(&format!("#/properties/{RESULT_KEY}"), schema);
        root.insert("properties".to_owned(), json!({ RESULT_KEY: result }));
        root.insert("required".to_owned(), json!([RESULT_KEY]));
    } else if !schema.is_empty() {
        let bare = moved_to("#/anyOf/0", schema);
        let wrapped = json!({"properties": {RESULT_KEY: {"$ref": "#/anyOf/0"}}, "required": [RESULT_KEY]});
        root.insert("anyOf".to_owned(), json!([bare, wrapped]));
    }
    root.insert("type".to_owned(), "object".into());
    root
}

fn objects_of(schema: &Map<String, Value>) -> Objects {
    let is_object = |name: &Value| name == "object";
    match schema.get("type") {
        Some(Value::Array(types)) => return summarize(types.iter().map(is_object).map(Objects::from_bool)),
        Some(name) => return Objects::from_bool(is_object(name)),
        None => {}
    }
    if let Some(value) = schema.get("const") {
        return Objects::from_bool(value.is_object());
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return summarize(values.iter().map(Value::is_object).map(Objects::from_bool));
    }
    match ["oneOf", "anyOf"].iter().find_map(|keyword| schema.get(*keyword)?.as_array()) {
        Some(cases) => summarize(cases.iter().map(|case| case.as_object().map_or(Objects::Some, objects_of))),
        None => Objects::Some,
    }
}

impl Objects {
    fn from_bool(is_object: bool) -> Self {
        if is_object { Self::All } else { Self::None }
    }
}

fn summarize(mut cases: impl Iterator<Item = Objects>) -> Objects {
    let Some(first) = cases.next() else { return Objects::Some };
    if cases.all(|case| case == first) { first } else { Objects::Some }
}

/// Returns the schema with its references to itself changed to where it is moved.
fn moved_to(place: &str, schema: Map<String, Value>) -> Value {
    let mut moved = Value::Object(schema);
    move_references(&mut moved, place);
    moved
}

fn move_references(schema: &mut Value, place: &str) {
    match schema {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(to) if name == "$ref" && (to == "#" || to.starts_with("#/")) => {
                        *to = format!("{place}{}", &to[1..]);
                    }
                    value => move_references(value, place),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_references(item, place)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(schema: Value) -> Value {
        let Value::Object(schema) = schema else { panic!("a schema") };
        Value::Object(object_schema(schema))
    }

    #[test]
    fn a_result_that_is_never_an_object_is_wrapped() {
        for schema in [
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "integer"}),
            json!({"type": ["array", "null"]}),
            json!({"enum": ["on", "off"]}),
            json!({"const": 3}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ] {
            let expected = json!({"type": "object", "properties": {"result": schema}, "required": ["result"]});
            assert_eq!(wrapped(schema), expected);
        }
    }

    #[test]
    fn a_result_that_is_always_an_object_stays_as_it_is() {
        let object = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        assert_eq!(wrapped(object.clone()), object);
        let tagged = json!({"oneOf": [{"type": "object"}, {"type": "object", "required": ["kind"]}]});
        let mut expected = tagged.clone();
        expected["type"] = json!("object");
        assert_eq!(wrapped(tagged), expected);
        assert_eq!(wrapped(json!({"type": ["object"]})), json!({"type": "object"}));
    }

    #[test]
    fn a_result_that_is_an_object_now_and_then_is_wrapped_where_it_is_none() {
        let light = json!({"type": ["object", "null"], "required": ["name"]});
        let either = json!({"properties": {"result": {"$ref": "#/anyOf/0"}}, "required": ["result"]});
        assert_eq!(wrapped(light.clone()), json!({"type": "object", "anyOf": [light, either]}));
        assert_eq!(wrapped(json!({})), json!({"type": "object"}));
    }

    #[test]
    fn references_follow_the_schema_to_its_new_place() {
        let schema = json!({"type": "array", "items": {"$ref": "#/$defs/spot"}, "$defs": {"spot": {"$ref": "#"}}});
        let moved = wrapped(schema)["properties"]["result"].clone();
        assert_eq!(moved["items"]["$ref"], "#/properties/result/$defs/spot");
        assert_eq!(moved["$defs"]["spot"]["$ref"], "#/properties/result");
    }

    #[test]
    fn a_value_and_its_text_are_wrapped_alike() {
        for value in [json!([1]), json!(3), json!(null), json!("text"), json!({"n": 1}), json!({"result": 1})] {
            let text: Value = serde_json::from_str(&object_text(value.to_string())).expect("it is JSON");
            assert_eq!(text, object_value(value.clone()));
            assert!(text.is_object(), "{value}");
        }
    }
}
