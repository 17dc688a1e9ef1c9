//! Cancellation of a call.

use std::time::{Duration, Instant};

use anyhow::Result;
use lamplighter_tests::{Entry, Era, Setup};
use serde_json::json;

/// The log messages that end a call.
const END_MESSAGES: [&str; 2] = ["call ended", "call failed"];
/// Less than the deadline of a call (30 s), at which it would end without being cancelled.
const BELOW_DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_cancelled_call_ends_early_and_is_never_answered() -> Result<()> {
    for era in Era::both() {
        // The first guest asks whether it is cancelled, the second never does.
        for (tool, arguments) in [("sleep", json!({"ms": 600_000})), ("infinite_loop", json!({}))] {
            let setup = Setup::new().guest("sleeper")?.guest("infinite_loop")?.guest("swap_v1")?;
            let (server, client) = setup.connect(era).await?;
            let (id, mut call) = client.begin("tools/call", json!({"name": tool, "arguments": arguments})).await?;
            client.tools().await?;
            let start = Instant::now();
            client.notify("notifications/cancelled", json!({"requestId": id, "reason": "enough"})).await?;
            let over = |entry: &Entry| entry.field("tool") == tool && END_MESSAGES.contains(&entry.message());
            server.log.wait("the call to be over", 0, over).await?;
            assert!(start.elapsed() < BELOW_DEADLINE, "{tool} was not stopped, it ended: {:?}", start.elapsed());
            client.call("swap_version", json!({})).await?;
            assert!(call.try_recv().is_err(), "a cancelled request gets no answer");
        }
    }
    Ok(())
}
