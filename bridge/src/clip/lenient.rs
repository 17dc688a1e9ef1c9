//! Lenient deserialisation of values that may be anything.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Defines structs whose fields are all lenient: a field that is absent, null or of another type gets its default.
macro_rules! lenient {
    ($($(#[$meta:meta])* struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default)]
        pub(crate) struct $name {$(
            $(#[$field_meta])*
            #[serde(deserialize_with = "crate::clip::lenient::field")]
            pub(crate) $field: $type,
        )*}
    )*};
}

pub(super) use lenient;

/// A list that was read without the elements that cannot be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct List<T>(Vec<T>);

impl<T> Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list(deserializer).map(Self)
    }
}

/// Reads a field; null or another type counts as absent. For `deserialize_with`.
pub(super) fn field<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// Reads a list and leaves out the elements that cannot be read. For `deserialize_with`.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(elements) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(elements.into_iter().filter_map(|element| T::deserialize(element).ok()).collect())
}

/// Reads one resource. Returns `None` and logs a line if it cannot be read at all.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    match T::deserialize(value) {
        Ok(resource) => Some(resource),
        Err(error) => {
            tracing::debug!(kind = value["type"].as_str(), id = value["id"].as_str(), %error, "a resource cannot be read and is skipped");
            None
        }
    }
}
