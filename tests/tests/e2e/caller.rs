//! A caller that gives up, and one that wants to know how far it is.

use std::time::Instant;

use anyhow::Result;
use lamplighter_tests::{Client, Era, Setup};
use serde_json::json;

#[tokio::test]
async fn a_cancelled_call_is_stopped_and_never_answered() -> Result<()> {
    for era in Era::BOTH {
        let server = Setup::new().guest("sleeper")?.guest("swap_v1")?.start().await?;
        let client = server.connect(era).await?;
        let (id, mut call) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 25_000}})).await?;
        client.tools().await?;
        let start = Instant::now();
        client.notify("notifications/cancelled", json!({"requestId": id, "reason": "enough"})).await?;
        let ended = |entry: &lamplighter_tests::Entry| {
            entry.field("tool") == "sleep" && entry.text.to_lowercase().contains("cancel")
        };
        server.log.wait("the call to be stopped", 0, ended).await?;
        assert!(start.elapsed().as_secs() < 20, "it was not stopped, it ended: {:?}", start.elapsed());
        client.call("swap_version", json!({})).await?;
        assert!(call.try_recv().is_err(), "a cancelled request gets no answer");
    }
    Ok(())
}

#[tokio::test]
async fn progress_reaches_who_asked_for_it() -> Result<()> {
    for era in Era::BOTH {
        let server = Setup::new().guest("sleeper")?.start().await?;
        let client = server.connect(era).await?;
        let mark = client.mark();
        let params = json!({"name": "sleep", "arguments": {"ms": 300}, "_meta": {"progressToken": "how-far"}});
        client.result("tools/call", params).await?;
        let told = progress(&client, mark);
        assert!(!told.is_empty(), "no progress came");
        assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "progress grows: {told:?}");
    }
    Ok(())
}

#[tokio::test]
async fn progress_is_not_told_to_who_did_not_ask() -> Result<()> {
    let server = Setup::new().guest("sleeper")?.start().await?;
    let client = server.connect(Era::Legacy).await?;
    let mark = client.mark();
    client.call("sleep", json!({"ms": 300})).await?;
    assert!(progress(&client, mark).is_empty());
    Ok(())
}

/// What progress was told since `mark`, all of it before the answer.
fn progress(client: &Client, mark: usize) -> Vec<f64> {
    let messages = client.lines().into_iter().skip(mark).flatten();
    let told = messages.filter(|message| message["method"] == "notifications/progress");
    told.filter_map(|message| message["params"]["progress"].as_f64()).collect()
}
