//! Prompts and resources of plugins: replaced with the tools, refused, held for approval.

use anyhow::Result;
use lamplighter_tests::{Era, Setup, guest};
use serde_json::json;

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
        assert_eq!(client.prompts().await?, ["evening"]);

        let mark = client.mark();
        server.put("almanac", &guest("almanac_v2")?).await?;
        client.notification("notifications/prompts/list_changed", mark).await?;
        client.notification("notifications/resources/list_changed", mark).await?;
        assert_eq!(client.prompts().await?, ["morning"]);
        assert_eq!(client.resources().await?, ["lamplighter://almanac/about"]);
        assert_eq!(client.read("lamplighter://almanac/about").await?["text"], "The almanac, revised.");
        assert!(client.tools().await?.is_empty(), "a plugin may offer prompts and resources alone");

        let mark = client.mark();
        server.put("swap", &guest("swap_v1")?).await?;
        server.remove("almanac").await?;
        client.notification("notifications/resources/list_changed", mark).await?;
        let told: Vec<_> = client.lines().into_iter().flatten().skip(mark).collect();
        let of_prompts = told.iter().filter(|message| message["method"] == "notifications/prompts/list_changed");
        assert_eq!(of_prompts.count(), 1, "a plugin without prompts is no news for them");
        assert!(client.prompts().await?.is_empty() && client.resources().await?.is_empty());
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
    assert_eq!(client.prompts().await?, ["evening"], "what is approved is served");
    Ok(())
}
