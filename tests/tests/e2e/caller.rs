//! A caller that gives up, and one that wants to know how far it is.

use std::time::{Duration, Instant};

use anyhow::Result;
use lamplighter_tests::{Client, Entry, Era, Setup};
use serde_json::json;

/// What the log says when a call is over.
const ENDINGS: [&str; 2] = ["call ended", "call failed"];
/// A call that nobody stops ends at its deadline, after 30 s.
const BELOW_DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_cancelled_call_ends_early_and_is_never_answered() -> Result<()> {
    for era in Era::BOTH {
        // One that looks whether it is cancelled, and one that never does.
        for (tool, arguments) in [("sleep", json!({"ms": 600_000})), ("spin", json!({}))] {
            let setup = Setup::new().guest("sleeper")?.guest("spin")?.guest("swap_v1")?;
            let server = setup.start().await?;
            let client = server.connect(era).await?;
            let (id, mut call) = client.begin("tools/call", json!({"name": tool, "arguments": arguments})).await?;
            client.tools().await?;
            let start = Instant::now();
            client.notify("notifications/cancelled", json!({"requestId": id, "reason": "enough"})).await?;
            let over = |entry: &Entry| entry.field("tool") == tool && ENDINGS.contains(&entry.message());
            server.log.wait("the call to be over", 0, over).await?;
            assert!(start.elapsed() < BELOW_DEADLINE, "{tool} was not stopped, it ended: {:?}", start.elapsed());
            client.call("swap_version", json!({})).await?;
            assert!(call.try_recv().is_err(), "a cancelled request gets no answer");
        }
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
