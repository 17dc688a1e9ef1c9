//! Why a call failed, for a model to act on, in the result shape that all tools share.

use std::time::Duration;

use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status};
use serde_json::{Map, Value, json};

use super::output::{OutputError, ToolResult};
use crate::{
    contract::{content, types},
    plugin::{
        Plugin, PluginError,
        schema::{Schema, Violation},
    },
};

/// Limits the length of a message, in characters; the rest is cut off.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// Limits the candidates or fields in one error.
const MAX_DETAILS: usize = 50;

/// Why a call failed. Internal causes go to the log.
#[derive(Debug)]
pub(crate) struct CallFailure {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) errors: Vec<ReportError>,
}

impl CallFailure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::from_error(code, message, None)
    }

    fn from_error(code: ErrorCode, message: impl Into<String>, details: Option<Map<String, Value>>) -> Self {
        let message = cut(&message.into());
        Self { code, errors: vec![ReportError { code, message: message.clone(), details }], message }
    }

    fn with_detail(code: ErrorCode, message: impl Into<String>, key: &str, detail: Value) -> Self {
        Self::from_error(code, message, Some(Map::from_iter([(key.to_owned(), detail)])))
    }

    /// Says what is wrong with the arguments of a tool.
    pub(super) fn from_violations(violations: Vec<Violation>) -> Self {
        Self::from_fields(violations.into_iter().map(|violation| (violation.field, violation.reason)))
    }

    /// Says what is wrong with arguments: one error per field, with the field and the broken rule.
    pub(super) fn from_fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let code = ErrorCode::ValidationError;
        let fields: Vec<_> =
            fields.into_iter().take(MAX_DETAILS).map(|(field, reason)| (cut(&field), cut(&reason))).collect();
        let errors = fields.into_iter().map(|(field, reason)| ReportError {
            code,
            message: sentence(&field, &reason),
            details: Some(Map::from_iter([("field".to_owned(), field.into()), ("reason".to_owned(), reason.into())])),
        });
        let errors: Vec<_> = errors.collect();
        let sentences: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
        Self { code, message: cut(&format!("invalid arguments: {}", sentences.join("; "))), errors }
    }

    /// Converts the error that a guest returned.
    fn from_tool_error(error: types::ToolError) -> Self {
        match error {
            types::ToolError::InvalidArguments(fields) => {
                Self::from_fields(fields.into_iter().map(|field| (field.field, field.reason)))
            }
            types::ToolError::NotFound(found) => Self::from_no_match(ErrorCode::NotFound, &found),
            types::ToolError::Ambiguous(found) => Self::from_no_match(ErrorCode::Ambiguous, &found),
            types::ToolError::Denied(text) => Self::new(ErrorCode::Denied, text),
            types::ToolError::Unavailable(unavailable) => Self::with_detail(
                ErrorCode::BridgeUnavailable,
                unavailable.message,
                "retry_after_ms",
                json!(unavailable.retry_after_ms),
            ),
            types::ToolError::Timeout(text) => Self::new(ErrorCode::Timeout, text),
            types::ToolError::NeedsInput(request) => Self::with_detail(
                ErrorCode::Unknown,
                "the tool needs an answer from the person, and this host cannot ask yet: call it again with more arguments",
                "needs_input",
                cut(&request).into(),
            ),
            types::ToolError::Failed(text) | types::ToolError::Other(text) => Self::new(ErrorCode::Unknown, text),
        }
    }

    fn from_no_match(code: ErrorCode, found: &types::NoMatch) -> Self {
        let candidates: Vec<Value> = found.candidates.iter().take(MAX_DETAILS).map(candidate).collect();
        Self::with_detail(code, found.message.clone(), "candidates", candidates.into())
    }

    /// Converts the error of a plugin: its own, a trap, a limit, the deadline or the caller's cancellation.
    pub(super) fn from_plugin_error(error: PluginError, plugin: &Plugin, expected: Option<Duration>) -> Self {
        let (code, setting) = match error {
            PluginError::Tool(error) => return Self::from_tool_error(error),
            PluginError::Deadline(_) if plugin.is_cut_short(expected) => {
                (ErrorCode::Timeout, " (the setting `wall_seconds`)")
            }
            PluginError::Deadline(_) | PluginError::StillCompiling | PluginError::Cancelled => (ErrorCode::Timeout, ""),
            _ => (ErrorCode::Unknown, ""),
        };
        Self::new(code, format!("the plugin {} failed: {error}{setting}", plugin.name))
    }

    /// Refuses a plugin's output: the operator reads it in the log, and the caller in the same words.
    pub(super) fn from_output(error: &OutputError, plugin: &Plugin) -> Self {
        tracing::error!(reason = %error, "the plugin's output was refused");
        Self::new(ErrorCode::Unknown, format!("the plugin {} answered badly: {error}", plugin.name))
    }

    /// Returns the shared shape as a JSON text block; as structured content too if the tool's schema allows it.
    pub(super) fn into_result(self, schema: Option<&Schema>) -> ToolResult {
        let timestamp = jiff::Timestamp::now().to_string();
        let body = ReportBody::<()>::new(Status::Failed, self.message, None, timestamp);
        let shape = serde_json::to_value(ReportBody { errors: self.errors, ..body }).unwrap_or_default();
        let content = vec![content::ContentBlock::Text(shape.to_string())];
        let structured = schema.is_none_or(|schema| schema.accepts(&shape)).then_some(shape);
        ToolResult { content, structured, is_error: true, meta: None }
    }
}

/// Bounds a plugin's text, which may be hostile.
fn cut(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_CHARS).collect()
}

fn sentence(field: &str, reason: &str) -> String {
    if field.is_empty() { reason.to_owned() } else { format!("{field}: {reason}") }
}

fn candidate(candidate: &types::Candidate) -> Value {
    let kind = match candidate.kind {
        types::Kind::Light => "light",
        types::Kind::Room => "room",
        types::Kind::Zone => "zone",
        types::Kind::Home => "home",
        types::Kind::Scene => "scene",
    };
    let room = candidate.room.as_deref().map(cut);
    json!({"kind": kind, "id": cut(&candidate.id), "name": cut(&candidate.name), "room": room})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_shape_all_tools_share() {
        let result = CallFailure::new(ErrorCode::Denied, "no").into_result(None);
        let shape = result.structured.unwrap();
        for field in ["success", "status", "message", "lights_affected", "data", "errors", "timestamp"] {
            assert!(shape.get(field).is_some(), "{field}");
        }
        assert_eq!(shape["errors"][0]["code"], "DENIED");
        assert!(result.is_error);
    }

    #[test]
    fn an_error_is_structured_only_where_the_schema_allows_it() {
        let strict = Schema::for_result(r#"{"type":"object","required":["version"]}"#).unwrap();
        let result = CallFailure::new(ErrorCode::Denied, "no").into_result(Some(&strict));
        assert!(result.structured.is_none());
        assert_eq!(result.content.len(), 1);
    }
}
