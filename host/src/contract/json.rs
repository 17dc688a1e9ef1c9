//! JSON text that plugins and clients hand over. It is hostile until parsed here: its nesting is bounded.

use serde_json::{Map, Value};

use super::Invalid;

/// Limits how deep a value from a plugin or a client may be nested.
pub(crate) const MAX_VALUE_DEPTH: usize = 64;

/// Parses a JSON value.
///
/// # Errors
/// The text is not JSON, or is nested deeper than [`MAX_VALUE_DEPTH`].
pub(crate) fn parse_value(text: &str) -> Result<Value, Invalid> {
    let value: Value = serde_json::from_str(text).map_err(|error| Invalid::new(format!("not JSON: {error}")))?;
    if depth(&value) > MAX_VALUE_DEPTH {
        return Err(Invalid::new(format!("nested deeper than {MAX_VALUE_DEPTH}")));
    }
    Ok(value)
}

/// Parses a JSON object.
///
/// # Errors
/// As of [`parse_value`]; or the value is not an object.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, Invalid> {
    match parse_value(text)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Invalid::new("not a JSON object")),
    }
}

/// Returns how deep a value is nested: 1 for a number. `serde_json` itself stops at 128, so the recursion is bounded.
pub(crate) fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
