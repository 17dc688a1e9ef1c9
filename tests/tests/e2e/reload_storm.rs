//! Replaces a plugin two hundred times while eight callers call it without pause.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use lamplighter_tests::{Client, Era, Server, Setup, digest, guest, stamped};
use serde_json::json;
use tokio::task::JoinSet;

const CALLER_COUNT: usize = 8;
const REPLACEMENT_COUNT: u64 = 200;
/// Every second replacement is awaited. The others come while the host still loads the one before.
const AWAITED_EVERY: u64 = 2;
/// Every fifth file is broken.
const BROKEN_EVERY: u64 = 5;
/// The replacements after which the process has reached its working size.
const WARM_UP_REPLACEMENTS: u64 = 60;
/// The most bytes by which the process may grow after that. One version takes a few MiB, so a leak of versions shows.
const MAX_GROWTH: u64 = 48 << 20;

/// The state that the callers share.
#[derive(Default)]
struct CallerState {
    stop: AtomicBool,
    calls: AtomicU64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_storm_loses_no_call_and_does_not_grow() -> Result<()> {
    let (server, client) = Setup::new().plugin("swap", guest("swap_v1")?).connect(Era::Modern).await?;
    let seen = Arc::new(CallerState::default());
    let mut callers = JoinSet::new();
    for _ in 0..CALLER_COUNT {
        callers.spawn(call_without_pause(client.clone(), Arc::clone(&seen)));
    }

    let mut warm = 0;
    for number in 0..REPLACEMENT_COUNT {
        if number == WARM_UP_REPLACEMENTS {
            warm = server.memory()?;
        }
        replace(&server, number).await?;
    }
    let grown = server.memory()?.saturating_sub(warm);
    seen.stop.store(true, Ordering::Relaxed);

    let mut versions = BTreeMap::<u64, u64>::new();
    while let Some(caller) = callers.join_next().await {
        for (version, times) in caller?? {
            *versions.entry(version).or_default() += times;
        }
    }
    let calls = seen.calls.load(Ordering::Relaxed);
    println!("{calls} calls, {versions:?} by version, memory grew by {} KiB from {} KiB", grown >> 10, warm >> 10);
    assert_eq!(versions.keys().copied().collect::<Vec<_>>(), [1, 2], "both versions answered, and nothing else");
    assert!(calls > REPLACEMENT_COUNT, "the callers were busy all the while: {calls} calls");
    assert!(grown < MAX_GROWTH, "memory grew by {} MiB", grown >> 20);
    Ok(())
}

/// Calls until told to stop. Any failure fails the test.
async fn call_without_pause(client: Client, seen: Arc<CallerState>) -> Result<BTreeMap<u64, u64>> {
    let mut versions = BTreeMap::new();
    while !seen.stop.load(Ordering::Relaxed) {
        let answer = client.call("swap_version", json!({})).await?;
        let version =
            answer["structuredContent"]["version"].as_u64().with_context(|| format!("no version: {answer}"))?;
        *versions.entry(version).or_default() += 1;
        seen.calls.fetch_add(1, Ordering::Relaxed);
    }
    Ok(versions)
}

/// Replaces the plugin with a version that has a digest of its own, or with a broken file.
async fn replace(server: &Server, number: u64) -> Result<()> {
    let good = number % BROKEN_EVERY != BROKEN_EVERY - 1;
    let version = guest(if number.is_multiple_of(2) { "swap_v2" } else { "swap_v1" })?;
    let mut bytes = stamped(&version, number);
    if !good {
        bytes.truncate(bytes.len() / 2);
        bytes.extend(number.to_le_bytes());
    }
    if !number.is_multiple_of(AWAITED_EVERY) {
        return server.plugins.put("swap", &bytes);
    }
    let told = server.put("swap", &bytes).await?;
    if good {
        ensure!(told.message() == "plugin loaded", "replacement {number}: {}", told.text);
    } else {
        ensure!(told.message() == "plugin refused", "replacement {number}: {}", told.text);
        ensure!(!told.field("reason").is_empty(), "a refusal says why: {}", told.text);
    }
    ensure!(told.field("digest") == digest(&bytes), "{}", told.text);
    Ok(())
}
