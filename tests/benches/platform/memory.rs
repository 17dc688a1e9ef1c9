//! Row 10: the memory of the server alone, with its four plugins, after thousands of calls.

use anyhow::Result;
use lamplighter_tests::figures::{Figure, Goal, Unit};
use serde_json::json;

use crate::Bench;
use crate::process::Memory;
use crate::replay::Call;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::start;
use crate::turns::Contest;
use crate::version::{OURS, TODAY, Version};

const ROUNDS: usize = 3;
const CALL_COUNT: usize = 2_000;

/// Measures both versions after the same calls, each in a process that found its plugins compiled.
pub(crate) fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let (mut anonymous, mut peak) = ([vec![], vec![]], [vec![], vec![]]);
    let versions = [&bench.ours, &bench.today];
    for _ in 0..ROUNDS {
        for (index, version) in versions.into_iter().enumerate() {
            let memory = memory_after_calls(version, &simulator)?;
            anonymous[index].push(memory.anonymous);
            peak[index].push(memory.peak);
        }
    }
    let contest = |name: &str, values| Contest::new("10", name, Unit::Mebibytes, [OURS, TODAY], values);
    let anonymous = contest("anonymous memory after 2,000 calls", &anonymous)?;
    let peak = contest("peak resident memory (VmHWM) then", &peak)?;
    let goal = |ratio| [(TODAY, Goal::RatioAtMost(ratio))];
    Ok([anonymous.figures(&goal(0.6)), peak.figures(&goal(0.75))].concat())
}

fn memory_after_calls(version: &Version, simulator: &Simulator) -> Result<Memory> {
    let calls = [
        Call::new("hue_list_lights", json!({})),
        Call::new("hue_get_light", json!({"light": "Desk lamp"})),
        Call::new("hue_list_rooms", json!({})),
        Call::new("hue_list_scenes", json!({})),
        Call::new("hue_check_health", json!({})),
    ];
    let server = start::server(version, simulator)?;
    drop(start::warm(&server)?);
    let mut process = start::warm(&server)?;
    for call in calls.iter().cycle().take(CALL_COUNT) {
        process.call(call.tool, &call.arguments)?;
    }
    process.memory()
}
