//! Plugins that are added, replaced and removed while a session runs.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Setup, guest, stamped, wait_for_response};
use serde_json::{Value, json};

async fn version(client: &Client) -> Result<Value> {
    Ok(client.call("swap_version", json!({})).await?["structuredContent"]["version"].clone())
}

#[tokio::test]
async fn a_file_that_comes_brings_its_tools_and_the_client_is_told() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().guest("echo")?.connect(era).await?;
        client.subscribe_to_tools().await?;
        assert_eq!(client.tools().await?, ["echo"]);

        let mark = client.mark();
        server.plugins.put("swap", &guest("swap_v1")?)?;
        client.notification("notifications/tools/list_changed", mark).await?;
        assert_eq!(client.tools().await?, ["echo", "swap_version"]);
        assert_eq!(version(&client).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_tags_what_it_is_told_with_its_id() -> Result<()> {
    let (server, client) = Setup::new().connect(Era::Modern).await?;
    client.tools().await?;
    let mark = client.mark();
    let (id, _) = client.begin("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await?;
    client.notification("notifications/subscriptions/acknowledged", mark).await?;
    server.plugins.put("swap", &guest("swap_v1")?)?;
    let told = client.notification("notifications/tools/list_changed", mark).await?;
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], id);
    Ok(())
}

#[tokio::test]
async fn a_modern_client_that_did_not_ask_is_not_told() -> Result<()> {
    let (server, client) = Setup::new().connect(Era::Modern).await?;
    client.tools().await?;
    server.put("swap", &guest("swap_v1")?).await?;
    assert_eq!(client.tools().await?, ["swap_version"]);
    let told = client.lines().into_iter().flatten().any(|message| message["method"].is_string());
    assert!(!told, "nothing may come that was not subscribed to");
    Ok(())
}

#[tokio::test]
async fn a_replacement_serves_the_next_call_and_brings_its_new_tools() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).connect(era).await?;
        client.subscribe_to_tools().await?;
        assert_eq!(version(&client).await?, 1);

        let mark = client.mark();
        server.put("swap", &guest("swap_v2")?).await?;
        assert_eq!(version(&client).await?, 2);
        client.notification("notifications/tools/list_changed", mark).await?;
        assert_eq!(client.tools().await?, ["swap_extra", "swap_version"]);
        client.call("swap_extra", json!({})).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_goes_takes_its_tools_with_it() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).guest("echo")?.connect(era).await?;
        client.subscribe_to_tools().await?;
        let mark = client.mark();
        server.remove("swap").await?;
        client.notification("notifications/tools/list_changed", mark).await?;
        assert_eq!(client.tools().await?, ["echo"]);
        let failure = client.failure("tools/call", json!({"name": "swap_version", "arguments": {}})).await?;
        assert_eq!(failure.code, -32602, "{failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn deleting_and_creating_at_once_is_a_replacement() -> Result<()> {
    let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).connect(Era::Legacy).await?;
    for round in 0..5_u64 {
        let bytes = stamped(&guest(if round % 2 == 0 { "swap_v2" } else { "swap_v1" })?, round);
        server.plugins.remove("swap")?;
        // Whatever is asked between the two must be answered.
        version(&client).await?;
        server.put("swap", &bytes).await?;
        assert_eq!(version(&client).await?, 2 - round % 2);
    }
    let removed = server.log.all(|entry| entry.message() == "plugin removed");
    assert!(removed.is_empty(), "{removed:?}");
    Ok(())
}

#[tokio::test]
async fn a_call_in_flight_ends_on_the_version_it_began_on() -> Result<()> {
    let sleeper = guest("sleeper")?;
    let (server, client) = Setup::new().plugin("sleeper", sleeper.clone()).connect(Era::Modern).await?;
    let (_, replaced) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 2_500}})).await?;
    client.tools().await?;
    server.put("sleeper", &stamped(&sleeper, 1)).await?;
    let (_, removed) = client.begin("tools/call", json!({"name": "sleep", "arguments": {"ms": 1_500}})).await?;
    client.tools().await?;
    server.remove("sleeper").await?;
    for call in [replaced, removed] {
        let answer = wait_for_response(call).await?;
        assert!(answer["result"].is_object() && answer["result"]["isError"] != true, "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_written_in_pieces_is_taken_when_it_is_whole() -> Result<()> {
    let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).connect(Era::Modern).await?;
    let whole = guest("swap_v2")?;
    server.plugins.write("swap", &whole[..whole.len() / 2])?;
    let half = server.refused("swap").await?;
    assert!(!half.is_empty());
    assert_eq!(version(&client).await?, 1, "half a file changes nothing");

    server.plugins.write("swap", &whole)?;
    let digest = lamplighter_tests::digest(&whole);
    let good =
        |entry: &lamplighter_tests::Entry| entry.says("plugin loaded", "swap") && entry.field("digest") == digest;
    server.log.wait("the whole file to be loaded", 0, good).await?;
    assert_eq!(version(&client).await?, 2);
    Ok(())
}

#[tokio::test]
async fn the_generation_grows_with_every_change_of_the_list() -> Result<()> {
    let server = Setup::new().guest("echo")?.start().await?;
    let first = server.loaded("echo").await?.value("generation").as_u64();
    let second = server.put("swap", &guest("swap_v1")?).await?.value("generation").as_u64();
    let third = server.remove("swap").await?.value("generation").as_u64();
    assert!(first.is_some() && first < second && second < third, "{first:?} {second:?} {third:?}");
    Ok(())
}
