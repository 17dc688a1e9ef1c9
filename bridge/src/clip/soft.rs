//! Reading what may be anything.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// A field that is as if it were absent when it is null or of another type: for `deserialize_with`.
pub(super) fn field<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A list of which the elements that cannot be read are left out: for `deserialize_with`.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(elements) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(elements.into_iter().filter_map(|element| T::deserialize(element).ok()).collect())
}

/// Reads one resource; `None`, and one line in the log, if it cannot be read at all.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    match T::deserialize(value) {
        Ok(resource) => Some(resource),
        Err(error) => {
            tracing::debug!(kind = value["type"].as_str(), id = value["id"].as_str(), %error, "skipped a resource");
            None
        }
    }
}
