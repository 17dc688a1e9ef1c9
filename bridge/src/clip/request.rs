//! Requests and answers, as values that are not sent yet or were received.

use serde::Deserialize;
use serde_json::Value;

use super::{lenient, reference::Reference};

/// A request that is not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Holds the path below `/clip/v2/resource`, without a leading slash; empty for everything.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// The HTTP method of a request, which says what it does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads one resource, those of a type, or all.
    Get,
    /// Changes one resource.
    Put,
    /// Creates one resource.
    Post,
    /// Deletes one resource, named by its id.
    Delete,
}

impl Request {
    /// Reads everything that the bridge has.
    pub(crate) fn get_all() -> Self {
        Self { method: Method::Get, path: String::new(), body: None }
    }

    /// Reads all resources of one type.
    pub(crate) fn get(kind: &str) -> Self {
        Self { method: Method::Get, path: kind.to_owned(), body: None }
    }

    pub(crate) fn get_one(kind: &str, id: &str) -> Self {
        Self { method: Method::Get, path: format!("{kind}/{id}"), body: None }
    }

    pub(crate) fn put(kind: &str, id: &str, body: Value) -> Self {
        Self { method: Method::Put, path: format!("{kind}/{id}"), body: Some(body) }
    }

    pub(crate) fn post(kind: &str, body: Value) -> Self {
        Self { method: Method::Post, path: kind.to_owned(), body: Some(body) }
    }

    pub(crate) fn delete(kind: &str, id: &str) -> Self {
        Self { method: Method::Delete, path: format!("{kind}/{id}"), body: None }
    }
}

/// The envelope that every answer of the bridge has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Envelope {
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) errors: Vec<SoftError>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) data: Vec<Value>,
}

/// An error that comes beside success: with status 207, and on some firmware 200.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SoftError {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) description: String,
    /// Names the error, which only newer firmware does: `communication_error`, `attribute_may_have_no_effect`, `client_error`, ...
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) error_code: Option<String>,
}

impl Envelope {
    /// Returns the first resource that the bridge names as changed or created.
    pub(crate) fn first_reference(&self) -> Option<Reference> {
        self.data.first().and_then(|value| Reference::deserialize(value).ok()).filter(|it| !it.rid.is_empty())
    }

    /// Returns the bridge's own words, joined.
    pub(crate) fn message(&self) -> Option<String> {
        let words: Vec<&str> =
            self.errors.iter().map(|error| error.description.as_str()).filter(|text| !text.is_empty()).collect();
        if words.is_empty() { None } else { Some(words.join("; ")) }
    }
}
