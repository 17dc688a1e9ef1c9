//! Plugins that no toolchain would produce: they break the canonical ABI's rules between guest and host.
//!
//! Each fails alone with a reason, and the host's memory stays within bounds.

use anyhow::{Context as _, Result};
use lamplighter_tests::raw::{BLOCK_SIZE, TOOL_SIZE, address};
use lamplighter_tests::{Client, Entry, Era, RawPlugin, Server, Setup};
use serde_json::json;

use crate::isolation::{fails_alone, others_are_answered};

const BYTES_PER_MIB: usize = 1 << 20;
/// The address of lists with many elements, and the address of the mebibyte that all their strings share.
const ELEMENTS_ADDRESS: usize = 2 * BYTES_PER_MIB;
const STRING_ADDRESS: usize = 14 * BYTES_PER_MIB;
/// The most bytes by which the host may grow for a guest that hands over too much: a few times the 16 MiB of one copy.
const MAX_GROWTH: u64 = 128 << 20;

/// Starts a session with a handmade plugin and one that behaves.
async fn session(raw: &RawPlugin) -> Result<(Server, Client)> {
    session_with(raw, "").await
}

async fn session_with(raw: &RawPlugin, limits: &str) -> Result<(Server, Client)> {
    let config = format!("[plugins.raw]\n{limits}\n");
    Setup::new().plugin("raw", raw.build()?).guest("swap_v1")?.config(&config).connect(Era::Modern).await
}

/// Loads a plugin that must be refused while others are answered, and returns the reason.
async fn is_refused(raw: &RawPlugin) -> Result<String> {
    let (server, client) = session(raw).await?;
    others_are_answered(&client).await?;
    server.refused("raw").await
}

/// Generates code that writes a list of `count` elements of `size` bytes at [`ELEMENTS_ADDRESS`].
///
/// Each has the variant `kind` (0 for records) and a string at each of these offsets, all of them the same mebibyte at
/// [`STRING_ADDRESS`].
fn write_elements(count: usize, size: usize, kind: u8, strings: &[usize]) -> String {
    let string = |place: &usize| {
        format!(
            "(i32.store offset={place} (local.get $element) (i32.const {STRING_ADDRESS}))
             (i32.store offset={} (local.get $element) (i32.const {BYTES_PER_MIB}))",
            place + 4
        )
    };
    let strings: String = strings.iter().map(string).collect();
    format!(
        "(local $element i32)
         (drop (memory.grow (i32.const 256)))
         (local.set $element (i32.const {ELEMENTS_ADDRESS}))
         (loop $next
            (i32.store8 (local.get $element) (i32.const {kind}))
            {strings}
            (local.set $element (i32.add (local.get $element) (i32.const {size})))
            (br_if $next (i32.lt_u (local.get $element) (i32.const {}))))",
        ELEMENTS_ADDRESS + count * size
    )
}

/// Generates code that writes an address and a length.
fn write_pair(place: usize, address: usize, length: usize) -> String {
    format!(
        "(i32.store (i32.const {place}) (i32.const {address})) (i32.store (i32.const {}) (i32.const {length}))",
        place + 4
    )
}

fn result() -> String {
    format!("(i32.const {})", address::CALL_RESULT)
}

#[tokio::test]
async fn one_made_by_hand_that_behaves_is_served() -> Result<()> {
    let (_server, client) = session(&RawPlugin::new("raw")).await?;
    let answer = client.call("raw", json!({})).await?;
    assert_eq!(answer["content"][0]["text"], "all is well");
    Ok(())
}

// === Gigabytes out of megabytes: many strings in the same place ===

#[tokio::test]
async fn an_answer_of_strings_that_all_lie_in_one_place_does_not_become_gigabytes() -> Result<()> {
    const ELEMENT_COUNT: usize = 100_000;
    let body = [
        write_elements(ELEMENT_COUNT, BLOCK_SIZE, 0, &[4]),
        write_pair(address::CALL_RESULT + 8, ELEMENTS_ADDRESS, ELEMENT_COUNT),
        result(),
    ]
    .concat();
    takes_too_much_at_once(&RawPlugin::new("raw").calling(&body)).await
}

