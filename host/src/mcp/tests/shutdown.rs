//! How a session ends, and the calls that are under way then.

use anyhow::Result;
use lamplighter_tests::{Era, wait_for_response};
use serde_json::json;

use super::TestHost;

#[tokio::test]
async fn a_client_that_goes_away_ends_the_session() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        client.tools().await?;
        client.close().await;
        server.ended().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_goes_away_before_any_word_ends_the_session() -> Result<()> {
    let server = TestHost::new()?.start();
    server.client.close().await;
    server.ended().await
}

#[tokio::test]
async fn a_shutdown_lets_a_call_in_flight_end() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 500}})).await?;
        // Answered after the call has been read, since lines are read in order.
        client.tools().await?;
        server.shutdown.cancel();
        let answer = wait_for_response(slow).await?;
        assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{answer}");
        server.ended().await?;
    }
    Ok(())
}

/// rmcp sends no notification while it drains, so pending progress must not delay the answer.
#[tokio::test]
async fn a_shutdown_lets_a_call_that_reports_progress_end() -> Result<()> {
    let (server, client) = TestHost::new()?.guest("sleeper").await?.connect(Era::Legacy).await?;
    let call = json!({"name": "sleep", "arguments": {"ms": 1500}, "_meta": {"progressToken": "p"}});
    let (_, slow) = client.begin("tools/call", call).await?;
    client.notification("notifications/progress", 0).await?;
    server.shutdown.cancel();
    let answer = wait_for_response(slow).await?;
    assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{answer}");
    server.ended().await
}

#[tokio::test]
async fn a_request_under_way_at_the_end_of_the_input_is_answered() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 300}})).await?;
        client.close().await;
        let answer = wait_for_response(slow).await?;
        assert_eq!(answer["result"]["structuredContent"]["slept_ms"], 300, "{answer}");
        server.ended().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_request_that_outlasts_the_end_of_the_input_is_refused_under_its_id() -> Result<()> {
    let (server, client) = TestHost::new()?.guest("sleeper").await?.connect(Era::Legacy).await?;
    let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 600_000}})).await?;
    client.close().await;
    let answer = wait_for_response(slow).await?;
    let reason = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(reason.contains("the session ended"), "{answer}");
    server.ended().await
}

/// The client does not close the input: another process may hold it.
#[tokio::test]
async fn a_client_that_closes_the_output_ends_the_session() -> Result<()> {
    for era in Era::both() {
        let (server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        client.close_stdout().await;
        client.raw(client.line(&json!("unheard"), "tools/list", json!({})).as_bytes()).await?;
        server.ended().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_closes_the_output_before_the_first_answer_ends_the_session() -> Result<()> {
    for method in ["ping", "initialize"] {
        let server = TestHost::new()?.start();
        server.client.close_stdout().await;
        let params =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "", "version": ""}});
        server.client.raw(server.client.line(&json!(1), method, params).as_bytes()).await?;
        server.ended().await?;
    }
    Ok(())
}
