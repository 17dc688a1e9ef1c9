//! What a call answers: a tool's output once it is checked, or what went wrong in the shape all tools share.

use serde_json::{Map, Value, json};

use crate::plugin::{
    Plugin, Tool, absolute,
    schema::{self, Schema, Violation},
    wit::{content, tools, types},
};

/// Characters of a message; the rest is cut off.
const LONGEST: usize = 2_000;

/// Bytes of JSON that are read in the time it takes to hand them to another thread, or not much more.
const QUICK: usize = 32 * 1024;

/// Candidates or fields of one error.
const MOST: usize = 50;

/// An answer that may be sent: within the plugin's size limit, its JSON read, and true to its output schema.
pub(crate) struct Answer {
    pub(crate) content: Vec<content::ContentBlock>,
    pub(crate) structured: Option<Value>,
    pub(crate) is_error: bool,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// What went wrong, for a model to act on. Causes inside go to the log.
#[derive(Debug)]
pub(crate) struct Problem {
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

// === A tool's output ===

impl Answer {
    /// Whether [`of_output`](Self::of_output) takes next to no time.
    pub(super) fn is_quick_of(output: &tools::ToolOutput, tool: &Tool) -> bool {
        let json = length(output.structured.as_ref()) + length(output.meta.as_ref());
        json <= QUICK && tool.output.as_ref().is_none_or(|schema| schema.is_quick_for(json))
    }