#[tokio::test]
async fn log_fields_that_all_lie_in_one_place_do_not_become_gigabytes() -> Result<()> {
    const ELEMENT_COUNT: usize = 100_000;
    let write = format!(
        "(call $log_write (i32.const 2) (i32.const {}) (i32.const 3) (i32.const {ELEMENTS_ADDRESS}) (i32.const {ELEMENT_COUNT}))",
        address::TOOL_NAME
    );
    let body = [write_elements(ELEMENT_COUNT, 16, 0, &[0, 8]), write, result()].concat();
    takes_too_much_at_once(&RawPlugin::new("raw").calling(&body)).await
}

#[tokio::test]
async fn commands_that_all_lie_in_one_place_do_not_become_gigabytes() -> Result<()> {
    const ELEMENT_COUNT: usize = 20_000;
    const IDENTIFY_CASE: u8 = 2;
    let zero = "(i32.const 0)".repeat(5);
    let apply = format!(
        "(call $control_apply (i32.const {ELEMENTS_ADDRESS}) (i32.const {ELEMENT_COUNT}) {zero} (i32.const {}))",
        address::FREE_SPACE
    );
    let body = [write_elements(ELEMENT_COUNT, 144, IDENTIFY_CASE, &[8]), apply, result()].concat();
    takes_too_much_at_once(&RawPlugin::new("raw").calling(&body)).await
}

#[tokio::test]
async fn a_value_of_forty_mebibytes_is_not_copied_to_be_refused() -> Result<()> {
    let set = format!(
        "(drop (memory.grow (i32.const 700)))
         (call $storage_set (i32.const {}) (i32.const 3) (i32.const 0) (i32.const {}) (i32.const {}))",
        address::TOOL_NAME,
        40 * BYTES_PER_MIB,
        address::FREE_SPACE
    );
    takes_too_much_at_once(&RawPlugin::new("raw").calling(&[set, result()].concat())).await
}

async fn takes_too_much_at_once(raw: &RawPlugin) -> Result<()> {
    let (server, client) = session(raw).await?;
    others_are_answered(&client).await?;
    let before = server.peak_memory()?;
    for _ in 0..3 {
        let text = fails_alone(&client, "raw").await?;
        assert!(text.contains("handed over more than the 16 MiB that the host takes at once"), "{text}");
    }
    server.check_peak_growth(before, MAX_GROWTH)?;
    Ok(())
}

#[tokio::test]
async fn tools_whose_strings_all_lie_in_one_place_are_refused() -> Result<()> {
    const ELEMENT_COUNT: usize = 50_000;
    let list = [
        write_elements(ELEMENT_COUNT, TOOL_SIZE, 0, &[0, 20, 28]),
        write_pair(address::TOOL_LIST, ELEMENTS_ADDRESS, ELEMENT_COUNT),
    ]
    .concat();
    let raw = RawPlugin::new("raw").listing(&format!("{list} (i32.const {})", address::TOOL_LIST));
    let (server, client) = session(&RawPlugin::new("raw")).await?;
    let before = server.peak_memory()?;
    let told = server.put("raw", &raw.build()?).await?;
    assert!(told.field("reason").contains("list-tools: it handed over more than the 16 MiB"), "{}", told.text);
    server.check_peak_growth(before, MAX_GROWTH)?;
    client.call("raw", json!({})).await.context("the old one serves")?;
    others_are_answered(&client).await
}

#[tokio::test]
async fn an_operator_who_allows_larger_answers_gets_them() -> Result<()> {
    let block = write_pair(address::CONTENT_BLOCK + 4, 2 * BYTES_PER_MIB, 20 * BYTES_PER_MIB);
    let raw = RawPlugin::new("raw").calling(&format!("(drop (memory.grow (i32.const 400))) {block} {}", result()));
    let (_server, client) = session_with(&raw, "output_kib = 32768").await?;
    let answer = client.call("raw", json!({})).await?;
    assert_eq!(answer["content"][0]["text"].as_str().map(str::len), Some(20 * BYTES_PER_MIB));
    others_are_answered(&client).await
}

