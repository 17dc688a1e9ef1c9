//! Converts the JSON of a call into a function's arguments.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ToolError;

/// Parses the arguments of a call. The host has checked them against the schema. An error is therefore rare: it takes a
/// schema that was replaced by hand, or a type that is stricter than its schema.
pub(crate) fn parse<A: DeserializeOwned>(text: &str) -> Result<A, ToolError> {
    let deserializer = &mut serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let field = match error.path().to_string() {
            path if path == "." => String::new(),
            path => path,
        };
        ToolError::invalid(field, error.into_inner().to_string())
    })
}

/// Writes arguments of text as a JSON object for [`parse`]: those of prompts, and the variables of resources.
pub(crate) fn to_json_object(given: Vec<(String, String)>) -> String {
    let given: Map<_, _> = given.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
    Value::Object(given).to_string()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Lamp {
        levels: Vec<u8>,
    }

    #[test]
    fn a_wrong_argument_is_named_by_its_path() {
        let error = parse::<Lamp>(r#"{"levels": [1, "two"]}"#).expect_err("`two` is no number");
        let ToolError::InvalidArguments(fields) = error else { panic!("{error:?}") };
        assert_eq!(fields[0].field, "levels[1]");
        assert!(fields[0].reason.contains("invalid type"), "{}", fields[0].reason);
    }
}
