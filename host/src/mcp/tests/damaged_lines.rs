//! A line that cannot be read is answered to the request that waits for it, and to no other.

use anyhow::Result;
use lamplighter_tests::Era;
use serde_json::{Value, json};

use super::TestHost;
use crate::mcp::stdio::MAX_LINE_BYTES;

/// Returns a line with this id whose parameters are damaged.
fn with_params(id: &str, params: &[u8]) -> Vec<u8> {
    let begin = format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{id}\",\"method\":\"tools/call\",\"params\":{{\"name\":");
    [begin.as_bytes(), params, b"}}\n"].concat()
}

/// Returns damaged lines, the ids that are answered, and words of the answer.
fn damaged_lines() -> Vec<(Vec<u8>, Vec<&'static str>, &'static str)> {
    let deep = [b"[".repeat(500), b"]".repeat(500)].concat();
    let two = b"{\"jsonrpc\":\"2.0\",\"id\":\"one\",\"method\":\"ping\"}{\"jsonrpc\":\"2.0\",\"id\":\"two\",\"method\":\"ping\"}\n";
    let batch = b"[{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"},{\"jsonrpc\":\"2.0\",\"id\":\"b\",\"method\":\"ping\"}]\n";
    vec![
        (b"{\"jsonrpc\":\"2.0\",\"id\":\"cut\",\"method\":\"tools/call\",\"par\n".to_vec(), vec!["cut"], "not JSON"),
        (with_params("nan", b"NaN"), vec!["nan"], "not JSON"),
        (with_params("deep", &deep), vec!["deep"], "recursion limit"),
        (with_params("half", b"\"\\ud83d\""), vec!["half"], "hex escape"),
        (with_params("huge", b"1e999"), vec!["huge"], "out of range"),
        (with_params("latin", b"\"K\xfcche\""), vec!["latin"], "unicode"),
        (with_params("long", &vec![b'x'; MAX_LINE_BYTES]), vec!["long"], "longer than"),
        (two.to_vec(), vec!["one", "two"], "2 messages"),
        (batch.to_vec(), vec!["a", "b"], "batches"),
        (b"{\"jsonrpc\":\"1.0\",\"id\":\"old\",\"method\":\"ping\"}\n".to_vec(), vec!["old"], "not a JSON-RPC 2.0"),
    ]
}

#[tokio::test]
async fn a_damaged_line_is_answered_under_its_id() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        for (line, ids, words) in damaged_lines() {
            let mark = client.mark();
            client.raw(&line).await?;
            for id in ids {
                let refused = client.message(id, mark, |message| message["id"] == id).await?;
                let reason = refused["error"]["message"].as_str().unwrap_or_default();
                assert!(reason.contains(words), "{id}: {refused}");
            }
        }
        client.tools().await?;
        server.check_output()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_line_is_not_answered_under_an_id_in_flight() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(Era::Legacy).await?;
    let (mark, busy) = (client.mark(), json!("busy"));
    let slow = client.line(&busy, "tools/call", json!({"name": "sleep", "arguments": {"ms": 1000}}));
    let wrong_shape = b"{\"jsonrpc\":\"1.0\",\"id\":\"busy\",\"method\":\"ping\"}\n";
    client.raw(&[slow.as_bytes(), &with_params("busy", b"NaN"), wrong_shape].concat()).await?;
    for code in [-32700, -32600] {
        let refused = client.message("a refusal", mark, |message| message["error"]["code"] == code).await?;
        assert!(refused["id"].is_null(), "{refused}");
    }
    let answer = client.message("the call's answer", mark, |message| message["id"] == busy).await?;
    assert_eq!(answer["result"]["structuredContent"]["slept_ms"], 1000, "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() -> Result<()> {
    let server = TestHost::new()?.start();
    server.client.raw(b"\xef\xbb\xbf").await?;
    let answer = server.client.line(&json!("first"), "ping", json!({}));
    server.client.raw(answer.as_bytes()).await?;
    let answer = server.client.message("an answer", 0, |message| message["id"] == "first").await?;
    assert!(answer["result"].is_object(), "{answer}");
    server.connect(Era::Legacy).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_to_a_damaged_line_is_written_before_the_session_ends() -> Result<()> {
    let server = TestHost::new()?.start();
    server.client.raw(&with_params("last", b"NaN")).await?;
    server.client.close().await;
    let refused = server.client.message("a refusal", 0, |message: &Value| message["id"] == "last").await?;
    assert_eq!(refused["error"]["code"], -32700, "{refused}");
    server.ended().await
}