    pub(super) fn of_output(output: tools::ToolOutput, tool: &Tool, plugin: &Plugin) -> Result<Self, Problem> {
        let refuse = |what: String| refuse(plugin, &what);
        check_size(size(&output), plugin)?;
        let structured = output.structured.as_deref().map(schema::read_value).transpose();
        let structured = structured.map_err(|e| refuse(format!("its structured output is {e}")))?;
        let structured = conforming(structured, tool.output.as_ref(), output.is_error).map_err(&refuse)?;
        let meta = meta(output.meta.as_deref()).map_err(&refuse)?;
        let mut content = output.content;
        complete(&mut content, plugin).map_err(&refuse)?;
        if content.is_empty()
            && let Some(value) = &structured
        {
            content.push(content::ContentBlock::Text(value.to_string()));
        }
        Ok(Self { content, structured, is_error: output.is_error, meta })
    }
}

/// An output that cannot be sent: said to the operator, and to the caller in the same words.
pub(super) fn refuse(plugin: &Plugin, what: &str) -> Problem {
    tracing::error!(what, "the plugin's output was refused");
    Problem::new(Code::Unknown, format!("the plugin {} answered badly: {what}", plugin.name))
}

pub(super) fn check_size(size: usize, plugin: &Plugin) -> Result<(), Problem> {
    let limit = plugin.config.limits.output_bytes;
    if size <= limit {
        return Ok(());
    }
    Err(refuse(plugin, &format!("its output has {size} bytes; its limit is {limit} (the setting `output_kib`)")))
}

pub(super) fn meta(text: Option<&str>) -> Result<Option<Map<String, Value>>, String> {
    text.map(schema::read_object).transpose().map_err(|reason| format!("meta: {reason}"))
}

/// Gives the plugin's own resources, which it names by their paths, the URIs that clients know them by.
pub(super) fn complete<'a>(
    content: impl IntoIterator<Item = &'a mut content::ContentBlock>,
    plugin: &Plugin,
) -> Result<(), String> {
    for block in content {
        let uri = match block {
            content::ContentBlock::ResourceLink(link) => &mut link.uri,
            content::ContentBlock::Resource(embedded) => &mut embedded.uri,
            _ => continue,
        };
        *uri = absolute(&plugin.name, uri)?;
    }
    Ok(())
}

/// MCP: a tool with an output schema must answer what satisfies it. An error may go without.
fn conforming(structured: Option<Value>, schema: Option<&Schema>, is_error: bool) -> Result<Option<Value>, String> {
    let Some(schema) = schema else { return Ok(structured) };
    match structured {
        Some(value) if schema.accepts(&value) => Ok(Some(value)),
        _ if is_error => Ok(None),
        None => Err("it has an output schema, and no structured output".to_owned()),
        Some(value) => {
            let violation = schema.violations(&value).into_iter().next();
            let text = violation.map_or_else(String::new, |v| format!(" {}: {}", v.field, v.reason));
            Err(format!("its structured output does not satisfy its output schema:{text}"))
        }
    }
}

fn size(output: &tools::ToolOutput) -> usize {
    output.content.iter().map(block_size).sum::<usize>()
        + length(output.structured.as_ref())
        + length(output.meta.as_ref())
}

/// With what a block costs as JSON, so that a million empty ones are not for nothing.
pub(super) fn block_size(block: &content::ContentBlock) -> usize {
    const BRACKETS: usize = 32;
    BRACKETS
        + match block {
            content::ContentBlock::Text(text) | content::ContentBlock::Other(text) => text.len(),
            content::ContentBlock::Image(blob) | content::ContentBlock::Audio(blob) => {
                blob.data.len() + blob.mime_type.len()
            }
            content::ContentBlock::ResourceLink(link) => {
                let optional = [link.title.as_ref(), link.description.as_ref(), link.mime_type.as_ref()];
                link.uri.len() + link.name.len() + optional.into_iter().map(length).sum::<usize>()
            }
            content::ContentBlock::Resource(embedded) => {
                contents_size(&embedded.contents) + embedded.uri.len() + length(embedded.mime_type.as_ref())
            }
        }
}

pub(super) fn contents_size(contents: &content::ResourceContents) -> usize {
    match contents {
        content::ResourceContents::Text(text) => text.len(),
        content::ResourceContents::Bytes(bytes) => bytes.len(),
    }
}

pub(super) fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

// === What went wrong ===

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = cut(&message.into());
        let errors = vec![json!({"code": code.as_str(), "message": message, "details": null})];
        Self { code, message, errors }
    }

    fn with_details(code: Code, message: impl Into<String>, details: &Value) -> Self {
        let message = cut(&message.into());
        let errors = vec![json!({"code": code.as_str(), "message": message, "details": details})];
        Self { code, message, errors }
    }

    pub(super) fn of_violations(violations: Vec<Violation>) -> Self {
        Self::of_fields(violations.into_iter().map(|violation| (violation.field, violation.reason)))
    }

    /// One argument that is wrong.
    pub(super) fn of_field(field: String, reason: String) -> Self {
        Self::of_fields(std::iter::once((field, reason)))
    }

    /// One error a field; each says where and which rule.
    fn of_fields(fields: impl Iterator<Item = (String, String)>) -> Self {
        let code = Code::ValidationError;
        let fields: Vec<_> = fields.take(MOST).map(|(field, reason)| (cut(&field), cut(&reason))).collect();
        let said: Vec<String> = fields.iter().map(|(field, reason)| sentence(field, reason)).collect();
        let errors = fields.into_iter().zip(&said).map(|((field, reason), message)| {
            json!({"code": code.as_str(), "message": message, "details": {"field": field, "reason": reason}})
        });
        Self { code, errors: errors.collect(), message: cut(&format!("invalid arguments: {}", said.join("; "))) }
    }

    pub(super) fn of_tool_error(error: types::ToolError) -> Self {
        match error {
            types::ToolError::InvalidArguments(fields) => {
                Self::of_fields(fields.into_iter().map(|field| (field.field, field.reason)))
            }
            types::ToolError::NotFound(found) => Self::of_no_match(Code::NotFound, &found),
            types::ToolError::Ambiguous(found) => Self::of_no_match(Code::Ambiguous, &found),
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

    fn of_no_match(code: Code, found: &types::NoMatch) -> Self {
        let candidates: Vec<Value> = found.candidates.iter().take(MOST).map(candidate).collect();
        Self::with_details(code, found.message.clone(), &json!({"candidates": candidates}))
    }

    /// The shared shape, as a JSON text block; as structured content too where the tool's schema allows it.
    pub(super) fn into_answer(self, schema: Option<&Schema>) -> Answer {
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
        Answer { content, structured, is_error: true, meta: None }
    }
}

/// A plugin's words are hostile too: no longer than a person reads.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
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
        let answer = Problem::new(Code::Denied, "no").into_answer(None);
        let shape = answer.structured.unwrap();
        for field in ["success", "status", "message", "lights_affected", "data", "errors", "timestamp"] {
            assert!(shape.get(field).is_some(), "{field}");
        }
        assert_eq!(shape["errors"][0]["code"], "DENIED");
        assert!(answer.is_error);
    }

    #[test]
    fn an_error_is_structured_only_where_the_schema_allows_it() {
        let strict = Schema::of_result(r#"{"type":"object","required":["version"]}"#).unwrap();
        let answer = Problem::new(Code::Denied, "no").into_answer(Some(&strict));
        assert!(answer.structured.is_none());
        assert_eq!(answer.content.len(), 1);
    }

    #[test]
    fn an_output_that_breaks_its_schema_is_refused_with_the_field() {
        let schema = Schema::of_result(r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#).unwrap();
        let error = conforming(Some(json!({"n": "x"})), Some(&schema), false).unwrap_err();
        assert!(error.contains("/n"), "{error}");
        assert_eq!(conforming(Some(json!({"n": "x"})), Some(&schema), true), Ok(None));
        assert!(conforming(None, Some(&schema), false).is_err());
    }
}
