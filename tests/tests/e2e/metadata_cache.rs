//! Plugins whose metadata an earlier run cached: they are listed at once and loaded at their first call.

use std::fs;

use anyhow::Result;
use lamplighter_tests::{Client, Entry, Era, Server, Setup, guest};
use serde_json::{Value, json};

fn is_cached(entry: &Entry) -> bool {
    *entry.value("recalled") == true
}

async fn restarted(server: Server, plugin: &str) -> Result<(Server, Entry)> {
    let server = server.kill_and_restart().await?;
    let loaded = server.loaded(plugin).await?;
    Ok((server, loaded))
}

/// Returns everything that a client can list.
async fn offered(client: &Client) -> Result<Vec<Value>> {
    let mut offered = Vec::new();
    for list in ["tools", "prompts", "resources", "resources/templates"] {
        offered.push(client.result(&format!("{list}/list"), json!({})).await?);
    }
    Ok(offered)
}

#[tokio::test]
async fn what_is_known_is_listed_as_it_was_before_it_is_loaded_and_loaded_when_it_is_called() -> Result<()> {
    let server = Setup::new().guest("almanac_v1")?.start().await?;
    let loaded = server.loaded("almanac-v1").await?;
    assert!(!is_cached(&loaded), "nothing is known yet");
    let first = offered(&server.connect(Era::Modern).await?).await?;

    let (server, loaded) = restarted(server, "almanac-v1").await?;
    assert!(is_cached(&loaded), "{}", loaded.text);
    assert_eq!(*loaded.value("compile_ms"), Value::Null);
    let client = server.connect(Era::Modern).await?;
    assert_eq!(offered(&client).await?, first);
    assert_eq!(server.mapped("cwasm")?, 0, "nothing of it is in memory");
    let read = client.read("lamplighter://almanac-v1/about").await?;
    assert_eq!(read["text"], "The almanac.");
    assert!(server.mapped("cwasm")? > 0);
    client.call("almanac_look_up", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_known_starts_with_the_host_all_the_same() -> Result<()> {
    let server = Setup::new().guest("everything")?.guest("refuses_start")?.start().await?;
    let refused = server.refused("refuses-start").await?;
    let (server, loaded) = restarted(server, "everything").await?;
    assert!(is_cached(&loaded), "{}", loaded.text);
    server.log.wait("its start", 0, |entry| entry.text.contains("everything starts")).await?;
    assert_eq!(server.refused("refuses-start").await?, refused);
    Ok(())
}

#[tokio::test]
async fn what_is_configured_otherwise_is_asked_anew() -> Result<()> {
    let server = Setup::new().guest("stateful")?.config("").start().await?;
    server.plugins.configure("[plugins.stateful.settings]\nx = 1\n")?;
    let (server, loaded) = restarted(server, "stateful").await?;
    assert!(!is_cached(&loaded), "{}", loaded.text);
    let (_server, loaded) = restarted(server, "stateful").await?;
    assert!(is_cached(&loaded), "{}", loaded.text);
    Ok(())
}

#[tokio::test]
async fn what_is_not_compiled_any_more_is_compiled_before_it_is_listed() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.compiles_anew().start().await?;
    for file in fs::read_dir(server.plugins.state().join("compiled"))? {
        fs::remove_file(file?.path())?;
    }
    let (server, loaded) = restarted(server, "swap-v1").await?;
    assert!(!is_cached(&loaded), "{}", loaded.text);
    server.connect(Era::Modern).await?.call("swap_version", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_comes_while_the_host_runs_is_loaded_before_it_replaces_anything_known_or_not() -> Result<()> {
    let server = Setup::new().plugin("swap", guest("swap_v1")?).start().await?;
    server.put("swap", &guest("swap_v2")?).await?;
    let (server, loaded) = restarted(server, "swap").await?;
    assert!(is_cached(&loaded), "{}", loaded.text);
    let loaded = server.put("swap", &guest("swap_v1")?).await?;
    assert!(!is_cached(&loaded), "{}", loaded.text);
    Ok(())
}

#[tokio::test]
async fn the_command_line_loads_what_it_tells_of() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.start().await?;
    let (server, _) = restarted(server, "swap-v1").await?;
    let said = server.command(&["plugin", "list", "--json"]).await?.succeeded()?;
    let listed: Value = serde_json::from_str(&said.stdout)?;
    assert!(listed[0]["compile_ms"].is_u64(), "{listed}");
    Ok(())
}

#[tokio::test]
async fn machine_code_that_was_touched_costs_the_first_call_its_time_and_nothing_else() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.compiles_anew().start().await?;
    for file in fs::read_dir(server.plugins.state().join("compiled"))? {
        fs::write(file?.path(), "torn")?;
    }
    let (server, loaded) = restarted(server, "swap-v1").await?;
    assert!(is_cached(&loaded), "{}", loaded.text);
    let client = server.connect(Era::Modern).await?;
    client.call("swap_version", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_loaded_any_more_says_why_and_is_called_again_when_it_can() -> Result<()> {
    let server = Setup::new().guest("swap_v1")?.compiles_anew().start().await?;
    let folder = server.plugins.state().join("compiled");
    for file in fs::read_dir(&folder)? {
        fs::write(file?.path(), "torn")?;
    }
    let (server, _) = restarted(server, "swap-v1").await?;
    let client = server.connect(Era::Modern).await?;
    // Nothing can be compiled where there is no folder for it.
    fs::remove_dir_all(&folder)?;
    for _ in 0..6 {
        let text = client.call_failing("swap_version", json!({})).await?;
        assert!(text.contains("cannot compile it"), "{text}");
    }
    fs::create_dir(&folder)?;
    // The circuit breaker never opened: the plugin did not crash.
    client.call("swap_version", json!({})).await?;
    Ok(())
}
