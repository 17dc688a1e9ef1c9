//! Listing and calling tools, the errors of a call, and its progress notifications.

use anyhow::{Context as _, Result};
use lamplighter_tests::{Client, Era};
use serde_json::{Value, json};

use super::TestHost;
use crate::{capability::StatusSource as _, config::Publication, registry::StatusReporter};

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
async fn a_result_that_is_no_object_is_wrapped_for_clients_of_the_handshake() -> Result<()> {
    let (_server, client) = TestHost::new()?.guest("odd_schemas").await?.connect(Era::Legacy).await?;
    for (tool, bare) in [("odd_list", json!(["Desk", "Shelf"])), ("odd_count", json!(2))] {
        let schema = &listed(&client, tool).await?["outputSchema"];
        assert_eq!((&schema["type"], &schema["required"]), (&json!("object"), &json!(["result"])), "{schema}");
        assert!(schema["properties"]["result"]["type"].is_string(), "{schema}");
        assert_eq!(client.call(tool, json!({})).await?["structuredContent"], json!({"result": bare}));
    }
    let (_server, client) = TestHost::new()?.guest("odd_schemas").await?.connect(Era::Modern).await?;
    assert_eq!(listed(&client, "odd_list").await?["outputSchema"]["type"], "array");
    assert_eq!(client.call("odd_count", json!({})).await?["structuredContent"], 2);
    Ok(())
}

#[tokio::test]
async fn portable_schemas_rewrite_a_tool_or_leave_it_out_and_touch_no_other() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?.guest("odd_schemas").await?.guest("echo").await?;
        let (_server, client) = host.connect(era).await?;
        let (declared, echo) = (listed(&client, "odd_alternatives").await?, listed(&client, "echo").await?);
        assert!(declared["inputSchema"]["oneOf"].is_array(), "what is declared is served: {declared}");
        assert!(client.tools().await?.contains(&"odd_name".to_owned()));

        let host = TestHost::new()?.guest("odd_schemas").await?.guest("echo").await?;
        let (_server, client) = host.portable().connect(era).await?;
        assert_eq!(client.tools().await?, ["echo", "odd_alternatives", "odd_count", "odd_list"]);
        let portable = json!({
            "type": "object",
            "properties": {"light": {"type": "string"}, "room": {"type": "string"}},
        });
        assert_eq!(listed(&client, "odd_alternatives").await?["inputSchema"], portable);
        assert_eq!(listed(&client, "echo").await?, echo);
        let given = json!({"room": null});
        let answer = client.call("odd_alternatives", given.clone()).await?;
        assert_eq!(answer["structuredContent"]["given"], given, "calls are checked against what is declared");
    }
    Ok(())
}

#[tokio::test]
async fn health_tells_of_tools_that_model_interfaces_refuse() -> Result<()> {
    let host = TestHost::new()?.guest("odd_schemas").await?;
    let problems = |publication| {
        let (metrics, registry) = (host.metrics.clone(), host.reader.clone());
        StatusReporter { bridge: None, metrics, registry, publication }.health().problems.join("\n")
    };
    let declared = problems(Publication::Declared);
    assert!(declared.contains("odd_alternatives of the plugin odd-schemas is not portable"), "{declared}");
    assert!(declared.contains("Claude") && declared.contains("--portable-schemas"), "{declared}");
    let portable = problems(Publication::Portable);
    assert!(!portable.contains("odd_alternatives"), "it was rewritten: {portable}");
    assert!(portable.contains("odd_name of the plugin odd-schemas is left out"), "{portable}");
    Ok(())
}

/// Returns a tool as it is listed.
async fn listed(client: &Client, name: &str) -> Result<Value> {
    let list = client.result("tools/list", json!({})).await?;
    let tools = list["tools"].as_array().cloned().unwrap_or_default();
    tools.into_iter().find(|tool| tool["name"] == name).with_context(|| format!("{name} is not listed"))
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
        let failure = client.failure(&"x".repeat(5_000), json!({})).await?;
        assert!(failure.message.len() < 200, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_method_that_this_session_does_not_have_is_refused_with_a_sentence() -> Result<()> {
    let (_server, client) = TestHost::new()?.connect(Era::Legacy).await?;
    for method in ["logging/setLevel", "resources/subscribe"] {
        let failure = client.failure(method, json!({"level": "info", "uri": "a:b"})).await?;
        assert_eq!(failure.message, format!("this session has no method {method:?}"));
    }
    Ok(())
}

#[tokio::test]
async fn malformed_parameters_are_told_what_is_wrong() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = TestHost::new()?.connect(era).await?;
        for (params, problem) in [
            (json!({"name": 5}), "expected a string"),
            (json!({"arguments": {}}), "missing field `name`"),
            (json!({"name": "x", "arguments": "{}"}), "expected a map"),
        ] {
            let failure = client.failure("tools/call", params).await?;
            assert!(failure.message.starts_with("the parameters of tools/call are wrong: "), "{failure:?}");
            assert!(failure.message.contains(problem), "{failure:?}");
        }
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
