//! A line of any length on stdin is bounded in memory, and stdout carries MCP alone.

use anyhow::Result;
use lamplighter_tests::{Era, Server, Setup};
use serde_json::json;

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
async fn stdout_carries_mcp_and_nothing_else() -> Result<()> {
    let (server, client) = Setup::new().guest("log_flood")?.guest("trap")?.connect(Era::Modern).await?;
    client.call_failing("trap_now", json!({})).await?;
    client.call_any("log_flood", json!({})).await?;
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
