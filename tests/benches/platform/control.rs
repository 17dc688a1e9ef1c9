//! Row 13: the whole home is turned off just after one of its rooms was.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use lamplighter_tests::figures::{Figure, Goal, Unit};
use serde_json::json;

use crate::Bench;
use crate::process::Process;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::start;
use crate::turns::{Contest, milliseconds_since};
use crate::version::{OURS, TODAY};

/// The pause in which the bridge's rate limits are themselves again.
const REST: Duration = Duration::from_secs(4);
/// The ratio up to which a time counts as not slower.
const NOT_SLOWER: f64 = 1.1;

/// A home in which one room is turned off before the rest.
struct Scenario {
    home: &'static str,
    name: &'static str,
    room: &'static str,
    rounds: usize,
    /// Are the most that the times to the last confirmation and to the last request may be of the earlier version's.
    goals: [f64; 2],
}

const SCENARIOS: [Scenario; 3] = [
    Scenario { home: DEMO_HOME, name: "16 lamps", room: "Living room", rounds: 7, goals: [0.6, 0.3] },
    Scenario { home: "30", name: "30 lamps", room: "Room 1", rounds: 3, goals: [NOT_SLOWER, NOT_SLOWER] },
    Scenario { home: "150", name: "150 lamps", room: "Room 1", rounds: 3, goals: [NOT_SLOWER, NOT_SLOWER] },
];

/// Measures the time to the answer, which tells of the last lamp's confirmation, and to the last request to the bridge.
pub(crate) fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for scenario in &SCENARIOS {
        figures.extend(measure_scenario(bench, scenario)?);
    }
    Ok(figures)
}

fn measure_scenario(bench: &Bench, scenario: &Scenario) -> Result<Vec<Figure>> {
    let mut homes = Vec::new();
    for version in [&bench.ours, &bench.today] {
        let simulator = Simulator::start(scenario.home)?;
        let process = start::warm(&start::server(version, &simulator)?)?;
        homes.push((process, simulator));
    }
    let (mut confirmed, mut sent) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..scenario.rounds {
        for (index, (process, simulator)) in homes.iter_mut().enumerate() {
            let (to_confirmation, to_last_put) = turn_off(process, simulator, scenario.room)?;
            confirmed[index].push(to_confirmation);
            sent[index].push(to_last_put);
        }
    }
    let contest = |what: &str, values: &[Vec<f64>]| {
        let name = format!("whole home off, {}: to the last {what}", scenario.name);
        Contest::new("13", name, Unit::Milliseconds, [OURS, TODAY], values)
    };
    let goal = |index: usize| [(TODAY, Goal::RatioAtMost(scenario.goals[index]))];
    let figures = [contest("confirmation", &confirmed)?.figures(&goal(0)), contest("PUT", &sent)?.figures(&goal(1))];
    Ok(figures.concat())
}

/// Turns all on, one room off and then everything. Returns the milliseconds to the answer and to the last `PUT`.
fn turn_off(process: &mut Process, simulator: &mut Simulator, room: &str) -> Result<(f64, f64)> {
    switch(process, "all", "on")?;
    std::thread::sleep(REST);
    switch(process, room, "off")?;
    let (began, began_at) = (Instant::now(), SystemTime::now());
    switch(process, "all", "off")?;
    let confirmed = milliseconds_since(began);
    let sent = simulator.last_put()?.duration_since(began_at).context("no PUT came after the call")?;
    Ok((confirmed, sent.as_secs_f64() * 1e3))
}

fn switch(process: &mut Process, room: &str, action: &str) -> Result<()> {
    process.call("hue_control_room", &json!({"room": room, "action": action})).map(drop)
}
