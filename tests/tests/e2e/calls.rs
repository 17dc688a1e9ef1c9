//! Listing and calling tools, and the errors of a call.

use anyhow::Result;
use lamplighter_tests::raw::address;
use lamplighter_tests::{Era, RawPlugin, Setup};
use serde_json::json;

#[tokio::test]
async fn tools_are_listed_in_order_with_their_schemas() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = Setup::new().guest("trap")?.guest("echo")?.guest("swap_v1")?.connect(era).await?;
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
    let modern = Setup::new().guest("echo")?.start().await?;
    let listed = modern.connect(Era::Modern).await?.result("tools/list", json!({})).await?;
    assert!(listed["ttlMs"].is_u64() && listed["cacheScope"].is_string(), "{listed}");
    assert_eq!(listed["resultType"], "complete");

    let legacy = Setup::new().guest("echo")?.start().await?;
    let listed = legacy.connect(Era::Legacy).await?.result("tools/list", json!({})).await?;
    assert!(listed.get("resultType").is_none(), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_call_is_answered_in_both_eras() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = Setup::new().guest("swap_v1")?.connect(era).await?;
        let answer = client.call("swap_version", json!({})).await?;
        assert_eq!(answer["structuredContent"], json!({"version": 1}));
        let text = answer["content"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(serde_json::from_str::<serde_json::Value>(text)?, json!({"version": 1}), "clients of old read text");
    }
    Ok(())
}

#[tokio::test]
async fn a_call_without_arguments_is_a_call_with_none() -> Result<()> {
    let (_server, client) = Setup::new().guest("swap_v1")?.connect(Era::Modern).await?;
    let answer = client.result("tools/call", json!({"name": "swap_version"})).await?;
    assert_eq!(answer["structuredContent"], json!({"version": 1}));
    Ok(())
}

#[tokio::test]
async fn bad_arguments_name_the_field_and_the_rule_and_do_not_reach_the_plugin() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = Setup::new().guest("sleeper")?.connect(era).await?;
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
        let (_server, client) = Setup::new().guest("echo")?.connect(era).await?;
        let failure = client.failure("tools/call", json!({"name": "echo", "arguments": [1, 2]})).await?;
        assert_eq!(failure.code, -32602, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_invalid_params() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = Setup::new().guest("echo")?.connect(era).await?;
        let failure = client.failure("tools/call", json!({"name": "no_such_tool", "arguments": {}})).await?;
        assert_eq!(failure.code, -32602, "{failure:?}");
        assert!(failure.message.contains("no_such_tool"), "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_method_is_not_found() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = Setup::new().connect(era).await?;
        let failure = client.failure("lamps/explode", json!({})).await?;
        assert_eq!(failure.code, -32601, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn calls_are_answered_side_by_side() -> Result<()> {
    let (_server, client) = Setup::new().guest("sleeper")?.guest("swap_v1")?.connect(Era::Modern).await?;
    let (_, mut slow) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 20_000}})).await?;
    client.call("swap_version", json!({})).await?;
    assert!(slow.try_recv().is_err(), "the slow call cannot have been answered yet");
    Ok(())
}

// === An instance for each call, made before it ===

/// Builds a component that traps if its instance was called before.
fn called_once() -> Result<Vec<u8>> {
    let (free, result) = (address::FREE_SPACE, address::CALL_RESULT);
    let body = format!(
        "(if (i32.load (i32.const {free})) (then unreachable))
         (i32.store (i32.const {free}) (i32.const 1))
         (i32.const {result})"
    );
    RawPlugin::new("once").calling(&body).build()
}

#[tokio::test]
async fn no_call_finds_an_instance_that_was_called_before() -> Result<()> {
    let (_server, client) = Setup::new().plugin("once", called_once()?).connect(Era::Modern).await?;
    for _ in 0..50 {
        client.call("once", json!({})).await?;
    }
    let many = (0..20).map(|_| client.call("once", json!({})));
    futures::future::try_join_all(many).await?;
    Ok(())
}

#[tokio::test]
async fn after_a_call_an_instance_stands_by_for_the_next() -> Result<()> {
    let setup = Setup::new().plugin("once", called_once()?).variable("LAMPLIGHTER_LOG", "debug");
    let (server, client) = setup.connect(Era::Modern).await?;
    for _ in 0..2 {
        let mark = server.log.mark();
        client.call("once", json!({})).await?;
        let stands_by = server.log.wait("an instance", mark, |it| it.says("instances stand by", "once")).await?;
        assert_eq!(stands_by.value("standing"), 1);
    }
    Ok(())
}
