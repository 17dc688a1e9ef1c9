//! Requests and answers as values.

use serde::Deserialize;
use serde_json::Value;

use super::{resource::Reference, soft};

/// One request, not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Below `/clip/v2/resource`, without a leading slash; empty for everything.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// What a request does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads one, those of a type, or all.
    Get,
    /// Changes one.
    Put,
    /// Makes one.
    Post,
    /// Deletes one.
    Delete,
}

impl Request {
    /// Everything the bridge has.
    pub(crate) fn get_all() -> Self {
        Self { method: Method::Get, path: String::new(), body: None }
    }

    /// All of one kind.
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

/// What the bridge answers to everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Envelope {
    #[serde(deserialize_with = "soft::list")]
    pub(crate) errors: Vec<SoftError>,
    #[serde(deserialize_with = "soft::list")]
    pub(crate) data: Vec<Value>,
}

/// An error beside success: 207, and on some firmware 200.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct SoftError {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) description: String,
    /// Newer firmware only: `communication_error`, `attribute_may_have_no_effect`, `client_error`, ...
    #[serde(deserialize_with = "soft::field")]
    pub(crate) error_code: Option<String>,
}

impl Envelope {
    /// The first resource the bridge names as changed or made.
    pub(crate) fn first_reference(&self) -> Option<Reference> {
        self.data.first().and_then(|value| Reference::deserialize(value).ok()).filter(|it| !it.rid.is_empty())
    }

    /// The bridge's own words, joined.
    pub(crate) fn message(&self) -> Option<String> {
        let words: Vec<&str> =
            self.errors.iter().map(|error| error.description.as_str()).filter(|text| !text.is_empty()).collect();
        if words.is_empty() { None } else { Some(words.join("; ")) }
    }
}
