//! How a session is opened, in both eras of the protocol.

use anyhow::Result;
use lamplighter_tests::Era;
use serde_json::{Value, json};

use super::TestHost;

/// Makes the parameters of a request in the modern era, which names its version itself.
fn modern_params(version: &str) -> Value {
    json!({"_meta": {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }})
}

#[tokio::test]
async fn initialize_is_answered_with_the_version_that_was_asked_for() -> Result<()> {
    let server = TestHost::new()?.start();
    let answer = server.client.open(Era::Legacy).await?;
    assert_eq!(answer["protocolVersion"], "2025-11-25");
    assert_eq!(answer["serverInfo"]["name"], "lamplighter");
    assert_eq!(answer["capabilities"]["tools"]["listChanged"], true);
    Ok(())
}

#[tokio::test]
async fn initialize_with_a_version_of_the_future_is_answered_with_one_we_speak() -> Result<()> {
    let server = TestHost::new()?.start();
    let who = json!({"name": "test", "version": "0"});
    let params = json!({"protocolVersion": "2099-01-01", "capabilities": {}, "clientInfo": who});
    let answer = server.client.result("initialize", params).await?;
    assert_eq!(answer["protocolVersion"], "2025-11-25");
    Ok(())
}

#[tokio::test]
async fn discover_tells_versions_capabilities_and_how_long_that_holds() -> Result<()> {
    let server = TestHost::new()?.start();
    let answer = server.client.open(Era::Modern).await?;
    let versions = answer["supportedVersions"].as_array().cloned().unwrap_or_default();
    assert!(versions.contains(&json!("2026-07-28")), "{answer}");
    assert!(versions.contains(&json!("2025-11-25")), "{answer}");
    assert_eq!(answer["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(answer["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "lamplighter");
    assert!(answer["ttlMs"].is_u64() && answer["cacheScope"].is_string(), "{answer}");
    Ok(())
}

#[tokio::test]
async fn discover_does_not_decide_the_era() -> Result<()> {
    let server = TestHost::new()?.guest("echo").await?.start();
    let params = modern_params("2026-07-28");
    server.client.result("server/discover", params).await?;
    let client = server.connect(Era::Legacy).await?;
    assert_eq!(client.tools().await?, ["echo"]);
    Ok(())
}

#[tokio::test]
async fn a_modern_request_needs_no_opening() -> Result<()> {
    let server = TestHost::new()?.guest("echo").await?.start();
    let params = modern_params("2026-07-28");
    let answer = server.client.result("tools/list", params).await?;
    assert_eq!(answer["tools"][0]["name"], "echo");
    Ok(())
}

#[tokio::test]
async fn a_version_nobody_speaks_is_refused_with_those_we_do() -> Result<()> {
    let server = TestHost::new()?.start();
    let params = modern_params("2031-01-01");
    let answer = server.client.request("tools/list", params).await?;
    assert_eq!(answer["error"]["code"], -32022, "{answer}");
    assert!(answer["error"]["data"]["supported"].is_array(), "{answer}");
    Ok(())
}
