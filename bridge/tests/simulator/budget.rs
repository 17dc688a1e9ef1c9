//! Tests the budget in real time, against the limits of a real bridge.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use hue_bridge_sim::{Fault, Simulator};
use serde_json::Value;

use crate::greedy::{CALLER_COUNT, CommandResult, End, all_at_once, home};

/// Takes 60 s and hardly any processor: .config/nextest.toml starts it first.
#[tokio::test]
async fn sixty_seconds_of_twenty_greedy_callers_meet_no_429_and_lose_nothing() {
    let (sim, bridge) = home().await;
    // The latency is so high that two requests in flight would be too few, and that four would be noticed.
    sim.set_fault(Some(Fault::Latency(Duration::from_millis(220))));
    let results = all_at_once(&bridge, Duration::from_mins(1)).await;

    let requests = sim.requests();
    // Status 499 means that the caller's deadline passed.
    let refused = |status: u16| status >= 400 && status != 499;
    let turned_away: Vec<_> = requests.iter().filter(|request| refused(request.status)).collect();
    assert!(turned_away.is_empty(), "{turned_away:?}");
    assert_eq!(bridge.status().throttled, 0);
    assert_eq!(sim.radio_traffic().lost, 0, "{:?}", sim.radio_traffic());

    let others: Vec<_> = results.iter().filter(|it| matches!(it.end, End::Other(_))).collect();
    assert!(others.is_empty(), "{others:?}");
    let refused = results.iter().filter(|it| it.end == End::Refused).count();
    assert!(refused > 0, "nobody had too little time");

    // Nothing is lost or doubled: the bridge did each command that was reported as sent, and did it once.
    let done: Vec<_> = puts(&sim).iter().map(|(_, brightness)| key(*brightness)).collect();
    let once: BTreeSet<_> = done.iter().copied().collect();
    assert_eq!(once.len(), done.len(), "doubled");
    let ended = |end: End| results.iter().filter(move |it| it.end == end).map(|it| key(it.brightness));
    let (sent, unsure): (BTreeSet<_>, BTreeSet<_>) = (ended(End::Sent).collect(), ended(End::Unsure).collect());
    assert!(sent.is_subset(&once), "lost: {:?}", sent.difference(&once));
    let unasked: Vec<_> = once.difference(&sent).filter(|key| !unsure.contains(key)).collect();
    assert!(unasked.is_empty(), "done, but reported as not done: {unasked:?}");

    check_document(&sim);
    check_shares(&results);
}

/// Checks that each light is in the state that its last command asked for.
fn check_document(sim: &Simulator) {
    let mut last: BTreeMap<String, f64> = BTreeMap::new();
    for (path, brightness) in puts(sim) {
        let id = path.rsplit('/').next().unwrap_or_default().to_owned();
        match sim.resource("scene", &id) {
            Some(scene) => {
                let actions = scene["actions"].as_array().cloned().unwrap_or_default();
                let lights = actions.iter().filter_map(|action| action["target"]["rid"].as_str().map(str::to_owned));
                last.extend(lights.map(|light| (light, brightness)));
            }
            None => {
                last.insert(id, brightness);
            }
        }
    }
    assert!(last.len() > 100);
    for (id, expected) in last {
        let light = sim.resource("light", &id).expect("a light");
        let brightness = light["dimming"]["brightness"].as_f64().unwrap_or_default();
        assert!((brightness - expected).abs() < 0.4, "{id}: {brightness} instead of {expected}");
    }
}

/// Checks the callers' shares generously, because the machine may be busy. The unit
/// tests prove them in simulated time.
fn check_shares(results: &[CommandResult]) {
    let mut shares = [0_u32; CALLER_COUNT];
    for it in results.iter().filter(|it| it.end == End::Sent) {
        shares[it.caller] += 1;
    }
    let all = shares.iter().sum::<u32>();
    let least = shares.iter().min().copied().unwrap_or_default();
    assert!(all > 400 && all <= 680, "{all} commands in 60 s");
    assert!(f64::from(least) > 0.5 * f64::from(all) / 20.0, "{shares:?}");
}

/// Returns the commands that the bridge did, with the brightness that identifies each.
fn puts(sim: &Simulator) -> Vec<(String, f64)> {
    let puts = sim.requests().into_iter().filter(|request| request.method == "PUT" && request.acted);
    let brightness = |body: &Value| {
        body.pointer("/recall/dimming/brightness").or(body.pointer("/dimming/brightness")).and_then(Value::as_f64)
    };
    puts.map(|request| (request.path, request.body.as_ref().and_then(brightness).expect("a brightness"))).collect()
}

/// Converts a brightness to whole hundredths of a percent.
fn key(brightness: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "of 0 to 10 000")]
    let hundredths = (brightness * 100.0).round() as i64;
    hundredths
}
