//! The structured result that all tools of Lamplighter share.
//!
//! Plugins answer with it through the SDK (`lamplighter_plugin::Report`), and the host answers with it where a call fails
//! before or beside the plugin. Both therefore write the same keys and the same codes. The crate has no clock: the
//! caller gives the timestamp.
//!
//! ```
//! use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status};
//!
//! let error = ReportError { code: ErrorCode::Denied, message: "`scenes` is not granted.".to_owned(), details: None };
//! let mut body = ReportBody::<()>::new(Status::Failed, "Nothing was changed.", None, "2026-01-01T00:00:00Z");
//! body.errors.push(error);
//! let json = serde_json::to_value(&body).expect("a report is JSON");
//! assert_eq!(json["success"], false);
//! assert_eq!(json["errors"][0]["code"], "DENIED");
//! ```
//!
//! [`object_schema`] and its siblings wrap a result that is no JSON object.

mod object;

#[cfg(feature = "schemars")]
use std::borrow::Cow;

#[cfg(feature = "schemars")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

pub use object::{RESULT_KEY, is_object_schema, object_schema, object_text, object_value};

/// The result of a call in the shape that all tools share, with `T` as the tool's own part.
///
/// The text for a model is not part of it: it is a content block beside this structured content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportBody<T> {
    /// Whether everything that was asked for was done.
    pub success: bool,
    /// Whether all of it, some of it or none of it was done.
    pub status: Status,
    /// What happened, in one or two sentences.
    pub message: String,
    /// Number of lights that were changed.
    pub lights_affected: u32,
    /// What the tool found or did; null if it failed before there was anything.
    pub data: Option<T>,
    /// What was not done, and why.
    pub errors: Vec<ReportError>,
    /// When this was true: RFC 3339, UTC.
    pub timestamp: String,
}

/// The share of a request that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Everything was done.
    Success,
    /// A part was done.
    Partial,
    /// Nothing was done.
    Failed,
}

/// One part of a request that was not done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemars", derive(JsonSchema))]
pub struct ReportError {
    /// What kind of problem it is.
    pub code: ErrorCode,
    /// What happened, and what can be done about it.
    pub message: String,
    /// Which light, which field, or whatever else a program needs to know.
    pub details: Option<Map<String, Value>>,
}

/// The codes of [`ReportError`]: a program decides by them, a person reads the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemars", derive(JsonSchema), schemars(inline))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "a sentence per variant would make every output schema longer")]
pub enum ErrorCode {
    ValidationError,
    NotFound,
    Ambiguous,
    Denied,
    RateLimited,
    Timeout,
    BridgeUnavailable,
    ApiError,
    Unknown,
}

/// Describes the tool's own part in full. Of the fields that are the same for every tool it gives the names, and the values
/// of the status: each tool's output schema repeats it.
#[cfg(feature = "schemars")]
impl<T: JsonSchema> JsonSchema for ReportBody<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ReportBody".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let status = generator.subschema_for::<Status>();
        let data = generator.subschema_for::<Option<T>>();
        json_schema!({
            "type": "object",
            "properties": {
                "success": {},
                "status": status,
                "message": {},
                "lights_affected": {},
                "data": data,
                "errors": {},
                "timestamp": {},
            },
            "required": ["success", "status", "message", "lights_affected", "data", "errors", "timestamp"],
        })
    }
}

impl<T> ReportBody<T> {
    /// Returns a result without errors and without changed lights. `timestamp` is in RFC 3339, UTC.
    pub fn new(status: Status, message: impl Into<String>, data: Option<T>, timestamp: impl Into<String>) -> Self {
        Self {
            success: status == Status::Success,
            status,
            message: message.into(),
            lights_affected: 0,
            data,
            errors: Vec::new(),
            timestamp: timestamp.into(),
        }
    }
}

impl ErrorCode {
    /// Returns the code as it stands in JSON, such as `NOT_FOUND`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::Ambiguous => "AMBIGUOUS",
            Self::Denied => "DENIED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::BridgeUnavailable => "BRIDGE_UNAVAILABLE",
            Self::ApiError => "API_ERROR",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Returns the text by which a model tells a candidate from others: `Lamp (Hall)`, or `Upstairs (a zone)`.
pub fn candidate_text(name: &str, kind: &str, room: Option<&str>) -> String {
    match (room, kind) {
        (Some(room), _) => format!("{name} ({room})"),
        (None, "room" | "zone") => format!("{name} (a {kind})"),
        (None, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_told_from_others_by_its_room_or_its_kind() {
        assert_eq!(candidate_text("Lamp", "light", Some("Hall")), "Lamp (Hall)");
        assert_eq!(candidate_text("Upstairs", "zone", None), "Upstairs (a zone)");
        assert_eq!(candidate_text("Lamp", "light", None), "Lamp");
    }

    #[test]
    fn a_code_is_the_same_as_text_and_as_json() {
        use ErrorCode::{
            Ambiguous, ApiError, BridgeUnavailable, Denied, NotFound, RateLimited, Timeout, Unknown, ValidationError,
        };
        let all =
            [ValidationError, NotFound, Ambiguous, Denied, RateLimited, Timeout, BridgeUnavailable, ApiError, Unknown];
        for code in all {
            assert_eq!(serde_json::to_value(code).expect("a code is JSON"), code.as_str());
        }
    }
}
