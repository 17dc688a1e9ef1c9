//! First-party tools change the lamp that is named, as the simulator confirms.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Server, Setup};
use serde_json::{Value, json};

/// Starts a session with the first-party plugins and a simulated home.
async fn home() -> Result<(Server, Client)> {
    let mut setup = Setup::new();
    for plugin in ["lights", "rooms", "scenes", "health"] {
        setup = setup.first_party(plugin)?;
    }
    setup.home().await?.connect(Era::Modern).await
}

#[tokio::test]
async fn the_first_party_tools_are_there() -> Result<()> {
    let (_server, client) = home().await?;
    let tools = client.tools().await?;
    for tool in [
        "hue_list_lights",
        "hue_get_light",
        "hue_control_light",
        "hue_list_rooms",
        "hue_get_room",
        "hue_control_room",
        "hue_list_scenes",
        "hue_activate_scene",
        "hue_check_health",
        "hue_get_metrics",
    ] {
        assert!(tools.iter().any(|name| name == tool), "{tool} is missing: {tools:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_light_of_the_home_is_listed_by_name() -> Result<()> {
    let (server, client) = home().await?;
    let listed = client.call("hue_list_lights", json!({})).await?.to_string();
    for light in server.home()?.lights() {
        assert!(listed.contains(&light), "{light} is missing: {listed}");
    }
    Ok(())
}

#[tokio::test]
async fn a_light_that_is_told_by_name_changes_on_the_bridge() -> Result<()> {
    let (server, client) = home().await?;
    let was_on = server.home()?.light("Desk lamp")?["on"]["on"].as_bool().unwrap_or_default();
    for on in [!was_on, was_on] {
        let action = if on { "on" } else { "off" };
        let answer = client.call("hue_control_light", json!({"light": "desk LAMP", "action": action})).await?;
        assert_eq!(server.home()?.light("Desk lamp")?["on"]["on"], on, "{answer}");
        assert_eq!(answer["structuredContent"]["status"], "success", "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_dry_run_changes_nothing() -> Result<()> {
    let (server, client) = home().await?;
    let before = server.home()?.light("Desk lamp")?;
    client.call("hue_control_light", json!({"light": "Desk lamp", "action": "toggle", "dry_run": true})).await?;
    assert_eq!(server.home()?.light("Desk lamp")?, before);
    let writes = server.home()?.bridge.requests().into_iter().filter(|request| request.method != "GET").count();
    assert_eq!(writes, 0);
    Ok(())
}

#[tokio::test]
async fn a_near_miss_is_an_error_with_candidates() -> Result<()> {
    let (_server, client) = home().await?;
    let text = client.call_failing("hue_control_light", json!({"light": "Desk lmap", "action": "on"})).await?;
    assert!(text.contains("Desk lamp"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_bridge_is_gone_and_the_answer_says_so() -> Result<()> {
    let (server, client) = home().await?;
    client.call("hue_list_lights", json!({})).await?;
    server.home()?.bridge.set_fault(Some(hue_bridge_sim::Fault::Offline));
    let answer = client.call_any("hue_control_light", json!({"light": "Desk lamp", "action": "toggle"})).await?;
    assert_eq!(answer["isError"], true, "{answer}");
    client.call("hue_list_lights", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn arguments_in_odd_types_are_taken_as_they_are_meant() -> Result<()> {
    let (_server, client) = home().await?;
    // Each has a call as some client writes it (`arguments`), and the same in the types of the tool's schema (`meant`).
    let calls: Vec<Value> = serde_json::from_str(include_str!("../../cases/odd-arguments.json"))?;
    for call in calls {
        let tool = call["tool"].as_str().unwrap_or_default();
        // The first call changes the home; from then on both forms find it as they leave it.
        client.call(tool, call["meant"].clone()).await?;
        let expected = client.call(tool, call["meant"].clone()).await?;
        let answer = client.call(tool, call["arguments"].clone()).await?;
        for part in ["message", "lights_affected", "status"] {
            let (answer, expected) = (&answer["structuredContent"][part], &expected["structuredContent"][part]);
            assert_eq!(answer, expected, "{}: {part}", call["why"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_conversion_is_logged_without_the_value() -> Result<()> {
    let setup = Setup::new().first_party("lights")?.variable("LAMPLIGHTER_LOG", "debug");
    let (server, client) = setup.home().await?.connect(Era::Modern).await?;
    let arguments = json!({"light": "Desk lamp", "action": "on", "brightness_pct": "37", "dry_run": true});
    client.call("hue_control_light", arguments).await?;
    let logged = server.log.wait("the conversion", 0, |entry| entry.text.contains("argument was converted")).await?;
    assert_eq!(*logged.value("field"), "/brightness_pct");
    assert_eq!((logged.value("from"), logged.value("to")), (&json!("text"), &json!("number")));
    // The time and the call's id may have the same digits.
    let mut entry: serde_json::Map<String, Value> = serde_json::from_str(&logged.text)?;
    entry.retain(|name, _| !["timestamp", "span", "spans"].contains(&name.as_str()));
    assert!(!json!(entry).to_string().contains("37"), "{}", logged.text);
    Ok(())
}
