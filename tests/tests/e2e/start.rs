//! What a client sees while the plugins are loading that were there at start.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Setup, first_party, guest, stamped, wait_for_response};
use serde_json::json;

const LIST_CHANGED: &str = "notifications/tools/list_changed";
const FIRST_PARTY: [&str; 4] = ["lights", "rooms", "scenes", "health"];

/// Counts the notifications of a changed list of tools.
fn count_told(client: &Client) -> usize {
    client.lines().into_iter().flatten().filter(|message| message["method"] == LIST_CHANGED).count()
}

#[tokio::test]
async fn a_first_list_has_the_first_party_tools_however_long_they_are_compiled() -> Result<()> {
    // The stamp makes bytes of it that the host does not have machine code of.
    let rooms = stamped(&first_party("rooms")?, 1);
    let server = Setup::new().plugin("rooms", rooms).compiles_anew().spawn()?;
    let compiler = server.pause_compiler().await?;
    let client = server.connect(Era::Legacy).await?;
    let (_, mut listed) = client.begin("tools/list", json!({})).await?;
    let (_, mut called) = client.begin("tools/call", json!({"name": "hue_list_rooms"})).await?;
    let late = server.log.wait("the deadline", 0, |entry| entry.message().contains("still loading")).await?;
    assert_eq!(late.field("plugins"), "rooms");
    client.request("ping", json!({})).await?;
    assert!(listed.try_recv().is_err() && called.try_recv().is_err(), "nothing can be answered yet");
    compiler.resume()?;
    let listed = wait_for_response(listed).await?;
    assert!(listed["result"]["tools"].to_string().contains("hue_list_rooms"), "{listed}");
    let called = wait_for_response(called).await?;
    assert_eq!(called["result"]["isError"], true, "it is there, and says that there is no bridge: {called}");
    Ok(())
}

#[tokio::test]
async fn a_first_list_waits_some_seconds_for_another_plugin_and_then_says_what_it_lacks() -> Result<()> {
    for era in Era::both() {
        let server = Setup::new().first_party("rooms")?.compiles_anew().start().await?;
        let slow = guest("swap_v1")?;
        let server = server.kill_and_restart_after(|plugins| plugins.put("slow", &slow)).await?;
        let compiler = server.pause_compiler().await?;
        let client = server.connect(era).await?;
        client.subscribe_to_tools().await?;

        let listed = client.result("tools/list", json!({})).await?;
        assert!(listed["tools"].to_string().contains("hue_list_rooms"), "{listed}");
        assert_eq!(listed["_meta"]["lamplighter/loading"], json!(["slow"]), "{listed}");
        assert_eq!(listed["ttlMs"], 0, "{listed}");
        let said = server.log.wait("the list", 0, |entry| entry.message().starts_with("a list is answered")).await?;
        assert_eq!(said.field("plugins"), "slow");

        let refused = client.failure("tools/call", json!({"name": "hue_list_cats"})).await?;
        assert!(refused.message.contains("slow"), "{refused:?}");
        let (_, called) = client.begin("tools/call", json!({"name": "swap_version"})).await?;
        let mark = client.mark();
        compiler.resume()?;
        assert_eq!(wait_for_response(called).await?["result"]["structuredContent"], json!({"version": 1}));
        client.notification(LIST_CHANGED, mark).await?;
        assert!(client.tools().await?.contains(&"swap_version".to_owned()));
        assert_eq!(count_told(&client), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_warm_start_tells_a_client_nothing_that_its_first_list_has() -> Result<()> {
    let setup = FIRST_PARTY.into_iter().try_fold(Setup::new(), Setup::first_party)?;
    let server = setup.start().await?.kill_and_restart().await?;
    let client = server.connect(Era::Legacy).await?;
    let tools = client.tools().await?.len();
    assert!(tools >= 15, "{tools} tools");
    let mark = client.mark();
    server.put("swap", &guest("swap_v1")?).await?;
    client.notification(LIST_CHANGED, mark).await?;
    assert_eq!(count_told(&client), 1, "the one of the plugin that came");
    Ok(())
}
