//! Files that are refused: what is served goes on, and the log tells the reason.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Server, Setup, guest, stamped};
use serde_json::json;

/// An empty component: the preamble alone.
const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
/// An empty core module: the preamble alone.
const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Starts a session in which the first version of `swap` is served.
async fn session() -> Result<(Server, Client)> {
    Setup::new().plugin("swap", guest("swap_v1")?).connect(Era::Modern).await
}

async fn swap_serves(client: &Client) -> Result<()> {
    assert_eq!(client.tools().await?, ["swap_version"]);
    assert_eq!(client.call("swap_version", json!({})).await?["structuredContent"]["version"], 1);
    Ok(())
}

/// Checks that bytes are refused, as a replacement of `swap` and as a new plugin, and that nothing changes.
async fn changes_nothing(bytes: &[u8], reason: &[&str]) -> Result<()> {
    let (server, client) = session().await?;
    for plugin in ["swap", "newcomer"] {
        let told = server.put(plugin, bytes).await?;
        assert_eq!(told.message(), "plugin refused", "{}", told.text);
        let said = told.field("reason").to_lowercase();
        assert!(reason.iter().any(|word| said.contains(word)), "{said:?} says none of {reason:?}");
        swap_serves(&client).await?;
    }
    // What was refused is taken when it becomes good.
    let good = server.put("swap", &stamped(&guest("swap_v2")?, 1)).await?;
    assert_eq!(good.message(), "plugin loaded", "{}", good.text);
    Ok(())
}

#[tokio::test]
async fn a_truncated_component_changes_nothing() -> Result<()> {
    let whole = guest("swap_v2")?;
    changes_nothing(&whole[..whole.len() - 100], &["component", "unexpected", "truncated"]).await
}

#[tokio::test]
async fn a_text_file_changes_nothing() -> Result<()> {
    changes_nothing(b"this is no component", &["component", "webassembly"]).await
}

#[tokio::test]
async fn an_empty_file_changes_nothing() -> Result<()> {
    changes_nothing(b"", &["component", "empty"]).await
}

#[tokio::test]
async fn a_core_module_changes_nothing_and_is_told_from_a_component() -> Result<()> {
    changes_nothing(EMPTY_MODULE, &["module", "component"]).await
}

#[tokio::test]
async fn a_component_of_another_world_changes_nothing() -> Result<()> {
    changes_nothing(EMPTY_COMPONENT, &["tools"]).await
}

#[tokio::test]
async fn a_plugin_with_a_bad_schema_changes_nothing() -> Result<()> {
    changes_nothing(&guest("bad_schema")?, &["schema"]).await
}

#[tokio::test]
async fn a_plugin_with_a_huge_schema_changes_nothing() -> Result<()> {
    changes_nothing(&guest("huge_schema")?, &["schema"]).await
}

#[tokio::test]
async fn a_plugin_that_refuses_to_start_changes_nothing() -> Result<()> {
    changes_nothing(&guest("refuses_start")?, &["start"]).await
}

#[tokio::test]
async fn tools_of_the_first_party_are_not_for_strangers() -> Result<()> {
    changes_nothing(&guest("reserved_name")?, &["hue_"]).await
}

#[tokio::test]
async fn a_collision_refuses_the_newcomer_until_the_name_is_free() -> Result<()> {
    let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).connect(Era::Modern).await?;
    server.put("taken-name", &guest("taken_name")?).await?;
    let reason = server.refused("taken-name").await?;
    assert!(reason.contains("swap_version") && reason.contains("swap"), "{reason}");
    swap_serves(&client).await?;

    // Nobody touches the refused file: it is tried again because something else changed.
    server.remove("swap").await?;
    server.loaded("taken-name").await?;
    assert!(client.tools().await?.contains(&"swap_version".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_file_whose_name_is_no_plugin_name_is_refused() -> Result<()> {
    let (server, client) = session().await?;
    server.plugins.put("Not A Name", &guest("echo")?)?;
    let named = |entry: &lamplighter_tests::Entry| {
        entry.message() == "plugin refused" && entry.field("plugin").contains("Not A Name")
    };
    let told = server.log.wait("the odd name to be refused", 0, named).await?;
    assert!(told.field("reason").contains("name"), "{}", told.text);
    swap_serves(&client).await
}

#[tokio::test]
async fn a_link_that_leaves_the_folder_is_refused() -> Result<()> {
    let (server, client) = session().await?;
    let elsewhere = tempfile::TempDir::new()?;
    let target = elsewhere.path().join("echo.wasm");
    std::fs::write(&target, guest("echo")?)?;
    std::os::unix::fs::symlink(&target, server.plugins.file("linked"))?;
    assert!(server.refused("linked").await?.contains("link"));
    swap_serves(&client).await
}

#[tokio::test]
async fn what_is_refused_is_seen_by_who_asks_for_the_health() -> Result<()> {
    let setup = Setup::new().first_party("health")?.plugin("broken", b"no component".to_vec());
    let (_server, client) = setup.home().await?.connect(Era::Modern).await?;
    let health = client.call_any("hue_check_health", json!({})).await?;
    let text = health.to_string();
    assert!(text.contains("broken") && text.contains("refused"), "{text}");
    Ok(())
}
