//! Plugins that misbehave: each such call fails alone, with an error that tells what happened.

use anyhow::{Context as _, Result};
use lamplighter_test_guests::with_memories;
use lamplighter_tests::{Client, Era, Server, Setup, guest, wait_for_response};
use serde_json::json;

/// Starts a session with a guest that misbehaves and one that does not.
async fn session(guest: &str) -> Result<(Server, Client)> {
    Setup::new().guest(guest)?.guest("swap_v1")?.connect(Era::Modern).await
}

pub(crate) async fn others_are_answered(client: &Client) -> Result<()> {
    let answer = client.call("swap_version", json!({})).await?;
    assert_eq!(answer["structuredContent"]["version"], 1);
    Ok(())
}

/// Calls a tool that must fail while another plugin is answered, and returns the text of the failure.
pub(crate) async fn fails_alone(client: &Client, tool: &str) -> Result<String> {
    let (_, call) = client.begin("tools/call", json!({"name": tool, "arguments": {}})).await?;
    others_are_answered(client).await?;
    let answer = wait_for_response(call).await?;
    others_are_answered(client).await?;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().map(str::to_owned).context("it says something")
}

#[tokio::test]
async fn a_trap_costs_its_own_call_and_nothing_else() -> Result<()> {
    let (server, client) = session("trap").await?;
    for _ in 0..3 {
        let text = fails_alone(&client, "trap_now").await?;
        assert!(!text.is_empty() && !text.contains("wasm backtrace"), "causes are for the log: {text}");
        client.call("trap_ok", json!({})).await?;
        others_are_answered(&client).await?;
    }
    drop(server);
    Ok(())
}

#[tokio::test]
async fn after_a_trap_the_log_has_the_last_words_of_the_guest() -> Result<()> {
    let (server, client) = session("trap").await?;
    client.call_failing("trap_now", json!({})).await?;
    let last = |entry: &lamplighter_tests::Entry| {
        entry.field("plugin") == "trap" && !entry.value("stderr").is_null() && entry.text.contains("panicked")
    };
    server.log.wait("the last stderr lines of the guest", 0, last).await?;
    Ok(())
}

#[tokio::test]
async fn a_loop_is_interrupted_and_others_are_answered_meanwhile() -> Result<()> {
    let config = "[plugins.infinite-loop]\nwall_seconds = 3\n";
    let (_server, client) =
        Setup::new().guest("infinite_loop")?.guest("swap_v1")?.config(config).connect(Era::Modern).await?;
    let text = fails_alone(&client, "infinite_loop").await?;
    assert!(text.contains("it took longer than the 3.0 s it may (the setting `wall_seconds`)"), "{text}");
    Ok(())
}

#[tokio::test]
async fn one_that_eats_memory_fails_alone_and_the_host_does_not_grow() -> Result<()> {
    let (server, client) = session("allocation_bomb").await?;
    others_are_answered(&client).await?;
    let before = server.memory()?;
    for _ in 0..5 {
        let text = fails_alone(&client, "allocation_bomb").await?;
        assert!(text.to_lowercase().contains("memory"), "{text}");
    }
    server.check_growth(before, 128 << 20)?;
    Ok(())
}

#[tokio::test]
async fn forty_memories_count_as_their_sum() -> Result<()> {
    // Forty memories of 6 MiB: each alone is far below the limit of 64 MiB.
    let forty = with_memories(&guest("swap_v1")?, 40, 96);
    let (server, client) = Setup::new().plugin("forty", forty.clone()).guest("trap")?.connect(Era::Modern).await?;
    let reason = server.refused("forty").await?;
    assert!(reason.to_lowercase().contains("memory"), "{reason}");
    client.call("trap_ok", json!({})).await?;

    let config = "[plugins.forty]\nmemory_mib = 320\n";
    let server = Setup::new().plugin("forty", forty).config(config).start().await?;
    others_are_answered(&server.connect(Era::Modern).await?).await
}

#[tokio::test]
async fn what_a_chatterer_prints_too_much_is_dropped_and_counted_in_one_line() -> Result<()> {
    let (server, client) = session("log_flood").await?;
    let before = server.memory()?;
    client.call("log_flood", json!({})).await?;
    let dropped =
        |entry: &lamplighter_tests::Entry| entry.field("plugin") == "log-flood" && entry.text.contains("dropped");
    server.log.wait("the count of what was dropped", 0, dropped).await?;
    assert_eq!(server.log.all(dropped).len(), 1, "one line says it");
    assert!(server.log.text().len() < 4 << 20, "the log has {} KiB", server.log.text().len() >> 10);
    server.check_growth(before, 32 << 20)?;
    others_are_answered(&client).await
}

#[tokio::test]
async fn an_output_that_breaks_its_schema_is_an_error_of_the_tool() -> Result<()> {
    let (_server, client) = session("bad_output").await?;
    let text = fails_alone(&client, "bad_output").await?;
    assert!(text.contains("schema"), "{text}");
    Ok(())
}

#[tokio::test]
async fn an_output_beyond_bounds_is_an_error_of_the_tool() -> Result<()> {
    let (_server, client) = session("big_output").await?;
    let text = fails_alone(&client, "big_output").await?;
    assert!(text.contains("16 MiB") || text.contains("`output_kib`"), "{text}");
    Ok(())
}

