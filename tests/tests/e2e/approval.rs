//! Pinned plugins: bytes that the operator has not approved are not served.

use anyhow::{Context as _, Result};
use lamplighter_tests::{Entry, Era, Server, Setup, guest, stamped};
use serde_json::json;

async fn held(server: &Server, plugin: &str, mark: usize) -> Result<Entry> {
    let what = format!("{plugin} to be held");
    let says_so = |entry: &Entry| entry.message().starts_with("plugin held") && entry.field("plugin") == plugin;
    server.log.wait(&what, mark, says_so).await
}

async fn version(client: &lamplighter_tests::Client) -> Result<i64> {
    let answer = client.call("swap_version", json!({})).await?;
    answer["structuredContent"]["version"].as_i64().context("a version")
}

#[tokio::test]
async fn bytes_with_another_surface_wait_for_approval_also_after_a_restart() -> Result<()> {
    let server = Setup::new().plugin("swap", guest("swap_v1")?).start().await?;
    server.command(&["plugin", "approve", "swap", "--yes"]).await?.succeeded()?;
    let client = server.connect(Era::Modern).await?;

    // The same surface in other bytes is within the approval.
    server.put("swap", &stamped(&guest("swap_v1")?, 1)).await?;
    assert_eq!(version(&client).await?, 1);

    let mark = server.log.mark();
    server.plugins.put("swap", &guest("swap_v2")?)?;
    let new = held(&server, "swap", mark).await?;
    assert!(new.field("new").contains("swap_extra"), "{}", new.text);
    assert_eq!(version(&client).await?, 1);
    assert_eq!(client.tools().await?, ["swap_version"]);

    let server = server.kill_and_restart().await?;
    held(&server, "swap", 0).await?;
    server.loaded("swap").await?;
    let client = server.connect(Era::Modern).await?;
    assert_eq!(version(&client).await?, 1, "the approved bytes are served");

    let mark = server.log.mark();
    server.command(&["plugin", "approve", "swap", "--yes"]).await?.succeeded()?;
    server.log.wait("swap to be loaded", mark, |entry| entry.says("plugin loaded", "swap")).await?;
    assert_eq!(version(&client).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_pin_on_the_digest_holds_any_other_bytes() -> Result<()> {
    let server = Setup::new().plugin("swap", guest("swap_v1")?).start().await?;
    server.command(&["plugin", "approve", "swap", "--yes", "--pin", "digest"]).await?.succeeded()?;
    let mark = server.log.mark();
    server.plugins.put("swap", &stamped(&guest("swap_v1")?, 1))?;
    held(&server, "swap", mark).await?;
    let client = server.connect(Era::Modern).await?;
    assert_eq!(version(&client).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_is_pinned_and_was_never_approved_is_not_served() -> Result<()> {
    let config = "[plugins.swap]\npin = \"surface\"\n";
    let setup = Setup::new().first_party("health")?.config(config);
    let server = setup.start().await?;
    let mark = server.log.mark();
    server.plugins.put("swap", &guest("swap_v1")?)?;
    held(&server, "swap", mark).await?;
    let client = server.connect(Era::Modern).await?;
    assert!(!client.tools().await?.contains(&"swap_version".to_owned()));
    let health = client.call("hue_check_health", json!({})).await?;
    assert!(health.to_string().contains("lamplighter plugin approve swap"), "{health}");
    Ok(())
}
