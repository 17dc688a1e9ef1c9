//! The operator changes the configuration of plugins while a session runs.

use anyhow::Result;
use lamplighter_tests::{Client, Era, Server, Setup, guest};
use serde_json::json;

async fn stateful(config: &str) -> Result<(Server, Client)> {
    Setup::new().guest("stateful")?.config(config).home().await?.connect(Era::Modern).await
}

/// Writes another configuration and waits until the plugin is reloaded with it.
async fn configure(server: &Server, toml: &str) -> Result<()> {
    let mark = server.log.mark();
    server.plugins.configure(toml)?;
    server.log.wait("stateful to be loaded anew", mark, |entry| entry.says("plugin loaded", "stateful")).await?;
    Ok(())
}

#[tokio::test]
async fn a_grant_holds_as_soon_as_it_is_written_and_no_longer_than_it_stands_there() -> Result<()> {
    let (server, client) = stateful("").await?;
    let ask = json!({"resource_type": "light"});
    client.call_failing("ask", ask.clone()).await?;
    configure(&server, "[plugins.stateful]\ngrant = [\"clip\"]\n").await?;
    client.call("ask", ask.clone()).await?;
    configure(&server, "").await?;
    let text = client.call_failing("ask", ask).await?;
    assert!(text.contains("clip"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_configuration_that_is_wrong_changes_nothing_and_says_why() -> Result<()> {
    let (server, client) = stateful("[plugins.stateful]\ngrant = [\"clip\"]\n").await?;
    let mark = server.log.mark();
    server.plugins.configure("[plugins.stateful]\ngrants = [\"clip\"]\n")?;
    let what = "the configuration to be refused";
    let said = server.log.wait(what, mark, |entry| entry.message().starts_with("the changed configuration is wrong"));
    let said = said.await?;
    assert!(said.field("error").contains("plugins.stateful.grants"), "{}", said.text);
    client.call("ask", json!({"resource_type": "light"})).await?;
    configure(&server, "[plugins.stateful]\ngrant = [\"clip\"]\nmemory_mib = 32\n").await
}

#[tokio::test]
async fn a_plugin_that_is_pinned_later_is_held_when_its_surface_was_never_approved() -> Result<()> {
    let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).config("").connect(Era::Modern).await?;
    let mark = server.log.mark();
    server.plugins.configure("[plugins.swap]\npin = \"digest\"\n")?;
    server.log.wait("swap to be held", mark, |entry| entry.message().starts_with("plugin held")).await?;
    client.call("swap_version", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_does_not_load_any_more_does_not_go_on_with_the_rights_it_had() -> Result<()> {
    let (server, client) = stateful("[plugins.stateful]\ngrant = [\"clip\"]\n").await?;
    let mark = server.log.mark();
    // Too little for it to be described.
    server.plugins.configure("[plugins.stateful]\nmemory_mib = 1\n")?;
    server.log.wait("stateful to be refused", mark, |entry| entry.says("plugin refused", "stateful")).await?;
    assert!(client.tools().await?.is_empty());
    configure(&server, "").await?;
    assert!(client.tools().await?.contains(&"ask".to_owned()));
    Ok(())
}
