//! What the old API says: errors by number, and successes. Both come in a list, with status 200.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// An error: its number, what it is about, and a sentence.
#[derive(Debug, PartialEq)]
pub(super) struct Error {
    code: u32,
    address: String,
    description: String,
}

impl Error {
    fn new(code: u32, address: &str, description: impl Into<String>) -> Self {
        Self { code, address: address.to_owned(), description: description.into() }
    }

    pub(super) fn unauthorized(address: &str) -> Self {
        Self::new(1, address, "unauthorized user")
    }

    pub(super) fn bad_json(address: &str) -> Self {
        Self::new(2, address, "body contains invalid json")
    }

    pub(super) fn not_found(address: &str) -> Self {
        Self::new(3, address, format!("resource, {address}, not available"))
    }

    pub(super) fn method(method: &str, address: &str) -> Self {
        Self::new(4, address, format!("method, {method}, not available for resource, {address}"))
    }

    pub(super) fn missing(address: &str) -> Self {
        Self::new(5, address, "invalid/missing parameters in body")
    }

    pub(super) fn unknown(address: &str, parameter: &str) -> Self {
        Self::new(6, &format!("{address}/{parameter}"), format!("parameter, {parameter}, not available"))
    }

    pub(super) fn invalid(address: &str, parameter: &str, value: &Value) -> Self {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let description = format!("invalid value, {value}, for parameter, {parameter}");
        Self::new(7, &format!("{address}/{parameter}"), description)
    }

    pub(super) fn fixed(address: &str, parameter: &str) -> Self {
        Self::new(8, &format!("{address}/{parameter}"), format!("parameter, {parameter}, is not modifiable"))
    }

    pub(super) fn off(address: &str, parameter: &str) -> Self {
        let description = format!("parameter, {parameter}, is not modifiable. Device is set to off.");
        Self::new(201, &format!("{address}/{parameter}"), description)
    }

    /// What the bridge could not deliver.
    pub(super) fn internal(address: &str) -> Self {
        Self::new(901, address, "Internal error, 503")
    }

    /// A write that the document refused.
    pub(super) fn refused(address: &str, status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(address),
            StatusCode::BAD_REQUEST => Self::missing(address),
            StatusCode::INSUFFICIENT_STORAGE if address == "/groups" => Self::new(301, address, "group table full"),
            StatusCode::INSUFFICIENT_STORAGE => Self::new(11, address, "too many items in list"),
            _ => Self::internal(address),
        }
    }

    /// One entry of the list.
    pub(super) fn to_json(&self) -> Value {
        json!({"error": {"type": self.code, "address": self.address, "description": self.description}})
    }
}

/// One entry of the list: this is now so.
pub(super) fn success(address: &str, parameter: &str, value: &Value) -> Value {
    json!({"success": {format!("{address}/{parameter}"): value}})
}
