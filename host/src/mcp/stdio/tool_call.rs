//! Parses the most frequent message, the call of a tool, in one pass.
//!
//! rmcp parses a message by trying one kind of message and of request after the other, which takes longer than
//! everything else that the transport does for a call.

use rmcp::model::{
    CallToolRequest, CallToolRequestMethod, CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, JsonObject,
    JsonRpcVersion2_0, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde_json::Value;

/// A request of `tools/call` with the members that most clients send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolCall {
    #[serde(rename = "jsonrpc")]
    _version: JsonRpcVersion2_0,
    id: RequestId,
    #[serde(rename = "method")]
    _method: CallToolRequestMethod,
    params: JsonObject,
}

/// Parses a call of a tool. Returns `None` for all other messages, and for a call with unusual members or with a mistake.
pub(super) fn parse_tool_call(line: &[u8]) -> Option<ClientJsonRpcMessage> {
    // `serde` would take an array for an object.
    if !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let ToolCall { id, mut params, .. } = serde_json::from_slice(line).ok()?;
    let Value::String(name) = params.remove("name")? else { return None };
    let arguments = take_object(&mut params, "arguments");
    let meta = take_object(&mut params, "_meta");
    if !params.is_empty() {
        return None;
    }
    let mut call = CallToolRequestParams::new(name);
    call.arguments = arguments;
    let mut request = CallToolRequest::new(call);
    if let Some(meta) = meta {
        request.extensions.insert(RequestMetaObject::from(meta));
    }
    Some(ClientJsonRpcMessage::request(ClientRequest::CallToolRequest(request), id))
}

/// Takes an object out. Leaves what is no object.
fn take_object(params: &mut JsonObject, key: &str) -> Option<JsonObject> {
    match params.get_mut(key)? {
        Value::Object(object) => {
            let object = std::mem::take(object);
            params.remove(key);
            Some(object)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rmcp::model::GetMeta as _;
    use serde_json::json;

    use super::*;

    /// Describes a message, with what it carries beside its parameters.
    fn describe(message: &ClientJsonRpcMessage) -> String {
        let ClientJsonRpcMessage::Request(request) = message else { return format!("{message:?}") };
        format!("{message:?} {:?}", request.request.get_meta())
    }

    /// Parses as rmcp does.
    fn parse_as_rmcp(line: &[u8]) -> Option<ClientJsonRpcMessage> {
        serde_json::from_value(serde_json::from_slice(line).ok()?).ok()
    }

    #[test]
    fn the_calls_of_all_clients_are_parsed_in_one_pass() {
        for line in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}"#,
            r#"{"method":"tools/call","params":{"name":"echo","arguments":{},"_meta":{"progressToken":7}},"jsonrpc":"2.0","id":"a"}"#,
            r#"  {"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"echo"}}"#,
        ] {
            let (ours, theirs) = (parse_tool_call(line.as_bytes()), parse_as_rmcp(line.as_bytes()));
            assert_eq!(ours.as_ref().map(describe), theirs.as_ref().map(describe), "{line}");
            assert!(ours.is_some(), "{line}");
        }
    }

    #[test]
    fn what_is_no_plain_call_of_a_tool_is_left_to_rmcp() {
        for line in [
            r#"["2.0",1,"tools/call",{"name":"echo"}]"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["echo",{}]}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"echo"}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"echo"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"name":"echo"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":null}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","requestState":"s"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"},"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}} {}"#,
        ] {
            assert!(parse_tool_call(line.as_bytes()).is_none(), "{line}");
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            Just(json!({"progressToken": 3, "k": [1, {"a": null}]})),
            Just(json!(["echo"])),
        ]
    }

    proptest! {
        #[test]
        fn a_call_that_is_parsed_in_one_pass_is_what_rmcp_makes_of_it(
            members in prop::collection::btree_map(
                prop::sample::select(vec!["name", "arguments", "_meta", "requestState", "other"]), json_value(), 0..4),
            id in json_value(),
        ) {
            let line = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": members}).to_string();
            if let Some(ours) = parse_tool_call(line.as_bytes()) {
                let theirs = parse_as_rmcp(line.as_bytes()).map(|message| describe(&message));
                prop_assert_eq!(theirs, Some(describe(&ours)));
            }
        }
    }
}
