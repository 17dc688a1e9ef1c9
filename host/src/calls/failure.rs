//! Why a call failed: a text that a model can act on, and the result shape that all tools share.

use std::time::Duration;

use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status, candidate_text};
use serde_json::{Map, Value, json};

use super::{
    NO_REASON,
    output::{OutputError, ToolResult},
};
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

/// Limits the candidates that a message names; the others are counted.
const MAX_NAMED_CANDIDATES: usize = 10;

/// Says that a tool has to ask a person.
const NEEDS_INPUT: &str =
    "the tool needs an answer from the person, and this host cannot ask yet: call it again with more arguments";

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
        let message = Some(cut(&message.into())).filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| NO_REASON.to_owned());
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
        let sentences: Vec<_> = errors.iter().map(|error| error.message.trim_end_matches('.')).collect();
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
                join_sentences(&unavailable.message, unavailable.retry_after_ms.map(retry_text)),
                "retry_after_ms",
                json!(unavailable.retry_after_ms),
            ),
            types::ToolError::Timeout(text) => Self::new(ErrorCode::Timeout, text),
            types::ToolError::NeedsInput(request) => Self::with_detail(
                ErrorCode::Unknown,
                join_sentences(NEEDS_INPUT, requested_text(&request)),
                "needs_input",
                cut(&request).into(),
            ),
            types::ToolError::Failed(text) | types::ToolError::Other(text) => Self::new(ErrorCode::Unknown, text),
        }
    }

    fn from_no_match(code: ErrorCode, found: &types::NoMatch) -> Self {
        let candidates: Vec<Value> = found.candidates.iter().take(MAX_DETAILS).map(candidate).collect();
        let message = join_sentences(&found.message, unnamed_candidates(found));
        Self::with_detail(code, message, "candidates", candidates.into())
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

    /// Returns the message as the text, and the shared shape as structured content if the tool's schema allows it: some
    /// clients show nothing of a result whose structured content breaks the schema.
    pub(super) fn into_result(self, schema: Option<&Schema>) -> ToolResult {
        let timestamp = jiff::Timestamp::now().to_string();
        let content = vec![content::ContentBlock::Text(self.message.clone())];
        let body = ReportBody::<()>::new(Status::Failed, self.message, None, timestamp);
        let shape = serde_json::to_value(ReportBody { errors: self.errors, ..body }).unwrap_or_default();
        let structured = schema.is_none_or(|schema| schema.accepts(&shape)).then_some(shape);
        ToolResult { content, structured, is_error: true, meta: None }
    }
}

/// Bounds a plugin's text, which may be hostile.
fn cut(text: &str) -> String {
    text.chars().take(MAX_MESSAGE_CHARS).collect()
}

/// Says what is wrong with a field, which is a name or a JSON Pointer.
fn sentence(field: &str, reason: &str) -> String {
    let field = field.strip_prefix('/').unwrap_or(field);
    if field.is_empty() { reason.to_owned() } else { format!("{field}: {reason}") }
}

/// Adds another sentence to a message, if there is one.
fn join_sentences(message: &str, more: Option<String>) -> String {
    let message = message.trim_end();
    match more {
        None => message.to_owned(),
        Some(more) if message.is_empty() || message.ends_with(['.', '!', '?']) => format!("{message} {more}"),
        Some(more) => format!("{message}. {more}"),
    }
}

fn retry_text(after_ms: u64) -> String {
    format!("Try again in {} s.", after_ms.div_ceil(1_000).max(1))
}

/// Returns what an MCP input request asks the person.
fn requested_text(request: &str) -> Option<String> {
    let request: Value = serde_json::from_str(request).ok()?;
    Some(format!("It asks: {}", cut(request["message"].as_str()?)))
}

/// Names the candidates by name and room, unless the message does so already.
fn unnamed_candidates(found: &types::NoMatch) -> Option<String> {
    let is_named = |it: &types::Candidate| {
        found.message.contains(&it.name) && it.room.as_ref().is_none_or(|room| found.message.contains(room))
    };
    if found.candidates.iter().all(is_named) {
        return None;
    }
    let text = |it: &types::Candidate| candidate_text(&it.name, kind_name(it.kind), it.room.as_deref());
    let named: Vec<_> = found.candidates.iter().take(MAX_NAMED_CANDIDATES).map(text).collect();
    let others = match found.candidates.len() - named.len() {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Some(format!("Candidates: {}{others}.", named.join(", ")))
}

fn kind_name(kind: types::Kind) -> &'static str {
    match kind {
        types::Kind::Light => "light",
        types::Kind::Room => "room",
        types::Kind::Zone => "zone",
        types::Kind::Home => "home",
        types::Kind::Scene => "scene",
    }
}

