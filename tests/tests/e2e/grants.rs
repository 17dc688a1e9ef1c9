//! Grants: what a plugin may reach by default, what the operator adds or takes away, and how a refusal reads.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Server, Setup};
use serde_json::{Value, json};

async fn stateful(config: &str) -> Result<(Server, Client)> {
    Setup::new().guest("stateful")?.config(config).home().await?.connect(Era::Modern).await
}

fn light(server: &Server, name: &str) -> Result<Value> {
    let light = server.home()?.bridge.light(name);
    Ok(light.unwrap_or_default())
}

#[tokio::test]
async fn clip_is_granted_to_nobody_and_the_refusal_shows_the_lines_to_add() -> Result<()> {
    let (_server, client) = stateful("").await?;
    let text = client.call_failing("ask", json!({"resource_type": "light"})).await?;
    assert!(text.contains("[plugins.stateful]\ngrant = [\"clip\"]"), "{text}");
    client.call("keep", json!({"key": "k", "value": 1})).await?;
    Ok(())
}

#[tokio::test]
async fn clip_reads_and_changes_what_it_is_granted_for() -> Result<()> {
    let config = "[plugins.stateful]\ngrant = [\"clip\"]\n[plugins.stateful.clip]\ntypes = [\"light\"]\n";
    let (server, client) = stateful(config).await?;
    let lights = client.call("ask", json!({"resource_type": "light"})).await?;
    assert_eq!(lights["structuredContent"]["data"].as_array().map(Vec::len), Some(17));
    let id = light(&server, "Desk lamp")?["id"].clone();
    let on = json!({"on": {"on": true}, "dimming": {"brightness": 30.0}});
    client.call("ask", json!({"resource_type": "light", "id": id, "body": on})).await?;
    assert_eq!(light(&server, "Desk lamp")?["dimming"]["brightness"], 30.04);
    let text = client.call_failing("ask", json!({"resource_type": "scene"})).await?;
    assert!(text.contains("scene"), "{text}");
    let text = client.call_failing("ask", json!({"resource_type": ""})).await?;
    assert!(text.contains("types"), "{text}");
    Ok(())
}

#[tokio::test]
async fn clip_that_may_read_may_not_write() -> Result<()> {
    let config = "[plugins.stateful]\ngrant = [\"clip\"]\n[plugins.stateful.clip]\nmethods = [\"get\"]\n";
    let (server, client) = stateful(config).await?;
    let before = light(&server, "Desk lamp")?;
    let body = json!({"on": {"on": true}});
    let text = client.call_failing("ask", json!({"resource_type": "light", "id": before["id"], "body": body})).await?;
    assert!(text.contains("may not use `clip` to put anything"), "{text}");
    assert_eq!(light(&server, "Desk lamp")?, before);
    Ok(())
}

#[tokio::test]
async fn control_that_is_limited_to_rooms_ends_at_their_doors() -> Result<()> {
    let config = "[plugins.lights.control]\nrooms = [\"Office\"]\n";
    let setup = Setup::new().first_party("lights")?.config(config).home().await?;
    let (server, client) = setup.connect(Era::Modern).await?;
    client.call("hue_control_light", json!({"light": "Desk lamp", "action": "on"})).await?;
    let others = server.home()?.bridge.resources("light");
    let text = client.call_failing("hue_control_light", json!({"light": "Sofa lamp", "action": "toggle"})).await?;
    assert!(text.contains("may change Office only"), "{text}");
    assert_eq!(server.home()?.bridge.resources("light"), others);
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_sends_too_many_commands_is_told_when_to_go_on() -> Result<()> {
    let config = "[plugins.lights]\ncommands_per_minute = 2\n";
    let (_server, client) =
        Setup::new().first_party("lights")?.config(config).home().await?.connect(Era::Modern).await?;
    for action in ["on", "off"] {
        client.call("hue_control_light", json!({"light": "Desk lamp", "action": action})).await?;
    }
    let text = client.call_failing("hue_control_light", json!({"light": "Desk lamp", "action": "on"})).await?;
    assert!(text.contains("2 commands a minute"), "{text}");
    Ok(())
}
