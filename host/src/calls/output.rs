//! The checked output of a tool, and the checks that prompts and resources share.

use serde_json::{Map, Value};

use super::{NO_REASON, size};
use crate::{
    contract::{content, json, tools},
    plugin::{Plugin, Tool, absolute_uri, schema::Schema},
};

/// JSON up to this many bytes is read in about the time that handing it to another thread takes.
const MAX_INLINE_BYTES: usize = 32 * 1024;

/// A result that may be sent: within the plugin's size limit, its JSON read, and valid against its output schema.
pub(crate) struct ToolResult {
    pub(crate) content: Vec<content::ContentBlock>,
    pub(crate) structured: Option<Value>,
    pub(crate) is_error: bool,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// Why a plugin's output cannot be sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OutputError {
    #[error("its output has {size} bytes; its limit is {limit} (the setting `output_kib`)")]
    TooLarge { size: usize, limit: usize },
    #[error("its structured output is {0}")]
    Structured(String),
    #[error("it has an output schema, and no structured output")]
    NoStructured,
    #[error("its structured output does not satisfy its output schema:{0}")]
    Schema(String),
    #[error("meta: {0}")]
    Meta(String),
    #[error("{0}")]
    Uri(String),
    #[error("the prompt has no messages")]
    NoMessages,
    #[error("the resource has no contents")]
    NoContents,
}

impl ToolResult {
    /// Returns whether [`from_output`](Self::from_output) takes next to no time.
    pub(super) fn is_quick_to_check(output: &tools::ToolOutput, tool: &Tool) -> bool {
        let json = size::of_json(output);
        json <= MAX_INLINE_BYTES && tool.output.as_ref().is_none_or(|schema| schema.is_quick_for(json))
    }

    /// Checks a plugin's output.
    pub(super) fn from_output(output: tools::ToolOutput, tool: &Tool, plugin: &Plugin) -> Result<Self, OutputError> {
        check_size(size::of_tool_output(&output), plugin)?;
        let structured = output.structured.as_deref().map(json::parse_value).transpose();
        let structured = structured.map_err(|reason| OutputError::Structured(reason.to_string()))?;
        let sentence = output.is_error.then(|| failure_sentence(structured.as_ref()));
        let structured = conforming(structured, tool.output.as_ref(), output.is_error)?;
        let meta = read_meta(output.meta.as_deref())?;
        let mut content = output.content;
        complete_uris(&mut content, plugin)?;
        if content.is_empty()
            && let Some(text) = sentence.or_else(|| structured.as_ref().map(Value::to_string))
        {
            content.push(content::ContentBlock::Text(text));
        }
        Ok(Self { content, structured, is_error: output.is_error, meta })
    }
}

/// Checks an output's size against the plugin's limit.
pub(super) fn check_size(size: usize, plugin: &Plugin) -> Result<(), OutputError> {
    let limit = plugin.config.limits.output_bytes;
    if size <= limit { Ok(()) } else { Err(OutputError::TooLarge { size, limit }) }
}

/// Reads the JSON object of a `meta` field.
pub(super) fn read_meta(text: Option<&str>) -> Result<Option<Map<String, Value>>, OutputError> {
    text.map(json::parse_object).transpose().map_err(|reason| OutputError::Meta(reason.to_string()))
}

/// Gives the plugin's own resources, which it names by their paths, the URIs that clients know.
pub(super) fn complete_uris<'a>(
    content: impl IntoIterator<Item = &'a mut content::ContentBlock>,
    plugin: &Plugin,
) -> Result<(), OutputError> {
    for block in content {
        let uri = match block {
            content::ContentBlock::ResourceLink(link) => &mut link.uri,
            content::ContentBlock::Resource(embedded) => &mut embedded.uri,
            _ => continue,
        };
        *uri = absolute_uri(&plugin.name, uri).map_err(|reason| OutputError::Uri(reason.to_string()))?;
    }
    Ok(())
}

/// Returns the text of a failure that a plugin tells in its structured output alone: the message of the shape that all
/// tools share, or whatever it is.
fn failure_sentence(structured: Option<&Value>) -> String {
    let message = structured.and_then(|value| value.get("message")?.as_str()).filter(|text| !text.trim().is_empty());
    let text = message.map(str::to_owned).or_else(|| structured.map(Value::to_string));
    text.unwrap_or_else(|| NO_REASON.to_owned())
}

/// Checks the structured output. MCP requires that the output of a tool with an output schema satisfies it; an error may
/// have none.
fn conforming(
    structured: Option<Value>,
    schema: Option<&Schema>,
    is_error: bool,
) -> Result<Option<Value>, OutputError> {
    let Some(schema) = schema else { return Ok(structured) };
    match structured {
        Some(value) if schema.accepts(&value) => Ok(Some(value)),
        _ if is_error => Ok(None),
        None => Err(OutputError::NoStructured),
        Some(value) => {
            let violation = schema.violations(&value).into_iter().next();
            Err(OutputError::Schema(violation.map_or_else(String::new, |v| format!(" {}: {}", v.field, v.reason))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_without_text_is_told_by_its_message_even_if_its_structure_cannot_be_sent() {
        let cases = [
            (Some(json!({"message": "No lamp.", "status": "failed"})), "No lamp."),
            (Some(json!({"message": "", "code": 7})), r#"{"code":7,"message":""}"#),
            (Some(json!("No lamp.")), r#""No lamp.""#),
            (None, NO_REASON),
        ];
        for (structured, expected) in cases {
            assert_eq!(failure_sentence(structured.as_ref()), expected, "{structured:?}");
        }
    }

    #[test]
    fn an_output_that_breaks_its_schema_is_refused_with_the_field() {
        let schema = Schema::for_result(r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#).unwrap();
        let error = conforming(Some(json!({"n": "x"})), Some(&schema), false).unwrap_err().to_string();
        assert!(error.contains("/n"), "{error}");
        assert_eq!(conforming(Some(json!({"n": "x"})), Some(&schema), true), Ok(None));
        assert!(conforming(None, Some(&schema), false).is_err());
    }
}