#[tokio::test]
async fn every_tool_error_is_a_result_a_model_can_act_on() -> Result<()> {
    let (_server, client) = session("errors").await?;
    let kinds = ["invalid-arguments", "not-found", "ambiguous", "denied", "unavailable", "timeout", "failed", "other"];
    for kind in kinds {
        let text = client.call_failing("fail_as", json!({"kind": kind})).await?;
        assert!(!text.is_empty(), "{kind} says nothing");
    }
    others_are_answered(&client).await
}

#[tokio::test]
async fn many_calls_at_once_of_one_that_misbehaves_leave_room_for_others() -> Result<()> {
    let (_server, client) = session("trap").await?;
    let mut trapped = Vec::new();
    for _ in 0..50 {
        trapped.push(client.begin("tools/call", json!({"name": "trap_now", "arguments": {}})).await?.1);
        others_are_answered(&client).await?;
    }
    for call in trapped {
        let answer = wait_for_response(call).await?;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn recursion_without_end_is_a_stack_that_overflowed() -> Result<()> {
    let (_server, client) = session("unbounded_depth").await?;
    let text = fails_alone(&client, "recurse").await?;
    assert!(text.contains("its stack overflowed its limit of 2048 KiB (the setting `stack_kib`)"), "{text}");
    Ok(())
}

#[tokio::test]
async fn json_that_is_nested_without_end_is_refused() -> Result<()> {
    let (_server, client) = session("unbounded_depth").await?;
    let text = fails_alone(&client, "nest").await?;
    assert!(text.contains("answered badly"), "{text}");
    Ok(())
}

#[tokio::test]
async fn ten_thousand_tools_are_refused() -> Result<()> {
    let server = Setup::new().guest("ten_thousand_tools")?.guest("swap_v1")?.start().await?;
    let reason = server.refused("ten-thousand-tools").await?;
    assert!(reason.contains("10000 tools"), "{reason}");
    others_are_answered(&server.connect(Era::Modern).await?).await
}

#[tokio::test]
async fn one_that_computes_too_long_is_told_apart_from_one_that_waits() -> Result<()> {
    let config = "[plugins.infinite-loop]\ncpu_seconds = 1\n";
    let (_server, client) =
        Setup::new().guest("infinite_loop")?.guest("swap_v1")?.config(config).connect(Era::Modern).await?;
    let text = fails_alone(&client, "infinite_loop").await?;
    assert!(text.contains("limit of 1 s of processor time"), "{text}");
    Ok(())
}

#[tokio::test]
async fn one_that_crashes_again_and_again_is_put_aside_until_its_file_changes() -> Result<()> {
    let (server, client) = Setup::new().guest("trap")?.first_party("health")?.connect(Era::Modern).await?;
    for _ in 0..5 {
        client.call_failing("trap_now", json!({})).await?;
    }
    let text = client.call_failing("trap_ok", json!({})).await?;
    assert!(text.contains("is disabled after repeated crashes; it is tried again in"), "{text}");
    assert!(text.contains("crashed 5 times in a row"), "{text}");
    let health = client.call("hue_check_health", json!({})).await?;
    assert!(health.to_string().contains("put_aside"), "{health}");
    server.put("trap", &lamplighter_tests::stamped(&guest("trap")?, 1)).await?;
    client.call("trap_ok", json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_from_the_start_is_refused() -> Result<()> {
    let one = guest("swap_v1")?;
    // Memories of 4 GiB and of 2 TiB in all, more instances than a store holds.
    let large = [("large", with_memories(&one, 1, 65_536)), ("larger", with_memories(&one, 60, 65_535))];
    let many = ("many", with_memories(&one, 300, 1));
    let (server, client) = Setup::new().guest("swap_v1")?.connect(Era::Modern).await?;
    let before = server.peak_memory()?;
    for (name, bytes) in large.into_iter().chain([many]) {
        let told = server.put(name, &bytes).await?;
        let reason = told.field("reason");
        let words = ["limit of 64 MiB of memory", "instance count too high", "memory count too high"];
        assert!(words.iter().any(|word| reason.contains(word)), "{name}: {reason}");
        others_are_answered(&client).await?;
    }
    server.check_peak_growth(before, 64 << 20)?;
    Ok(())
}

#[tokio::test]
async fn one_that_tells_of_other_tools_each_time_is_known_by_what_it_told_first() -> Result<()> {
    let (server, client) = session("changing_tools").await?;
    let listed = client.tools().await?;
    let name = listed.iter().find(|name| name.starts_with("changing_")).context("it has a tool")?.clone();
    for _ in 0..3 {
        assert_eq!(client.tools().await?, listed);
    }
    // An instance that is made for the call has another tool, and says so.
    let text = fails_alone(&client, &name).await?;
    assert!(text.contains("no tool named"), "{text}");

    let file = server.plugins.file("changing-tools").display().to_string();
    let check = server.command(&["plugin", "check", &file]).await?;
    assert_eq!(check.code, Some(1), "{}", check.stdout);
    assert!(check.stdout.contains("it lists something else each time"), "{}", check.stdout);
    Ok(())
}
