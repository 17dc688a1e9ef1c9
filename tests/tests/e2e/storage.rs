//! The storage of plugins: it survives the process, has a quota, and belongs to one plugin alone.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::Result;
use futures::future::join_all;
use lamplighter_tests::{Era, Setup, guest};
use serde_json::json;

#[tokio::test]
async fn what_a_plugin_keeps_is_its_own() -> Result<()> {
    let (server, client) = Setup::new().guest("stateful")?.connect(Era::Modern).await?;
    client.call("keep", json!({"key": "name", "value": {"a": [1, 2]}})).await?;
    let recalled = client.call("recall", json!({"key": "name"})).await?;
    assert_eq!(recalled["structuredContent"], json!({"value": {"a": [1, 2]}, "keys": ["name"]}));
    // The same bytes under another name are another plugin.
    server.remove("stateful").await?;
    server.put("other", &guest("stateful")?).await?;
    let recalled = client.call("recall", json!({"key": "name"})).await?;
    assert_eq!(recalled["structuredContent"], json!({"value": null, "keys": []}));
    Ok(())
}

#[tokio::test]
async fn calls_side_by_side_lose_no_update() -> Result<()> {
    let (_server, client) = Setup::new().guest("stateful")?.connect(Era::Modern).await?;
    for answer in join_all((0..20).map(|_| client.call("count", json!({"key": "n"})))).await {
        answer?;
    }
    assert_eq!(client.call("count", json!({"key": "n"})).await?["structuredContent"]["count"], 21);
    Ok(())
}

#[tokio::test]
async fn a_flood_ends_at_the_quota_and_takes_no_room_from_others() -> Result<()> {
    let config = "[plugins.stateful]\nstorage_kib = 64\n";
    let (_server, client) =
        Setup::new().guest("stateful")?.guest("swap_v1")?.config(config).connect(Era::Modern).await?;
    let (flood, other) =
        tokio::join!(client.call("flood", json!({"writes": 1000})), client.call("swap_version", json!({})));
    let (flood, _) = (&flood?["structuredContent"], other?);
    assert_eq!(flood["limit"], 65_536, "{flood}");
    assert!(flood["taken"].as_u64().is_some_and(|taken| (50..64).contains(&taken)), "{flood}");
    let text = client.call_failing("keep", json!({"key": "more", "value": "x".repeat(2000)})).await?;
    assert!(text.contains("storage is full"), "{text}");
    Ok(())
}

#[tokio::test]
async fn no_write_that_was_answered_is_lost_when_the_host_is_killed() -> Result<()> {
    let (server, client) = Setup::new().guest("stateful")?.connect(Era::Modern).await?;
    let answered = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (client, answered) = (client.clone(), answered.clone());
            tokio::spawn(async move {
                while let Ok(answer) = client.call("count", json!({"key": "n"})).await {
                    let count = answer["structuredContent"]["count"].as_u64().unwrap_or_default();
                    answered.fetch_max(count, Ordering::SeqCst);
                }
            })
        })
        .collect();
    while answered.load(Ordering::SeqCst) < 25 {
        tokio::task::yield_now().await;
    }
    let server = server.kill_and_restart().await?;
    for writer in &writers {
        writer.abort();
    }
    server.loaded("stateful").await?;
    let client = server.connect(Era::Modern).await?;
    let recalled = client.call("recall", json!({"key": "n"})).await?;
    let kept = recalled["structuredContent"]["value"].as_u64().unwrap_or_default();
    let answered = answered.load(Ordering::SeqCst);
    assert!(kept >= answered, "{answered} were answered, {kept} were kept");
    Ok(())
}
