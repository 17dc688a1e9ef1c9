//! Why a call failed, for a model to act on, in the result shape that all tools share.

use std::time::Duration;

use serde_json::{Value, json};

use super::output::{OutputError, ToolResult};
use crate::{
    contract::{content, types},
    plugin::{
        Plugin, PluginError,
        schema::{Schema, Violation},
    },
};

/// The maximum length of a message in characters; the rest is cut off.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// The maximum number of candidates or fields in one error.
const MAX_DETAILS: usize = 50;

/// Why a call failed. Internal causes go to the log.
#[derive(Debug)]
pub(crate) struct CallFailure {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) errors: Vec<Value>,
}

/// The codes of the shared result shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    ValidationError,
    NotFound,
    Ambiguous,
    Denied,
    RateLimited,
    Timeout,
    BridgeUnavailable,
    Unknown,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::Ambiguous => "AMBIGUOUS",
            Self::Denied => "DENIED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::BridgeUnavailable => "BRIDGE_UNAVAILABLE",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl CallFailure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self::with_details(code, message, &Value::Null)
    }

    fn with_details(code: Code, message: impl Into<String>, details: &Value) -> Self {
        let message = cut(&message.into());
        let errors = vec![json!({"code": code.as_str(), "message": message, "details": details})];
        Self { code, message, errors }
    }

    /// Says what is wrong with the arguments of a tool.
    pub(super) fn from_violations(violations: Vec<Violation>) -> Self {
        Self::from_fields(violations.into_iter().map(|violation| (violation.field, violation.reason)))
    }

    /// Says what is wrong with arguments: one error per field, with the field and the broken rule.
    pub(super) fn from_fields(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let code = Code::ValidationError;
        let fields: Vec<_> =
            fields.into_iter().take(MAX_DETAILS).map(|(field, reason)| (cut(&field), cut(&reason))).collect();
        let sentences: Vec<String> = fields.iter().map(|(field, reason)| sentence(field, reason)).collect();
        let errors = fields.into_iter().zip(&sentences).map(|((field, reason), message)| {
            json!({"code": code.as_str(), "message": message, "details": {"field": field, "reason": reason}})
        });
        Self { code, errors: errors.collect(), message: cut(&format!("invalid arguments: {}", sentences.join("; "))) }
    }

    /// Converts the error that a guest returned.
    fn from_tool_error(error: types::ToolError) -> Self {
        match error {
            types::ToolError::InvalidArguments(fields) => {
                Self::from_fields(fields.into_iter().map(|field| (field.field, field.reason)))
            }
            types::ToolError::NotFound(found) => Self::from_no_match(Code::NotFound, &found),
            types::ToolError::Ambiguous(found) => Self::from_no_match(Code::Ambiguous, &found),
            types::ToolError::Denied(text) => Self::new(Code::Denied, text),
            types::ToolError::Unavailable(unavailable) => Self::with_details(
                Code::BridgeUnavailable,
                unavailable.message,
                &json!({"retry_after_ms": unavailable.retry_after_ms}),
            ),
            types::ToolError::Timeout(text) => Self::new(Code::Timeout, text),
            types::ToolError::NeedsInput(request) => Self::with_details(
                Code::Unknown,
                "the tool needs an answer from the person, and this host cannot ask yet: call it again with more arguments",
                &json!({"needs_input": cut(&request)}),
            ),
            types::ToolError::Failed(text) | types::ToolError::Other(text) => Self::new(Code::Unknown, text),
        }
    }

    fn from_no_match(code: Code, found: &types::NoMatch) -> Self {
        let candidates: Vec<Value> = found.candidates.iter().take(MAX_DETAILS).map(candidate).collect();
        Self::with_details(code, found.message.clone(), &json!({"candidates": candidates}))
    }

    /// Converts the error of a plugin: its own, a trap, a limit, the deadline or the caller's cancellation.
    pub(super) fn from_plugin_error(error: PluginError, plugin: &Plugin, expected: Option<Duration>) -> Self {
        let (code, setting) = match error {
            PluginError::Tool(error) => return Self::from_tool_error(error),
            PluginError::Deadline(_) if plugin.is_cut_short(expected) => {
                (Code::Timeout, " (the setting `wall_seconds`)")
            }
            PluginError::Deadline(_) | PluginError::StillCompiling | PluginError::Cancelled => (Code::Timeout, ""),
            _ => (Code::Unknown, ""),
        };
        Self::new(code, format!("the plugin {} failed: {error}{setting}", plugin.name))
    }

    /// Refuses a plugin's output: the operator reads it in the log, and the caller in the same words.
    pub(super) fn from_output(error: &OutputError, plugin: &Plugin) -> Self {
        tracing::error!(reason = %error, "the plugin's output was refused");
        Self::new(Code::Unknown, format!("the plugin {} answered badly: {error}", plugin.name))
    }

    /// Returns the shared shape as a JSON text block; as structured content too if the tool's schema allows it.
    pub(super) fn into_result(self, schema: Option<&Schema>) -> ToolResult {
        let shape = json!({
            "success": false,
            "status": "failed",
            "message": self.message,
            "lights_affected": 0,
            "data": null,
            "errors": self.errors,
            "timestamp": jiff::Timestamp::now().to_string(),
        });
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
        let result = CallFailure::new(Code::Denied, "no").into_result(None);
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
        let result = CallFailure::new(Code::Denied, "no").into_result(Some(&strict));
        assert!(result.structured.is_none());
        assert_eq!(result.content.len(), 1);
    }
}
