//! A request of the old API.

use serde_json::{Map, Value};

use super::error::Error;

/// A request, without the key.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    /// What follows the key, in segments.
    pub(super) path: &'a [&'a str],
    pub(super) body: &'a [u8],
}

impl Call<'_> {
    /// The path as errors and successes name it.
    pub(super) fn address(&self) -> String {
        address(self.path)
    }

    /// The body as an object that is not empty.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Error> {
        match serde_json::from_slice(self.body) {
            Ok(Value::Object(members)) if !members.is_empty() => Ok(members),
            Ok(_) => Err(Error::missing(&self.address())),
            Err(_) => Err(Error::bad_json(&self.address())),
        }
    }

    pub(super) fn not_found(&self) -> Error {
        Error::not_found(&self.address())
    }

    pub(super) fn not_available(&self) -> Error {
        Error::method(self.method, &self.address())
    }
}

pub(super) fn address(path: &[&str]) -> String {
    format!("/{}", path.join("/"))
}
