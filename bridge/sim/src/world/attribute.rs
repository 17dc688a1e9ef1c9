//! Checks whether a light takes an attribute.

use serde_json::Value;

/// The reason why a light does not take an attribute.
pub(super) enum AttributeError {
    /// The light does not have the attribute.
    Unsupported,
    /// The light does not take this value.
    Invalid,
}

/// Rejects an attribute of a property that the light does not have.
pub(super) fn require_property(light: &Value, property: &str) -> Result<(), AttributeError> {
    if light.get(property).is_some() { Ok(()) } else { Err(AttributeError::Unsupported) }
}

/// Rejects a value that is not among the `allowed` ones.
pub(super) fn require_allowed(value: &Value, allowed: &Value) -> Result<(), AttributeError> {
    let is_allowed = allowed.as_array().is_some_and(|allowed| allowed.contains(value));
    if is_allowed { Ok(()) } else { Err(AttributeError::Invalid) }
}
