//! When clients are told that a list has changed.

use anyhow::Result;
use lamplighter_tests::{Client, Era};
use serde_json::json;

use super::{TestHost, round_trip};
use crate::registry::Loading;

const LIST_CHANGED: &str = "notifications/tools/list_changed";

/// Counts the notifications of a changed list of tools.
fn count_told(client: &Client) -> usize {
    client.lines().into_iter().flatten().filter(|message| message["method"] == LIST_CHANGED).count()
}

#[tokio::test]
async fn a_client_is_told_nothing_of_what_its_first_list_has() -> Result<()> {
    let host = TestHost::new()?;
    let (echo, swap) = (host.load("echo", "echo").await?, host.load("swap", "swap_v1").await?);
    host.writer.set_loading(Loading::default().awaiting("swap".into()));
    let server = host.start_loading();
    let client = server.connect(Era::Legacy).await?;
    server.publish(&echo)?;
    round_trip(&client).await?;
    server.publish(&swap)?;
    server.writer.end_start();
    assert_eq!(client.tools().await?, ["echo", "swap_version"]);
    round_trip(&client).await?;
    assert_eq!(count_told(&client), 0);
    Ok(())
}

#[tokio::test]
async fn what_the_start_brings_after_the_first_list_is_told_once() -> Result<()> {
    for era in Era::both() {
        let host = TestHost::new()?.guest("sleeper").await?;
        let (echo, swap) = (host.load("echo", "echo").await?, host.load("swap", "swap_v1").await?);
        host.let_lists_lack("swap");
        let server = host.start_loading();
        let client = server.connect(era).await?;
        client.subscribe_to_tools().await?;
        assert_eq!(client.tools().await?, ["sleep"]);
        let mark = client.mark();
        for plugin in [echo, swap] {
            server.publish(&plugin)?;
            round_trip(&client).await?;
        }
        server.writer.end_start();
        client.notification(LIST_CHANGED, mark).await?;
        round_trip(&client).await?;
        assert_eq!(count_told(&client), 1);
        assert_eq!(client.tools().await?, ["echo", "sleep", "swap_version"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_change_during_the_handshake_is_told_after_it() -> Result<()> {
    let host = TestHost::new()?;
    let (echo, swap) = (host.load("echo", "echo").await?, host.load("swap", "swap_v1").await?);
    let server = host.start();
    let client = &server.client;
    let who = json!({"name": "test", "version": "0"});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who});
    client.result("initialize", params).await?;
    for plugin in [echo, swap] {
        server.publish(&plugin)?;
        round_trip(client).await?;
    }
    assert_eq!(count_told(client), 0, "the handshake is not over");
    let mark = client.mark();
    client.notify("notifications/initialized", json!({})).await?;
    client.notification(LIST_CHANGED, mark).await?;
    round_trip(client).await?;
    assert_eq!(count_told(client), 1);
    Ok(())
}