// === Bytes that mean nothing ===

#[tokio::test]
async fn text_that_is_no_utf8_is_refused_wherever_it_is() -> Result<()> {
    let reason = is_refused(&RawPlugin::new(b"\xff\xfe")).await?;
    assert!(reason.contains("utf-8"), "{reason}");

    let (_server, client) = session(&RawPlugin::new("raw").text(b"caf\xe9")).await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("it crashed: ") && text.contains("utf-8"), "{text}");

    let write = format!(
        "(call $log_write (i32.const 2) (i32.const {}) (i32.const 4) (i32.const 0) (i32.const 0)) {}",
        address::BLOCK_TEXT,
        result()
    );
    let (_server, client) = session(&RawPlugin::new("raw").text(b"caf\xe9").calling(&write)).await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("utf-8"), "{text}");
    Ok(())
}

#[tokio::test]
async fn lists_that_leave_the_memory_are_refused() -> Result<()> {
    let claims = [
        (address::FREE_SPACE, 0xffff_ffff),
        (address::FREE_SPACE, 1 << 27),
        (17 * 65_536 - BLOCK_SIZE, 2),
        (0xffff_fff0, 1),
        // Not where a content block may begin.
        (address::FREE_SPACE + 1, 1),
    ];
    for (address, length) in claims {
        let body = [write_pair(address::CALL_RESULT + 8, address, length), result()].concat();
        let (_server, client) = session(&RawPlugin::new("raw").calling(&body)).await?;
        let text = fails_alone(&client, "raw").await?;
        let words = ["out of bounds", "not aligned", "overflow"];
        assert!(words.iter().any(|word| text.contains(word)), "{address} {length}: {text}");
    }
    let reason = is_refused(&RawPlugin::new("raw").listing("(i32.const -8)")).await?;
    assert!(reason.contains("list-tools: it crashed: "), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_case_that_no_variant_has_is_refused() -> Result<()> {
    let body = format!("(i32.store8 (i32.const {}) (i32.const 77)) {}", address::CONTENT_BLOCK, result());
    let (_server, client) = session(&RawPlugin::new("raw").calling(&body)).await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("discriminant"), "{text}");
    Ok(())
}

// === Where nobody expects a loop ===

#[tokio::test]
async fn a_loop_before_the_first_call_is_refused_in_time() -> Result<()> {
    let reason = is_refused(&RawPlugin::new("raw").with("(func $spin (loop (br 0))) (start $spin)")).await?;
    assert!(reason.contains("list-tools: it took longer than the 2.0 s it may"), "{reason}");
    Ok(())
}

#[tokio::test]
async fn a_loop_where_the_host_asks_for_room_is_interrupted() -> Result<()> {
    // The host asks for room for the arguments of the call.
    let (_server, client) =
        session_with(&RawPlugin::new("raw").allocating("(loop (br 0)) unreachable"), "cpu_seconds = 1").await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("limit of 1 s of processor time (the setting `cpu_seconds`)"), "{text}");
    Ok(())
}

#[tokio::test]
async fn room_outside_the_memory_is_not_written_to() -> Result<()> {
    let (_server, client) = session(&RawPlugin::new("raw").allocating("(i32.const -64)")).await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("realloc return: beyond end of memory"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_trap_after_the_answer_was_given_is_a_crash_all_the_same() -> Result<()> {
    let after = r#"(func (export "cabi_post_lamplighter:plugin/tools@0.1.0#call-tool") (param i32) unreachable)"#;
    let (_server, client) = session(&RawPlugin::new("raw").with(after)).await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("it crashed"), "{text}");
    Ok(())
}

#[tokio::test]
async fn one_that_waits_in_the_host_for_ever_is_ended_at_its_wall_limit() -> Result<()> {
    let (_server, client) = session_with(&endless_waiter(), "wall_seconds = 2").await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("it took longer than the 2.0 s it may (the setting `wall_seconds`)"), "{text}");
    Ok(())
}

