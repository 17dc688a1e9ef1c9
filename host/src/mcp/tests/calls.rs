//! Listing and calling tools, the errors of a call, and its progress notifications.

use anyhow::Result;
use lamplighter_tests::{Client, Era};
use serde_json::json;

use super::TestHost;

#[tokio::test]
async fn tools_are_listed_in_order_with_their_schemas() -> Result<()> {
    for era in Era::both() {
        let (_server, client) =
            TestHost::new()?.guest("trap").await?.guest("echo").await?.guest("swap_v1").await?.connect(era).await?;
        let listed = client.result("tools/list", json!({})).await?;
        let tools = listed["tools"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
        assert_eq!(names, ["echo", "swap_version", "trap_now", "trap_ok"]);
        for tool in &tools {
            assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
            assert!(!tool["description"].as_str().unwrap_or_default().is_empty(), "{tool}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_modern_list_says_how_long_it_holds_and_a_legacy_one_does_not_say_what_it_is() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("echo").await?.connect(Era::Modern).await?;
    let listed = client.result("tools/list", json!({})).await?;
    assert!(listed["ttlMs"].is_u64() && listed["cacheScope"].is_string(), "{listed}");
    assert_eq!(listed["resultType"], "complete");

    let (_server, client) = TestHost::new()?.guest("echo").await?.connect(Era::Legacy).await?;
    let listed = client.result("tools/list", json!({})).await?;
    assert!(listed.get("resultType").is_none(), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_call_is_answered_in_both_eras() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("swap_v1").await?.connect(era).await?;
        let answer = client.call("swap_version", json!({})).await?;
        assert_eq!(answer["structuredContent"], json!({"version": 1}));
        let text = answer["content"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(serde_json::from_str::<serde_json::Value>(text)?, json!({"version": 1}), "clients of old read text");
    }
    Ok(())
}

#[tokio::test]
async fn a_call_without_arguments_is_a_call_with_none() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("swap_v1").await?.connect(Era::Modern).await?;
    let answer = client.result("tools/call", json!({"name": "swap_version"})).await?;
    assert_eq!(answer["structuredContent"], json!({"version": 1}));
    Ok(())
}

#[tokio::test]
async fn bad_arguments_name_the_field_and_the_rule_and_do_not_reach_the_plugin() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let wrong_type = client.call_failing("sleep", json!({"ms": "long"})).await?;
        assert!(wrong_type.contains("ms") && wrong_type.contains("integer"), "{wrong_type}");
        let missing = client.call_failing("sleep", json!({})).await?;
        assert!(missing.contains("ms") && missing.contains("required"), "{missing}");
    }
    Ok(())
}

#[tokio::test]
async fn arguments_that_are_no_object_are_invalid_params() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        let failure = client.failure("tools/call", json!({"name": "echo", "arguments": [1, 2]})).await?;
        assert_eq!(failure.code, -32602, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_invalid_params() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("echo").await?.connect(era).await?;
        let failure = client.failure("tools/call", json!({"name": "no_such_tool", "arguments": {}})).await?;
        assert_eq!(failure.code, -32602, "{failure:?}");
        assert!(failure.message.contains("no_such_tool"), "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_method_is_not_found() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.connect(era).await?;
        let failure = client.failure("lamps/explode", json!({})).await?;
        assert_eq!(failure.code, -32601, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn calls_are_answered_side_by_side() -> Result<()> {
    let (_server, client) =
        TestHost::new()?.guest("sleeper").await?.guest("swap_v1").await?.connect(Era::Modern).await?;
    let (_, mut slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 20_000}})).await?;
    client.call("swap_version", json!({})).await?;
    assert!(slow.try_recv().is_err(), "the slow call cannot have been answered yet");
    Ok(())
}

#[tokio::test]
async fn progress_reaches_who_asked_for_it() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(era).await?;
        let mark = client.mark();
        let params = json!({"name": "sleep", "arguments": {"ms": 300}, "_meta": {"progressToken": "how-far"}});
        client.result("tools/call", params).await?;
        let steps = progress(&client, mark);
        assert!(!steps.is_empty(), "no progress came");
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "progress grows: {steps:?}");
    }
    Ok(())
}

#[tokio::test]
async fn progress_is_not_told_to_who_did_not_ask() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("sleeper").await?.connect(Era::Legacy).await?;
    let mark = client.mark();
    client.call("sleep", json!({"ms": 300})).await?;
    assert!(progress(&client, mark).is_empty());
    Ok(())
}

/// Returns the progress that was reported since `mark`, all of it before the answer.
fn progress(client: &Client, mark: usize) -> Vec<f64> {
    let messages = client.lines().into_iter().skip(mark).flatten();
    let steps = messages.filter(|message| message["method"] == "notifications/progress");
    steps.filter_map(|message| message["params"]["progress"].as_f64()).collect()
}
