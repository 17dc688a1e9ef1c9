//! The results of writes to the home: done, done with soft errors, or rejected.

use serde_json::{Value, json};

/// A write that was done.
#[derive(Debug)]
pub(crate) struct Written {
    /// Refers to the resource that was written: `{"rid": .., "rtype": ..}`.
    pub(crate) reference: Value,
    /// Holds an error for each attribute that the write may not have changed.
    pub(crate) soft_errors: Vec<SoftError>,
}

impl Written {
    pub(super) fn new(rtype: &str, id: &str, soft_errors: Vec<SoftError>) -> Self {
        Self { reference: json!({"rid": id, "rtype": rtype}), soft_errors }
    }
}

/// A write that changed nothing, and why.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// The body is not valid; the text is the sentence for the client.
    Invalid(String),
    /// There is no such resource.
    NotFound,
    /// Resources of this type cannot be written in this way.
    NotAllowed,
    /// The bridge keeps no more resources of this type; the text is the sentence for the client.
    Full(&'static str),
    /// The bridge fails, as a real one does on some requests.
    Internal,
}

impl Rejection {
    pub(crate) fn invalid(description: impl Into<String>) -> Self {
        Self::Invalid(description.into())
    }

    /// Rejects a body without a required member; `pointer` is the member's JSON pointer.
    pub(super) fn missing(pointer: &str) -> Self {
        Self::Invalid(format!("Invalid Request: required property ({}) is missing", pointer.replace('/', ".")))
    }
}

/// An error that is reported in a CLIP envelope, in `errors`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SoftError {
    description: String,
    code: Option<&'static str>,
}

impl SoftError {
    /// Reports that the light or group is unreachable, so the command is lost.
    pub(super) fn unreachable(rtype: &str, id: &str, attribute: &str) -> Self {
        let description =
            format!("device ({rtype}) {id} has communication issues, command ({attribute}) may not have effect");
        Self { description, code: Some("communication_error") }
    }

    /// Reports that the light or group is off, so the value only shows when it is turned on.
    pub(super) fn soft_off(rtype: &str, id: &str, attribute: &str) -> Self {
        let description = format!("device ({rtype}) {id} is \"soft off\", command ({attribute}) may not have effect");
        Self { description, code: Some("attribute_may_have_no_effect") }
    }

    /// Reports an attribute that the resource does not support.
    pub(super) fn unsupported(id: &str, attribute: &str) -> Self {
        let description = format!("attribute ({attribute}) is not supported by resource {id}");
        Self { description, code: Some("client_error") }
    }

    /// Reports a value that the resource does not take.
    pub(super) fn invalid(id: &str, attribute: &str) -> Self {
        let description = format!("invalid attribute value ({attribute}) for resource {id}");
        Self { description, code: Some("client_error") }
    }

    /// Describes why a whole request was rejected.
    pub(crate) fn without_code(description: impl Into<String>) -> Self {
        Self { description: description.into(), code: None }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self.code {
            Some(code) => json!({"description": self.description, "error_code": code}),
            None => json!({"description": self.description}),
        }
    }
}