fn candidate(candidate: &types::Candidate) -> Value {
    let (kind, room) = (kind_name(candidate.kind), candidate.room.as_deref().map(cut));
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

    fn no_match(message: &str, places: &[(&str, types::Kind, Option<&str>)]) -> types::NoMatch {
        let candidate = |(number, (name, kind, room)): (usize, &(&str, types::Kind, Option<&str>))| types::Candidate {
            kind: *kind,
            id: format!("id-{number}"),
            name: (*name).to_owned(),
            room: room.map(str::to_owned),
        };
        types::NoMatch { message: message.to_owned(), candidates: places.iter().enumerate().map(candidate).collect() }
    }

    /// Returns the text of the result that a client gets for an error of a tool.
    fn text(error: types::ToolError) -> String {
        let result = CallFailure::from_tool_error(error).into_result(None);
        match &result.content[..] {
            [content::ContentBlock::Text(text)] => text.clone(),
            other => panic!("one text: {other:?}"),
        }
    }

    #[test]
    fn each_error_of_a_tool_is_text_that_a_model_can_act_on() {
        use types::{FieldError, Kind, ToolError, Unavailable};
        let field = |field: &str, reason: &str| FieldError { field: field.to_owned(), reason: reason.to_owned() };
        let lamps = [("Lamp", Kind::Light, Some("Hall")), ("Lamp", Kind::Light, Some("Office"))];
        let named = "\"Lamp\" fits several things: Lamp (Hall), Lamp (Office).";
        let gone = |retry_after_ms| Unavailable { message: "The bridge is gone.".to_owned(), retry_after_ms };
        let cases = [
            (
                ToolError::InvalidArguments(vec![field("level", "50 is too much"), field("", "a light is missing")]),
                "invalid arguments: level: 50 is too much; a light is missing",
            ),
            (ToolError::NotFound(no_match("No lamp is called that.", &[])), "No lamp is called that."),
            (
                ToolError::NotFound(no_match("no such room", &[("Up", Kind::Zone, None), ("Attic", Kind::Room, None)])),
                "no such room. Candidates: Up (a zone), Attic (a room).",
            ),
            (
                ToolError::Ambiguous(no_match("\"Lamp\" fits two.", &lamps)),
                "\"Lamp\" fits two. Candidates: Lamp (Hall), Lamp (Office).",
            ),
            (ToolError::Ambiguous(no_match(named, &lamps)), named),
            (ToolError::Denied("Not granted.".to_owned()), "Not granted."),
            (ToolError::Unavailable(gone(Some(1_500))), "The bridge is gone. Try again in 2 s."),
            (ToolError::Unavailable(gone(None)), "The bridge is gone."),
            (ToolError::Timeout("Too late.".to_owned()), "Too late."),
            (ToolError::Failed("  ".to_owned()), NO_REASON),
            (ToolError::Other("Something else.".to_owned()), "Something else."),
        ];
        for (error, expected) in cases {
            assert_eq!(text(error), expected);
        }
        let asked = text(ToolError::NeedsInput(r#"{"message": "Which lamp?"}"#.to_owned()));
        assert!(asked.starts_with(NEEDS_INPUT) && asked.ends_with("It asks: Which lamp?"), "{asked}");
    }

    #[test]
    fn a_text_names_ten_candidates_and_the_structured_content_has_them_all_with_their_ids() {
        let lamps: Vec<_> = (0..14).map(|number| (format!("Lamp {number}"), types::Kind::Light)).collect();
        let lamps: Vec<_> = lamps.iter().map(|(name, kind)| (name.as_str(), *kind, Some("Hall"))).collect();
        let failure = CallFailure::from_tool_error(types::ToolError::NotFound(no_match("None.", &lamps)));
        assert!(failure.message.ends_with("Lamp 9 (Hall) and 4 more."), "{}", failure.message);
        assert!(!failure.message.contains("id-"), "{}", failure.message);
        let shape = failure.into_result(None).structured.unwrap();
        let candidates = shape["errors"][0]["details"]["candidates"].as_array().unwrap();
        assert_eq!((candidates.len(), &candidates[13]["id"]), (14, &json!("id-13")));
    }

    #[test]
    fn an_error_is_structured_only_where_the_schema_allows_it() {
        let strict = Schema::for_result(r#"{"type":"object","required":["version"]}"#).unwrap();
        let result = CallFailure::new(ErrorCode::Denied, "no").into_result(Some(&strict));
        assert!(result.structured.is_none());
        assert_eq!(result.content.len(), 1);
    }
}
