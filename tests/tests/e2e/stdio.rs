//! Malformed lines on stdin do not end a session, and stdout carries MCP alone.

use anyhow::Result;
use lamplighter_tests::{Era, Server, Setup};
use serde_json::json;

/// The lines that no client should send.
const MALFORMED_LINES: [&[u8]; 8] = [
    b"hello\n",
    b"{\"jsonrpc\":\"2.0\",\n",
    b"[1,2,3]\n",
    b"null\n",
    b"42\n",
    b"\xff\xfe\x00\n",
    b"{\"jsonrpc\":\"2.0\",\"method\":\"no/such/notification\"}\n",
    b"\n\r\n\n",
];

#[tokio::test]
async fn garbage_lines_do_not_end_a_session() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().guest("swap_v1")?.connect(era).await?;
        for line in MALFORMED_LINES {
            client.raw(line).await?;
        }
        client.call("swap_version", json!({})).await?;
        check_stdout(&server)?;
    }
    Ok(())
}

#[tokio::test]
async fn garbage_before_the_opening_does_not_end_the_process() -> Result<()> {
    for era in Era::both() {
        let server = Setup::new().guest("swap_v1")?.start().await?;
        for line in MALFORMED_LINES {
            server.client.raw(line).await?;
        }
        let client = server.connect(era).await?;
        client.call("swap_version", json!({})).await?;
        check_stdout(&server)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_notification_as_the_first_message_is_survived() -> Result<()> {
    for era in Era::both() {
        let server = Setup::new().guest("swap_v1")?.start().await?;
        server.client.raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").await?;
        let client = server.connect(era).await?;
        client.call("swap_version", json!({})).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_notification_after_a_refused_first_request_is_survived() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.start().await?;
    // Of neither era: no `initialize` before it, no `_meta` in it.
    server.client.raw(b"{\"jsonrpc\":\"2.0\",\"id\":\"early\",\"method\":\"tools/list\"}\n").await?;
    server.client.raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").await?;
    let client = server.connect(Era::Legacy).await?;
    client.call("swap_version", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn an_oversized_line_is_dropped_and_the_session_goes_on() -> Result<()> {
    let (server, client) = Setup::new().guest("swap_v1")?.connect(Era::Modern).await?;
    client.call("swap_version", json!({})).await?;
    let before = server.memory()?;
    let chunk = vec![b'x'; 1024 * 1024];
    for _ in 0..64 {
        client.raw(&chunk).await?;
    }
    client.raw(b"\n").await?;
    client.call("swap_version", json!({})).await?;
    server.check_growth(before, 48 << 20)?;
    check_stdout(&server)
}

#[tokio::test]
async fn a_message_in_pieces_is_a_message() -> Result<()> {
    let (_server, client) = Setup::new().connect(Era::Legacy).await?;
    let mark = client.mark();
    for piece in ["{\"jsonrpc\":\"2.0\",\"id\":\"a b\"", ",\"method\":", "\"ping\"}", "\r\n"] {
        client.raw(piece.as_bytes()).await?;
    }
    let answer = client.message("the answer to a ping", mark, |message| message["id"] == "a b").await?;
    assert!(answer["result"].is_object(), "{answer}");
    Ok(())
}

#[tokio::test]
async fn stdout_carries_mcp_and_nothing_else() -> Result<()> {
    let (server, client) = Setup::new().guest("chatter")?.guest("trap")?.connect(Era::Modern).await?;
    client.call_failing("trap_now", json!({})).await?;
    client.call_any("chatter", json!({})).await?;
    client.raw(b"garbage\n").await?;
    server.put("swap", &lamplighter_tests::guest("swap_v1")?).await?;
    client.tools().await?;
    client.close().await;
    server.exit().await?;
    check_stdout(&server)
}

/// Checks that every line on stdout is a JSON-RPC response, error or notification.
fn check_stdout(server: &Server) -> Result<()> {
    for line in server.client.lines() {
        let message = line.map_err(|line| anyhow::anyhow!("not JSON on stdout: {line:?}"))?;
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let is_message = message["method"].is_string() || message["result"].is_object() || message["error"].is_object();
        assert!(is_message, "{message}");
    }
    Ok(())
}
