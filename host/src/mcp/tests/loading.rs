//! Lists and calls while plugins are loading.

use anyhow::Result;
use lamplighter_tests::{Era, wait_for_response};
use serde_json::{Value, json};

use super::{TestHost, round_trip};
use crate::registry::Loading;

#[tokio::test]
async fn a_list_waits_for_plugins_that_it_must_not_lack() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?;
        let echo = host.load("echo", "echo").await?;
        host.writer.set_loading(Loading::default().awaiting("echo".into()));
        let server = host.start_loading();
        let client = server.connect(era).await?;
        let (_, mut listed) = client.begin("tools/list", json!({})).await?;
        round_trip(&client).await?;
        assert!(listed.try_recv().is_err(), "the list cannot have been answered yet");
        server.publish(&echo)?;
        server.writer.end_start();
        let listed = wait_for_response(listed).await?;
        assert_eq!(listed["result"]["tools"][0]["name"], "echo");
        assert_eq!(listed["result"]["_meta"]["lamplighter/loading"], Value::Null);
    }
    Ok(())
}

#[tokio::test]
async fn a_list_that_may_lack_something_names_the_plugins_and_does_not_hold() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?.guest("echo").await?;
        host.let_lists_lack("almanac");
        let server = host.start_loading();
        let client = server.connect(era).await?;
        for list in ["tools", "prompts", "resources", "resources/templates"] {
            let listed = client.result(&format!("{list}/list"), json!({})).await?;
            assert_eq!(listed["_meta"]["lamplighter/loading"], json!(["almanac"]), "{listed}");
            assert_eq!(listed["ttlMs"], 0, "{listed}");
        }
        server.writer.end_start();
        let listed = client.result("tools/list", json!({})).await?;
        assert!(listed["ttlMs"].as_u64() > Some(0), "{listed}");
    }
    Ok(())
}

#[tokio::test]
async fn a_call_waits_for_a_loading_plugin_that_may_have_the_name() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?;
        let swap = host.load("swap", "swap_v1").await?;
        host.let_lists_lack("swap");
        let server = host.start_loading();
        let client = server.connect(era).await?;
        let (_, mut called) = client.begin("tools/call", json!({"name": "swap_version"})).await?;
        round_trip(&client).await?;
        assert!(called.try_recv().is_err(), "the call cannot have been answered yet");
        server.publish(&swap)?;
        server.writer.end_start();
        assert_eq!(wait_for_response(called).await?["result"]["structuredContent"], json!({"version": 1}));
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_no_loading_plugin_can_have_is_refused_at_once_with_what_is_loading() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?;
        host.let_lists_lack("almanac");
        let server = host.start_loading();
        let client = server.connect(era).await?;
        let requests = [
            ("tools/call", json!({"name": "hue_nothing"})),
            ("prompts/get", json!({"name": "hue_nothing"})),
            ("resources/read", json!({"uri": "lamplighter://other/hue_nothing"})),
        ];
        for (method, params) in requests {
            let failure = client.failure(method, params).await?;
            assert!(failure.message.contains("hue_nothing"), "{failure:?}");
            assert!(failure.message.contains("still loading, without it: almanac"), "{failure:?}");
        }
    }
    Ok(())
}
