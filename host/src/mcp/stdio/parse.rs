//! Parses a line into a message, or says why it is refused and whom that concerns.

use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ErrorCode, RequestId},
};
use serde_json::Value;

use super::{
    MAX_LINE_BYTES,
    damaged_line::{DamagedLine, ReadId},
    tool_call::parse_tool_call,
};

/// Some programs write it at the start of a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that is not handled.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The ids of the requests in it, as far as they can be read.
    pub(super) ids: Vec<ReadId>,
    pub(super) error: ErrorData,
}

impl Refusal {
    /// Makes the refusal of a line longer than [`MAX_LINE_BYTES`], of which this is the beginning.
    pub(super) fn of_long_line(beginning: &[u8]) -> Self {
        let ids = DamagedLine::scan(&beginning[..beginning.len().min(MAX_LINE_BYTES)]).ids;
        Self { ids, error: parse_error(format!("the line is longer than {MAX_LINE_BYTES} bytes")) }
    }

    /// Makes the refusal of a second request with an id. The error has no id, for the first request's answer has it.
    pub(super) fn of_twin(id: &RequestId, method: &str) -> Self {
        let reason = format!(
            "the id {} belongs to a request under way: this {method} was not run; give each request an id of its own",
            id.clone().into_json_value()
        );
        Self { ids: Vec::new(), error: ErrorData::invalid_request(reason, None) }
    }

    fn of_text(line: &[u8], error: &serde_json::Error) -> Self {
        let DamagedLine { ids, messages } = DamagedLine::scan(line);
        let error = match messages {
            0 | 1 => parse_error(format!("not JSON: {error}")),
            _ => parse_error(format!("the line holds {messages} messages, and none was run: send one message a line")),
        };
        Self { ids, error }
    }

    fn of_value(line: &[u8], reason: String) -> Self {
        Self { ids: DamagedLine::scan(line).ids, error: ErrorData::invalid_request(reason, None) }
    }
}

/// Parses a message; returns `None` for a blank line.
pub(super) fn parse(line: &[u8]) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    if let Some(call) = parse_tool_call(line) {
        return Ok(Some(call));
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| Refusal::of_text(line, &error))?;
    if value.is_array() {
        return Err(Refusal::of_value(line, "batches are not part of MCP: send one message a line".to_owned()));
    }
    serde_json::from_value(value)
        .map(Some)
        .map_err(|_| Refusal::of_value(line, format!("not a JSON-RPC 2.0 message: {}", explain(line))))
}

/// Says which rule of JSON-RPC 2.0 a value breaks that is no batch.
fn explain(line: &[u8]) -> &'static str {
    let Ok(Value::Object(message)) = serde_json::from_slice(line) else { return "it is no JSON object" };
    let is_id = |id: &Value| serde_json::from_value::<RequestId>(id.clone()).is_ok();
    let has = |key: &str| message.contains_key(key);
    if message.get("jsonrpc").is_none_or(|version| version != "2.0") {
        return "it needs \"jsonrpc\": \"2.0\"";
    }
    if !message.get("id").is_none_or(is_id) {
        return "its id must be a text or an integer of 64 bits";
    }
    if message.get("method").is_some_and(|method| !method.is_string()) {
        return "its method must be a text";
    }
    if message.get("params").is_some_and(|params| !params.is_object()) {
        return "its params must be an object";
    }
    if !["method", "result", "error"].into_iter().any(has) {
        return "it has neither a method nor a result nor an error";
    }
    "its members do not belong together"
}

fn parse_error(reason: String) -> ErrorData {
    ErrorData::new(ErrorCode::PARSE_ERROR, reason, None)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_value_that_is_no_message_is_told_which_rule_it_breaks() {
        for (line, rule) in [
            ("7", "it is no JSON object"),
            (r#"{"id":1,"method":"ping"}"#, "it needs \"jsonrpc\": \"2.0\""),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "it needs \"jsonrpc\": \"2.0\""),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "its id must be a text or an integer of 64 bits"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "its id must be a text or an integer of 64 bits"),
            (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, "its id must be a text or an integer of 64 bits"),
            (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, "its method must be a text"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "its params must be an object"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "it has neither a method nor a result nor an error"),
        ] {
            let refusal = parse(line.as_bytes()).unwrap_err();
            assert_eq!(refusal.error.message, format!("not a JSON-RPC 2.0 message: {rule}"), "{line}");
        }
    }
}
