//! Derives JSON Schemas for models: inline, and in the words that every model interface understands.

mod annotations;
mod outline;
mod plain;

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

/// Returns the schema of a function's arguments. An argument is optional by not being required, so `null` is not among
/// its types; a call that gives `null` is taken nevertheless.
pub(crate) fn arguments_schema<T: JsonSchema>() -> Value {
    let mut schema = root::<T>(settings().for_deserialize());
    simplify(&mut schema);
    plain::drop_optional_nulls(&mut schema);
    plain::merge_constants(&mut schema, plain::describe_strings);
    // `()` and unit structs are `null` to serde, but MCP's arguments are always an object.
    let object = schema.as_object_mut().expect("the schema of a type is an object");
    object.insert("type".to_owned(), "object".into());
    object.entry("properties").or_insert_with(|| Map::new().into());
    schema
}

/// Returns the schema of a function's result: the rules alone, and a long one as an outline. A value of `T` satisfies
/// the whole of it anyway: both are derived from one type.
pub(crate) fn result_schema<T: JsonSchema>() -> Value {
    let mut schema = root::<T>(settings().for_serialize());
    annotations::remove_annotations(&mut schema);
    simplify(&mut schema);
    plain::merge_constants(&mut schema, plain::list_constants);
    outline::outline(schema)
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    })
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value();
    if !schema.is_object() {
        schema = Value::Object(Map::new());
    }
    if let Some(object) = schema.as_object_mut() {
        // The tool has a name and a description of its own.
        object.remove("title");
        object.remove("description");
    }
    schema
}

/// Removes every `format` that names a type of Rust: validators warn about it and models do not know it. Joins the lines
/// of each description.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if matches!(object.get("format"), Some(Value::String(format)) if is_rust_type(format)) {
                object.remove("format");
            }
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            object.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn is_rust_type(format: &str) -> bool {
    format.starts_with("int") || format.starts_with("uint") || matches!(format, "float" | "double")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::NoArguments;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Dim {
        /// Name of
        /// the light.
        light: String,
        /// Percent.
        #[schemars(range(min = 1, max = 100))]
        level: Option<u8>,
        mode: Mode,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Mode {
        Slow,
        Fast,
    }

    #[test]
    fn a_schema_is_inline_and_says_only_what_matters() {
        let expected = json!({
            "type": "object",
            "properties": {
                "light": {"description": "Name of the light.", "type": "string"},
                "level": {"description": "Percent.", "type": "integer", "minimum": 1, "maximum": 100},
                "mode": {"type": "string", "enum": ["slow", "fast"]},
            },
            "required": ["light", "mode"],
            "additionalProperties": false,
        });
        assert_eq!(arguments_schema::<Dim>(), expected);
    }

    #[derive(serde::Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Speed {
        /// Not fast.
        Slow,
        /// Not slow.
        Fast,
    }

    #[derive(serde::Serialize, JsonSchema)]
    struct Dimmed {
        /// How fast.
        speed: Speed,
        steps: u16,
    }

    #[test]
    fn the_schema_of_a_result_has_rules_and_no_descriptions() {
        let expected = json!({
            "type": "object",
            "properties": {"speed": {"enum": ["slow", "fast"]}, "steps": {"type": "integer"}},
            "required": ["speed", "steps"],
        });
        assert_eq!(result_schema::<Dimmed>(), expected);
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        assert_eq!(arguments_schema::<NoArguments>()["type"], "object");
        assert_eq!(arguments_schema::<()>()["type"], "object");
    }
}