#[tokio::test]
async fn one_that_waits_in_the_host_for_ever_ends_with_its_caller() -> Result<()> {
    let (server, client) = session(&endless_waiter()).await?;
    let (id, _call) = client.begin("tools/call", json!({"name": "raw", "arguments": {}})).await?;
    server.log.wait("the guest to be at it", 0, |entry| entry.message() == "waiting").await?;
    client.notify("notifications/cancelled", json!({"requestId": id})).await?;
    let ended = |entry: &Entry| entry.message() == "call failed" && entry.field("reason").contains("it was cancelled");
    server.log.wait("the call to be ended", 0, ended).await?;
    others_are_answered(&client).await
}

/// Logs that it waits, then waits for ever, even after its caller has cancelled.
fn endless_waiter() -> RawPlugin {
    let say = format!(
        "(call $log_write (i32.const 2) (i32.const {}) (i32.const 7) (i32.const 0) (i32.const 0))",
        address::BLOCK_TEXT
    );
    let wait = "(loop (drop (call $call_sleep (i64.const -1))) (br 0)) unreachable";
    RawPlugin::new("raw").text(b"waiting").calling(&[&say, wait].concat())
}

#[tokio::test]
async fn a_loop_of_calls_to_the_host_is_processor_time() -> Result<()> {
    let body = format!(
        "(loop (call $call_id (i32.const {})) (global.set $heap (i32.const 65536)) (br 0)) unreachable",
        address::FREE_SPACE
    );
    let (_server, client) = session_with(&RawPlugin::new("raw").calling(&body), "cpu_seconds = 1").await?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("limit of 1 s of processor time"), "{text}");
    Ok(())
}

// === Limits ===

#[tokio::test]
async fn a_stack_is_as_deep_as_the_operator_says() -> Result<()> {
    // Three mebibytes at least: no frame takes less than 16 bytes.
    let body = format!("(drop (call $down (i32.const 200000))) {}", result());
    let down = "(func $down (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))";
    let raw = RawPlugin::new("raw").with(down).calling(&body);
    for (limits, size) in [("", 2048), ("stack_kib = 64", 64), ("stack_kib = 1024", 1024)] {
        let (_server, client) = session_with(&raw, limits).await?;
        let text = fails_alone(&client, "raw").await?;
        let said = format!("its stack overflowed its limit of {size} KiB (the setting `stack_kib`)");
        assert!(text.contains(&said), "{text}");
    }
    let (_server, client) = session_with(&raw, "stack_kib = 16384").await?;
    client.call("raw", json!({})).await?;
    others_are_answered(&client).await
}

#[tokio::test]
async fn tables_that_grow_count_as_memory() -> Result<()> {
    let grow =
        "(loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1)))) unreachable";
    let (server, client) = session(&RawPlugin::new("raw").with("(table $t 0 funcref)").calling(grow)).await?;
    let before = server.peak_memory()?;
    let text = fails_alone(&client, "raw").await?;
    assert!(text.contains("limit of 64 MiB of memory (the setting `memory_mib`)"), "{text}");
    server.check_peak_growth(before, MAX_GROWTH)?;
    Ok(())
}

#[tokio::test]
async fn lines_of_the_log_are_bounded_however_many_and_long_they_are() -> Result<()> {
    let body = format!(
        "(local $left i32) (local.set $left (i32.const 200000))
         (loop $next
            (call $log_write (i32.const 4) (i32.const 65536) (i32.const 100000) (i32.const 0) (i32.const 0))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $next (local.get $left)))
         {}",
        result()
    );
    let (server, client) = session_with(&RawPlugin::new("raw").calling(&body), "log_lines_per_second = 5").await?;
    let before = server.peak_memory()?;
    client.call("raw", json!({})).await?;
    let dropped = |entry: &Entry| entry.field("plugin") == "raw" && entry.text.contains("dropped");
    let told = server.log.wait("the count of what was dropped", 0, dropped).await?;
    assert!(told.value("lines").as_u64().is_some_and(|lines| lines > 100_000), "{}", told.text);
    assert!(server.log.text().len() < 8 << 20, "the log has {} KiB", server.log.text().len() >> 10);
    server.check_peak_growth(before, MAX_GROWTH)?;
    others_are_answered(&client).await
}

