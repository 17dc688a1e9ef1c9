//! A session ends at the end of stdin or at SIGTERM, with exit code 0.

use anyhow::Result;
use lamplighter_tests::{Era, Setup, wait_for_response};
use serde_json::json;

#[tokio::test]
async fn eof_ends_the_process_with_0() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().guest("echo")?.connect(era).await?;
        client.tools().await?;
        client.close().await;
        server.exits_with_0().await?;
    }
    Ok(())
}

#[tokio::test]
async fn eof_before_any_word_ends_the_process_with_0() -> Result<()> {
    let server = Setup::new().start().await?;
    server.client.close().await;
    server.exits_with_0().await
}

#[tokio::test]
async fn sigterm_lets_a_call_in_flight_end_and_exits_with_0() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().guest("sleeper")?.connect(era).await?;
        let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 1500}})).await?;
        // Answered after the call has been read, since lines are read in order.
        client.tools().await?;
        server.terminate()?;
        let answer = wait_for_response(slow).await?;
        assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{answer}");
        server.exits_with_0().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sigterm_before_any_word_exits_with_0() -> Result<()> {
    let server = Setup::new().guest("echo")?.start().await?;
    server.terminate()?;
    server.exits_with_0().await
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_the_process() -> Result<()> {
    let (server, client) = Setup::new().guest("sleeper")?.connect(Era::Modern).await?;
    client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 600_000}})).await?;
    client.tools().await?;
    server.terminate()?;
    let start = std::time::Instant::now();
    server.exits_with_0().await?;
    assert!(start.elapsed().as_secs() < 35, "it took {:?}", start.elapsed());
    Ok(())
}
