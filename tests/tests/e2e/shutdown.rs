//! A session ends when its client goes away, however that is told, or at a signal; the exit code is 0.

use anyhow::Result;
use lamplighter_tests::{Entry, Era, Setup, wait_for_response};
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

/// SIGHUP comes when a terminal is closed.
#[tokio::test]
async fn a_signal_lets_a_call_in_flight_end_and_exits_with_0() -> Result<()> {
    // The tests may run under `nohup`, whose children ignore SIGHUP.
    let launcher = "exec /usr/bin/env --default-signal=HUP \"$@\"";
    for (era, signal) in [(Era::Legacy, "TERM"), (Era::Modern, "TERM"), (Era::Modern, "HUP")] {
        let (server, client) = Setup::new().guest("sleeper")?.launched_by(launcher).connect(era).await?;
        let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 1500}})).await?;
        // Answered after the call has been read, since lines are read in order.
        client.tools().await?;
        server.signal(signal)?;
        let answer = wait_for_response(slow).await?;
        assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{answer}");
        server.exits_with_0().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sigterm_before_any_word_exits_with_0() -> Result<()> {
    let server = Setup::new().guest("echo")?.start().await?;
    server.signal("TERM")?;
    server.exits_with_0().await
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_the_process() -> Result<()> {
    let (server, client) = Setup::new().guest("sleeper")?.connect(Era::Modern).await?;
    let (_, slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 600_000}})).await?;
    client.tools().await?;
    server.signal("TERM")?;
    let start = std::time::Instant::now();
    server.exits_with_0().await?;
    assert!(start.elapsed().as_secs() < 35, "it took {:?}", start.elapsed());
    let answer = wait_for_response(slow).await?;
    assert!(answer["error"].to_string().contains("the session ended"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn the_log_counts_the_requests_under_way_at_the_end() -> Result<()> {
    let (server, client) = Setup::new().guest("sleeper")?.connect(Era::Legacy).await?;
    for ms in [300, 600_000] {
        client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": ms}})).await?;
    }
    client.close().await;
    let counted = |entry: &Entry| entry.message().starts_with("the session has ended");
    let entry = server.log.wait("the count", 0, counted).await?;
    assert_eq!((entry.value("answered"), entry.value("refused")), (&json!(1), &json!(1)), "{}", entry.text);
    server.exits_with_0().await
}

#[tokio::test]
async fn a_damaged_last_line_is_answered() -> Result<()> {
    let server = Setup::new().start().await?;
    server.client.raw(b"{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":").await?;
    server.client.close().await;
    server.client.message("the answer", 0, |message| message["id"] == "last").await?;
    server.exits_with_0().await
}

/// Nothing is written meanwhile: a write that fails would tell it.
#[tokio::test]
async fn a_closed_stdout_ends_the_process_while_stdin_is_open() -> Result<()> {
    let (server, client) = Setup::new().guest("echo")?.connect(Era::Modern).await?;
    client.tools().await?;
    client.close_stdout().await;
    server.logged("stdout is closed").await?;
    server.exits_with_0().await?;
    client.raw(b"\n").await.expect_err("the test held the open end of stdin until here");
    Ok(())
}

/// The test holds the pipes, as a sibling of the server may.
#[tokio::test]
async fn the_end_of_the_parent_ends_the_process_while_the_pipes_are_open() -> Result<()> {
    let (server, client) =
        Setup::new().variable("LAMPLIGHTER_LOG", "debug").launched_by("\"$@\"; true").connect(Era::Modern).await?;
    server.logged("the end of the parent process will end the session").await?;
    client.tools().await?;
    server.signal("KILL")?;
    server.logged("the parent process has ended").await?;
    server.logged("ended").await?;
    Ok(())
}

#[tokio::test]
async fn a_launcher_that_exits_leaves_the_session_to_its_pipes() -> Result<()> {
    let launcher = "exec 3<&0; \"$@\" <&3 3<&- &";
    for era in Era::both() {
        let (server, client) = Setup::new().guest("echo")?.launched_by(launcher).connect(era).await?;
        server.exits_with_0().await?;
        client.tools().await?;
        client.close().await;
        server.logged("ended").await?;
    }
    Ok(())
}
