//! Removes from a schema everything that no validator checks.

use serde_json::{Map, Value};

/// The keywords that describe a value to a reader.
const ANNOTATIONS: [&str; 8] =
    ["title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"];

/// The keywords whose members are schemas under names of the author's choice.
const NAMED_SCHEMAS: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "$defs"];

/// The keywords whose value is no schema, although it may look like one.
const PLAIN_VALUES: [&str; 4] = ["enum", "const", "required", "dependentRequired"];

/// Removes annotations at any depth, and the limits of Rust's integer types: no value of such a type can break them.
pub(super) fn remove_annotations(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            remove_type_limits(object);
            object.retain(|keyword, _| !ANNOTATIONS.contains(&keyword.as_str()));
            object.iter_mut().for_each(|(keyword, value)| remove_within(keyword, value));
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(remove_annotations),
        _ => {}
    }
}

fn remove_within(keyword: &str, value: &mut Value) {
    match value {
        _ if PLAIN_VALUES.contains(&keyword) => {}
        Value::Object(named) if NAMED_SCHEMAS.contains(&keyword) => named.values_mut().for_each(remove_annotations),
        value => remove_annotations(value),
    }
}

/// Removes the minimum and the maximum that schemars derives from the type which `format` names.
fn remove_type_limits(schema: &mut Map<String, Value>) {
    let (minimum, maximum) = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => (i64::from(i8::MIN), i64::from(i8::MAX)),
        Some("int16") => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Some("uint8") => (0, i64::from(u8::MAX)),
        Some("uint16") => (0, i64::from(u16::MAX)),
        Some(format) if format.starts_with("uint") => (0, i64::MAX),
        _ => return,
    };
    for (keyword, limit) in [("minimum", minimum), ("maximum", maximum)] {
        if schema.get(keyword).and_then(Value::as_i64) == Some(limit) {
            schema.remove(keyword);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_stay_and_descriptions_go() {
        let mut schema = json!({
            "title": "Lamp", "description": "A lamp.", "type": "object", "required": ["title"],
            "properties": {
                "title": {"type": "string", "description": "Its title.", "maxLength": 9},
                "description": {"enum": [{"title": "x"}], "default": 3},
            },
            "oneOf": [{"description": "One.", "type": "object"}],
        });
        remove_annotations(&mut schema);
        let expected = json!({
            "type": "object", "required": ["title"],
            "properties": {"title": {"type": "string", "maxLength": 9}, "description": {"enum": [{"title": "x"}]}},
            "oneOf": [{"type": "object"}],
        });
        assert_eq!(schema, expected);
    }

    #[test]
    fn the_limits_of_a_type_go_and_those_of_an_author_stay() {
        for (mut given, expected) in [
            (json!({"format": "uint8", "minimum": 0, "maximum": 255}), json!({"format": "uint8"})),
            (
                json!({"format": "uint8", "minimum": 1, "maximum": 100}),
                json!({"format": "uint8", "minimum": 1, "maximum": 100}),
            ),
            (json!({"format": "int8", "minimum": -128, "maximum": 127}), json!({"format": "int8"})),
            (json!({"format": "uint64", "minimum": 0}), json!({"format": "uint64"})),
            (json!({"format": "double", "minimum": 0}), json!({"format": "double", "minimum": 0})),
        ] {
            remove_annotations(&mut given);
            assert_eq!(given, expected);
        }
    }
}
