//! An id belongs to one request at a time: no answer is lost, and none goes to another request.

use anyhow::Result;
use lamplighter_tests::{Client, Era, wait_for_response};
use serde_json::{Value, json};

use super::TestHost;

/// A call that outlasts the lines that are written together with it.
fn slow_call(client: &Client, id: &Value) -> String {
    client.line(id, "tools/call", json!({"name": "sleep", "arguments": {"ms": 1000}}))
}

/// Counts the answers that carry this id.
fn count_answers(client: &Client, id: &Value) -> usize {
    client.lines().into_iter().flatten().filter(|message| message["id"] == *id).count()
}

#[tokio::test]
async fn a_second_request_with_an_id_in_flight_is_refused_and_the_first_is_answered() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let (mark, twin) = (client.mark(), json!("twin"));
        let lines = slow_call(&client, &twin) + &client.line(&twin, "tools/list", json!({}));
        client.raw(lines.as_bytes()).await?;
        let refused = client.message("a refusal", mark, |message| message["error"]["code"] == -32600).await?;
        assert!(refused["id"].is_null(), "{refused}");
        let reason = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(reason.contains("\"twin\"") && reason.contains("tools/list"), "{reason}");
        let answer = client.message("the first request's answer", mark, |message| message["id"] == twin).await?;
        assert_eq!(answer["result"]["structuredContent"]["slept_ms"], 1000, "{answer}");
        // Answered after all that was written before it.
        client.tools().await?;
        assert_eq!(count_answers(&client, &twin), 1, "{:?}", client.lines());
    }
    Ok(())
}

#[tokio::test]
async fn an_answered_id_may_be_used_again() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        for _ in 0..3 {
            let mark = client.mark();
            client.raw(client.line(&json!("again"), "tools/list", json!({})).as_bytes()).await?;
            let answer = client.message("an answer", mark, |message| message["id"] == "again").await?;
            assert!(answer["result"]["tools"].is_array(), "{answer}");
        }
    }
    Ok(())
}

/// The cancelled call ends with an answer of its own, which nobody may get under the id that is used again.
#[tokio::test]
async fn an_id_used_again_after_a_cancellation_gets_the_new_answer() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let (mark, again) = (client.mark(), json!("again"));
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": again}});
        let first = client.line(&again, "tools/call", json!({"name": "sleep", "arguments": {"ms": 600_000}}));
        client.raw(format!("{first}{cancelled}\n{}", slow_call(&client, &again)).as_bytes()).await?;
        let answer = client.message("an answer", mark, |message| message["id"] == again).await?;
        assert_eq!(answer["result"]["structuredContent"]["slept_ms"], 1000, "{answer}");
        assert_eq!(count_answers(&client, &again), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_cancellation_of_an_unknown_id_cancels_nothing() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(Era::Legacy).await?;
    let (mark, slow) = (client.mark(), json!("slow"));
    client.raw(slow_call(&client, &slow).as_bytes()).await?;
    for id in 0..10 {
        client.notify("notifications/cancelled", json!({"requestId": id})).await?;
    }
    let answer = client.message("an answer", mark, |message| message["id"] == slow).await?;
    assert_eq!(answer["result"]["structuredContent"]["cancelled"], false, "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_subscription_is_named_by_its_clients_id_to_its_end() -> Result<()> {
    let (server, client) = TestHost::new()?.connect(Era::Modern).await?;
    let listen = json!({"notifications": {"toolsListChanged": true}});
    let (id, ended) = client.begin("subscriptions/listen", listen).await?;
    let acknowledged = client.notification("notifications/subscriptions/acknowledged", 0).await?;
    server.shutdown.cancel();
    let answer = wait_for_response(ended).await?;
    for meta in [&acknowledged["params"]["_meta"], &answer["result"]["_meta"]] {
        assert_eq!(meta["io.modelcontextprotocol/subscriptionId"], id, "{meta}");
    }
    server.ended().await
}
