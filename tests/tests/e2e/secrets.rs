//! The application key appears in no output, and a plugin reaches nothing outside its sandbox.

use anyhow::Result;
use lamplighter_tests::{Era, Home, Setup, example, guest};
use serde_json::json;

/// Starts a server with all first-party plugins, a guest that looks around, and a simulated home.
async fn everything() -> Result<lamplighter_tests::Server> {
    let mut setup = Setup::new().variable("LAMPLIGHTER_LOG", "trace").guest("whoami")?;
    for plugin in ["lights", "rooms", "scenes", "health"] {
        setup = setup.first_party(plugin)?;
    }
    setup.home().await?.start().await
}

#[tokio::test]
async fn the_key_appears_nowhere_however_much_is_logged() -> Result<()> {
    let server = everything().await?;
    let client = server.connect(Era::Modern).await?;
    for tool in
        ["hue_list_lights", "hue_list_rooms", "hue_list_scenes", "hue_check_health", "hue_get_metrics", "whoami"]
    {
        client.call_any(tool, json!({})).await?;
    }
    client.call_any("hue_control_light", json!({"light": "Desk lamp", "action": "on"})).await?;
    server.home()?.bridge.set_fault(Some(hue_bridge_sim::Fault::Status(403)));
    client.call_any("hue_control_light", json!({"light": "Desk lamp", "action": "off"})).await?;
    client.close().await;
    server.exit().await?;

    let stdout = format!("{:?}", client.lines());
    assert!(!stdout.contains(Home::APPLICATION_KEY), "the key is on stdout");
    assert!(!server.log.text().contains(Home::APPLICATION_KEY), "the key is in the log");
    assert!(server.log.text().len() > 1000, "the log was not empty");
    Ok(())
}

#[tokio::test]
async fn a_key_that_the_bridge_refuses_is_not_told_either() -> Result<()> {
    let wrong = "Wr0ngKeyThatNobodyMaySee";
    let setup = Setup::new().first_party("health")?.home().await?.variable("LAMPLIGHTER_BRIDGE_KEY", wrong);
    let (server, client) = setup.connect(Era::Modern).await?;
    let health = client.call_any("hue_check_health", json!({})).await?;
    client.close().await;
    server.exit().await?;
    assert!(!health.to_string().contains(wrong));
    assert!(!server.log.text().contains(wrong));
    Ok(())
}

#[tokio::test]
async fn a_plugin_reaches_no_file_no_socket_no_environment() -> Result<()> {
    reaches_nothing(guest("whoami")?).await
}

#[tokio::test]
async fn nor_does_a_plugin_in_python() -> Result<()> {
    let Some(component) = example("whoami-python")? else { return Ok(()) };
    reaches_nothing(component).await
}

/// The JavaScript engine has no files and no sockets of its own, so the guest asks WASI.
#[tokio::test]
async fn nor_does_a_plugin_in_javascript() -> Result<()> {
    let Some(component) = example("whoami-javascript")? else { return Ok(()) };
    reaches_nothing(component).await
}

/// Checks that a guest sees nothing of a host that has an environment, a key and a home.
async fn reaches_nothing(whoami: Vec<u8>) -> Result<()> {
    let (_server, client) = Setup::new().plugin("whoami", whoami).home().await?.connect(Era::Modern).await?;
    let answer = client.call("whoami", json!({})).await?;
    let seen = &answer["structuredContent"];
    assert_eq!(seen["environment"], json!([]), "{seen}");
    assert_eq!(seen["arguments"], json!([]), "{seen}");
    assert_eq!(seen["stdin_bytes"].as_u64().unwrap_or_default(), 0, "{seen}");
    for reach in ["files", "sockets"] {
        let tried = seen[reach].as_object().cloned().unwrap_or_default();
        assert!(tried.len() > 1 || seen[reach]["any"].is_string(), "{reach}: {seen}");
        for (what, outcome) in tried {
            let outcome = outcome.as_str().unwrap_or_default();
            assert!(outcome.starts_with("refused"), "{what}: {outcome}");
            // Not because the guest itself made a mistake.
            assert!(!outcome.contains("ReferenceError") && !outcome.contains("TypeError"), "{what}: {outcome}");
        }
    }
    Ok(())
}
