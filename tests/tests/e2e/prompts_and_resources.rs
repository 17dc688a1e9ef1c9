//! Prompts and resources of plugins: listed, filled in and read, replaced with the tools.

use anyhow::{Context as _, Result};
use lamplighter_tests::{Client, Era, Server, Setup, guest};
use serde_json::{Value, json};

async fn almanac(era: Era) -> Result<(Server, Client)> {
    Setup::new().plugin("almanac", guest("almanac_v1")?).home().await?.connect(era).await
}

async fn named(client: &Client, method: &str, list: &str, field: &str) -> Result<Vec<String>> {
    let result = client.result(method, json!({})).await?;
    let items = result[list].as_array().with_context(|| format!("{method} answers a list"))?;
    Ok(items.iter().filter_map(|item| item[field].as_str().map(str::to_owned)).collect())
}

async fn prompts(client: &Client) -> Result<Vec<String>> {
    named(client, "prompts/list", "prompts", "name").await
}

async fn resources(client: &Client) -> Result<Vec<String>> {
    named(client, "resources/list", "resources", "uri").await
}

async fn read(client: &Client, uri: &str) -> Result<Value> {
    let result = client.result("resources/read", json!({"uri": uri})).await?;
    Ok(result["contents"][0].clone())
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
        assert_eq!(resources(&client).await?.len(), 3, "templates are in a list of their own");

        let templates = named(&client, "resources/templates/list", "resourceTemplates", "uriTemplate").await?;
        assert_eq!(templates, ["lamplighter://almanac/rooms/{room}"]);
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
    assert_eq!(read(&client, "lamplighter://almanac/about").await?, about);
    assert_eq!(read(&client, "lamplighter://almanac/moon.bin").await?["blob"], "AP8=");
    let room = read(&client, "lamplighter://almanac/rooms/living%20room").await?;
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
    assert_eq!(read(&client, "lamplighter://almanac/about").await?["text"], "The almanac.");
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

#[tokio::test]
async fn prompts_and_resources_are_replaced_with_the_tools_and_clients_are_told_of_what_changed() -> Result<()> {
    for era in Era::both() {
        let (server, client) = Setup::new().plugin("almanac", guest("almanac_v1")?).connect(era).await?;
        if era == Era::Modern {
            let wanted = json!({"promptsListChanged": true, "resourcesListChanged": true});
            let mark = client.mark();
            client.begin("subscriptions/listen", json!({"notifications": wanted})).await?;
            client.notification("notifications/subscriptions/acknowledged", mark).await?;
        }
        assert_eq!(prompts(&client).await?, ["evening"]);

        let mark = client.mark();
        server.put("almanac", &guest("almanac_v2")?).await?;
        client.notification("notifications/prompts/list_changed", mark).await?;
        client.notification("notifications/resources/list_changed", mark).await?;
        assert_eq!(prompts(&client).await?, ["morning"]);
        assert_eq!(resources(&client).await?, ["lamplighter://almanac/about"]);
        assert_eq!(read(&client, "lamplighter://almanac/about").await?["text"], "The almanac, revised.");
        assert!(client.tools().await?.is_empty(), "a plugin may offer prompts and resources alone");

        let mark = client.mark();
        server.put("swap", &guest("swap_v1")?).await?;
        server.remove("almanac").await?;
        client.notification("notifications/resources/list_changed", mark).await?;
        let told: Vec<_> = client.lines().into_iter().flatten().skip(mark).collect();
        let of_prompts = told.iter().filter(|message| message["method"] == "notifications/prompts/list_changed");
        assert_eq!(of_prompts.count(), 1, "a plugin without prompts is no news for them");
        assert!(prompts(&client).await?.is_empty() && resources(&client).await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_prompt_of_another_plugins_name_refuses_the_newcomer() -> Result<()> {
    let server = Setup::new().plugin("almanac", guest("almanac_v2")?).start().await?;
    server.loaded("almanac").await?;
    server.plugins.put("copycat", &guest("almanac_v2")?)?;
    let reason = server.refused("copycat").await?;
    assert!(reason.contains(r#"prompt "morning" is already served by the plugin "almanac""#), "{reason}");
    Ok(())
}

#[tokio::test]
async fn other_prompts_in_pinned_bytes_wait_for_approval() -> Result<()> {
    let server = Setup::new().plugin("almanac", guest("almanac_v1")?).start().await?;
    server.command(&["plugin", "approve", "almanac", "--yes"]).await?.succeeded()?;
    let mark = server.log.mark();
    server.plugins.put("almanac", &guest("almanac_v2")?)?;
    let held = server.log.wait("almanac to be held", mark, |entry| entry.message().starts_with("plugin held")).await?;
    assert!(held.field("new").contains("prompts.morning"), "{}", held.text);
    let client = server.connect(Era::Modern).await?;
    assert_eq!(prompts(&client).await?, ["evening"], "what is approved is served");
    Ok(())
}
