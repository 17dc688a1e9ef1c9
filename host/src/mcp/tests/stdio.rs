//! Malformed lines do not end a session: they are refused, and the lines after them are answered.

use anyhow::Result;
use lamplighter_tests::Era;
use serde_json::json;

use super::TestHost;
use crate::mcp::stdio::MAX_LINE_BYTES;

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

/// A request that is answered before the session has begun as well.
const PING_REQUEST: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":\"ping\",\"method\":\"ping\"}";

#[tokio::test]
async fn garbage_lines_do_not_end_a_session() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("swap_v1").await?.connect(era).await?;
        for line in MALFORMED_LINES {
            client.raw(line).await?;
        }
        client.call("swap_version", json!({})).await?;
        server.check_output()?;
    }
    Ok(())
}

#[tokio::test]
async fn garbage_before_the_opening_does_not_end_the_session() -> Result<()> {
    for era in Era::both() {
        let server = TestHost::new()?.guest("swap_v1").await?.start();
        for line in MALFORMED_LINES {
            server.client.raw(line).await?;
        }
        let client = server.connect(era).await?;
        client.call("swap_version", json!({})).await?;
        server.check_output()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_notification_as_the_first_message_is_survived() -> Result<()> {
    for era in Era::both() {
        let server = TestHost::new()?.guest("swap_v1").await?.start();
        server.client.raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").await?;
        let client = server.connect(era).await?;
        client.call("swap_version", json!({})).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_notification_after_a_refused_first_request_is_survived() -> Result<()> {
    let server = TestHost::new()?.guest("swap_v1").await?.start();
    // Of neither era: no `initialize` before it, no `_meta` in it.
    server.client.raw(b"{\"jsonrpc\":\"2.0\",\"id\":\"early\",\"method\":\"tools/list\"}\n").await?;
    server.client.raw(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").await?;
    let client = server.connect(Era::Legacy).await?;
    client.call("swap_version", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn a_message_in_pieces_is_a_message() -> Result<()> {
    let (_server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    let mark = client.mark();
    for piece in ["{\"jsonrpc\":\"2.0\",\"id\":\"a b\"", ",\"method\":", "\"ping\"}", "\r\n"] {
        client.raw(piece.as_bytes()).await?;
    }
    let answer = client.message("the answer to a ping", mark, |message| message["id"] == "a b").await?;
    assert!(answer["result"].is_object(), "{answer}");
    Ok(())
}

/// Nothing is sent after it: a reader that waits for more input before it looks at its buffer would answer neither.
#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_the_line_after_it_is_answered() -> Result<()> {
    let (_server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    let mark = client.mark();
    let long = vec![b'x'; MAX_LINE_BYTES + 1];
    client.raw(&[&long, b"\n".as_slice(), PING_REQUEST, b"\n"].concat()).await?;
    let refused = client.message("a refusal", mark, |message| message["error"]["code"] == -32700).await?;
    assert!(refused.to_string().contains("longer than"), "{refused}");
    client.message("the answer to a ping", mark, |message| message["id"] == "ping").await?;
    Ok(())
}

#[tokio::test]
async fn a_message_of_the_wrong_shape_is_refused_under_its_id() -> Result<()> {
    let (_server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    let mark = client.mark();
    client.raw(b"{\"jsonrpc\":\"1.0\",\"id\":\"odd\",\"method\":\"ping\"}\n").await?;
    let refused = client.message("a refusal", mark, |message| message["id"] == "odd").await?;
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    Ok(())
}

#[tokio::test]
async fn an_id_that_no_request_may_have_is_repeated_with_the_reason() -> Result<()> {
    let (_server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    for id in [json!(1.5), json!(u64::MAX)] {
        let mark = client.mark();
        client.raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n").as_bytes()).await?;
        let refused = client.message("a refusal", mark, |message| message["id"] == id).await?;
        assert!(refused["error"]["message"].as_str().is_some_and(|it| it.contains("its id must be")), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn a_last_line_needs_no_newline() -> Result<()> {
    let (server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    let mark = client.mark();
    client.raw(PING_REQUEST).await?;
    client.close().await;
    client.message("the answer to a ping", mark, |message| message["id"] == "ping").await?;
    server.ended().await
}
