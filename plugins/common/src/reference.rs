//! Defines the argument type that names a light, room or scene.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A name, a CLIP v2 id or a v1 number, as the caller wrote it. The host resolves it.
///
/// Its schema is that of a text, since model interfaces refuse a value of two types. The type takes a JSON number too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "TextOrNumber")]
pub struct Reference(String);

impl Reference {
    /// Returns the text for the contract's `home.find`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lists the JSON types of a [`Reference`].
#[derive(Deserialize)]
#[serde(untagged, expecting = "a name, an id or a number")]
enum TextOrNumber {
    Text(String),
    Number(u64),
}

impl From<TextOrNumber> for Reference {
    fn from(written: TextOrNumber) -> Self {
        match written {
            TextOrNumber::Text(text) => Self(text),
            TextOrNumber::Number(number) => Self(number.to_string()),
        }
    }
}

impl JsonSchema for Reference {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1, "maxLength": 128})
    }
}