// === Lies ===

#[tokio::test]
async fn a_tool_that_was_not_listed_is_unknown_whatever_the_plugin_would_answer() -> Result<()> {
    let (_server, client) = session(&RawPlugin::new("raw")).await?;
    let failure = client.failure("tools/call", json!({"name": "raw_hidden", "arguments": {}})).await?;
    assert_eq!(failure.code, -32602, "{failure:?}");
    others_are_answered(&client).await
}

#[tokio::test]
async fn a_plugin_is_asked_for_its_tools_once_so_that_it_cannot_tell_another_story_each_time() -> Result<()> {
    let say = format!(
        "(call $log_write (i32.const 2) (i32.const {}) (i32.const 7) (i32.const 0) (i32.const 0)) (i32.const {})",
        address::BLOCK_TEXT,
        address::TOOL_LIST
    );
    let (server, client) = session(&RawPlugin::new("raw").text(b"listing").listing(&say)).await?;
    for _ in 0..3 {
        assert_eq!(client.tools().await?, ["raw", "swap_version"]);
        client.call("raw", json!({})).await?;
    }
    assert_eq!(server.log.all(|entry| entry.message() == "listing").len(), 1);
    Ok(())
}

/// A plugin whose tool bears a letter of its settings, `{"x":"a"}`.
fn chameleon() -> RawPlugin {
    let letter = format!(
        "(call $settings_get (i32.const {free}))
         (i32.store8 (i32.const {}) (i32.load8_u offset=6 (i32.load offset=8 (i32.const {free}))))
         (i32.const {})",
        address::TOOL_NAME + 4,
        address::TOOL_LIST,
        free = address::FREE_SPACE
    );
    RawPlugin::new("raw_?").listing(&letter)
}

#[tokio::test]
async fn approved_bytes_that_tell_of_other_tools_than_they_did_are_held() -> Result<()> {
    let config = |letter: &str| format!("[plugins.raw.settings]\nx = \"{letter}\"\n");
    let setup = Setup::new().plugin("raw", chameleon().build()?).guest("swap_v1")?.first_party("health")?;
    let server = setup.config(&config("a")).start().await?;
    server.command(&["plugin", "approve", "raw", "--yes"]).await?.succeeded()?;
    assert!(server.connect(Era::Modern).await?.tools().await?.contains(&"raw_a".to_owned()));

    let server = server.kill_and_restart().await?;
    server.loaded("raw").await.context("what it tells is what was approved")?;

    std::fs::write(server.plugins.user().join("config.toml"), config("b"))?;
    let server = server.kill_and_restart().await?;
    let held = |entry: &Entry| entry.message().starts_with("plugin held") && entry.field("plugin") == "raw";
    let told = server.log.wait("the plugin to be held", 0, held).await?;
    assert!(told.field("new").contains("the approved bytes themselves"), "{}", told.text);
    assert!(told.field("new").contains("tools.raw_b: new"), "{}", told.text);
    let client = server.connect(Era::Modern).await?;
    let health = client.call("hue_check_health", json!({})).await?;
    assert!(health.to_string().contains("lamplighter plugin approve raw"), "{health}");
    let listed = client.tools().await?;
    assert!(!listed.iter().any(|tool| tool.starts_with("raw")), "{listed:?}");
    assert_eq!(server.log.all(held).len(), 1, "it is not tried again and again");

    server.command(&["plugin", "approve", "raw", "--yes"]).await?.succeeded()?;
    server.loaded("raw").await?;
    client.call("raw_b", json!({})).await?;
    others_are_answered(&client).await
}
