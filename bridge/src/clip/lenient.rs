//! Lenient deserialisation of values that may be anything.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

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
