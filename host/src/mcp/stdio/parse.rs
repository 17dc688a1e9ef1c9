//! Parses a line into a message, or says why it is refused and whom that concerns.

use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ErrorCode, RequestId},
};
use serde_json::Value;

use super::{MAX_LINE_BYTES, damaged_line::DamagedLine};

/// Some programs write it at the start of a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line that is not handled.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The ids of the requests in it, as far as they can be read.
    pub(super) ids: Vec<RequestId>,
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
    let value: Value = serde_json::from_slice(line).map_err(|error| Refusal::of_text(line, &error))?;
    if value.is_array() {
        return Err(Refusal::of_value(line, "batches are not part of MCP: send one message a line".to_owned()));
    }
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| Refusal::of_value(line, format!("not a JSON-RPC 2.0 message: {error}")))
}

fn parse_error(reason: String) -> ErrorData {
    ErrorData::new(ErrorCode::PARSE_ERROR, reason, None)
}
