//! Prompts and resources of plugins: listed, filled in and read.

use anyhow::{Context as _, Result};
use lamplighter_tests::{Client, Era};
use serde_json::json;

use super::{Session, TestHost};

async fn almanac(era: Era) -> Result<(Session, Client)> {
    TestHost::at_home().await?.plugin("almanac", "almanac_v1").await?.connect(era).await
}

#[tokio::test]
async fn what_a_plugin_offers_is_listed_in_either_era() -> Result<()> {
    for era in Era::both() {
        let (_server, client) = almanac(era).await?;
        let result = client.result("prompts/list", json!({})).await?;
        let arguments = json!([
            {"name": "plans", "description": "What you are up to.", "required": false},
            {"name": "room", "description": "Name of the room.", "required": true},
        ]);
        let prompt = &result["prompts"][0];
        assert_eq!((&prompt["name"], &prompt["title"]), (&json!("evening"), &json!("An evening")));
        assert_eq!(prompt["arguments"], arguments);

        let result = client.result("resources/list", json!({})).await?;
        let about = json!({
            "uri": "lamplighter://almanac/about",
            "name": "About",
            "mimeType": "text/plain",
            "annotations": {"priority": 0.5},
        });
        assert_eq!(result["resources"][0], about);
        assert_eq!(client.resources().await?.len(), 3, "templates are in a list of their own");

        let result = client.result("resources/templates/list", json!({})).await?;
        assert_eq!(result["resourceTemplates"][0]["uriTemplate"], "lamplighter://almanac/rooms/{room}");
        assert_eq!(result["resourceTemplates"].as_array().map(Vec::len), Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_prompt_is_filled_in_with_what_the_person_gave() -> Result<()> {
    let (_server, client) = almanac(Era::Modern).await?;
    let arguments = json!({"name": "evening", "arguments": {"room": "office", "plans": ""}});
    let filled = client.result("prompts/get", arguments).await?;
    let messages = json!([
        {"role": "user", "content": {"type": "text", "text": "I want to relax in Office."}},
        {"role": "assistant", "content": {"type": "text", "text": "I shall look at its scenes."}},
        {"role": "user", "content": {"type": "resource", "resource": {
            "uri": "lamplighter://almanac/about", "mimeType": "text/plain", "text": "The almanac.",
        }}},
    ]);
    assert_eq!((&filled["messages"], &filled["description"]), (&messages, &json!("An evening")));
    Ok(())
}

#[tokio::test]
async fn a_prompt_that_is_asked_for_badly_says_what_is_wrong() -> Result<()> {
    let (_server, client) = almanac(Era::Modern).await?;
    for (params, reason) in [
        (json!({"name": "morning"}), r#"there is no prompt named "morning""#),
        (json!({"name": "evening"}), "room: is required"),
        (json!({"name": "evening", "arguments": {"room": "Office", "rom": "x"}}), "has no such argument"),
        (json!({"name": "evening", "arguments": {"room": 3}}), "room: must be text"),
        (json!({"name": "evening", "arguments": {"room": "Moon"}}), "Moon"),
    ] {
        let failure = client.failure("prompts/get", params.clone()).await?;
        assert_eq!(failure.code, -32602, "{params}: {}", failure.message);
        assert!(failure.message.contains(reason), "{params}: {}", failure.message);
    }
    Ok(())
}

#[tokio::test]
async fn a_resource_is_read_as_text_as_bytes_or_with_variables() -> Result<()> {
    let (_server, client) = almanac(Era::Modern).await?;
    let about = json!({"uri": "lamplighter://almanac/about", "mimeType": "text/plain", "text": "The almanac."});
    assert_eq!(client.read("lamplighter://almanac/about").await?, about);
    assert_eq!(client.read("lamplighter://almanac/moon.bin").await?["blob"], "AP8=");
    let room = client.read("lamplighter://almanac/rooms/living%20room").await?;
    assert_eq!(room["uri"], "lamplighter://almanac/rooms/living%20room");
    assert!(room["text"].as_str().is_some_and(|text| !text.trim().is_empty()), "{room}");
    Ok(())
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_told_in_the_way_of_the_era() -> Result<()> {
    for (era, code) in [(Era::Modern, -32602), (Era::Legacy, -32002)] {
        let (_server, client) = almanac(era).await?;
        for uri in [
            "lamplighter://almanac/nothing",
            "lamplighter://almanac/rooms/{room}",
            "lamplighter://almanac/../almanac/about",
            "lamplighter://somebody/about",
            "file:///etc/passwd",
            "about",
        ] {
            let failure = client.failure("resources/read", json!({"uri": uri})).await?;
            assert_eq!(failure.code, code, "{uri}: {}", failure.message);
        }
        // The resource is there, what it tells of is not.
        let failure = client.failure("resources/read", json!({"uri": "lamplighter://almanac/rooms/Moon"})).await?;
        assert_eq!(failure.code, code, "{}", failure.message);
    }
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_crashes_in_a_resource_costs_that_read_only() -> Result<()> {
    let (_server, client) = almanac(Era::Modern).await?;
    let failure = client.failure("resources/read", json!({"uri": "lamplighter://almanac/broken"})).await?;
    assert_eq!(failure.code, -32603);
    assert!(failure.message.contains("the plugin almanac failed: it crashed"), "{}", failure.message);
    assert_eq!(client.read("lamplighter://almanac/about").await?["text"], "The almanac.");
    Ok(())
}

#[tokio::test]
async fn a_tool_links_to_its_plugins_resources_by_their_paths() -> Result<()> {
    let (_server, client) = almanac(Era::Modern).await?;
    let answer = client.call("almanac_look_up", json!({})).await?;
    let links = answer["content"].as_array().context("content")?;
    let uris: Vec<_> = links.iter().filter_map(|link| link["uri"].as_str()).collect();
    assert_eq!(uris, ["lamplighter://almanac/about", "https://example.org/almanac"]);
    Ok(())
}
