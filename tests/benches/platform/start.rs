//! Rows 1 and 2: from starting the process to a full list of tools.

use std::time::Instant;

use anyhow::{Context, Result};
use lamplighter_tests::figures::{Figure, Goal, Sample, Unit};
use serde_json::json;

use crate::Bench;
use crate::bare::{self, BARE};
use crate::process::Process;
use crate::replay::{Call, Replay};
use crate::server::Server;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::turns::{Contest, milliseconds_since, take_turns};
use crate::version::{OURS, TODAY, Version};

const FIRST_STARTS: usize = 5;
const WARM_STARTS: usize = 31;

/// One tool of each first-party plugin. A plugin's tools come all at once.
pub(crate) const FIRST_PARTY_TOOLS: [&str; 4] =
    ["hue_list_lights", "hue_list_rooms", "hue_list_scenes", "hue_check_health"];

/// Measures the first start on a machine, with nothing cached.
pub(crate) fn measure_first(bench: &Bench) -> Result<Vec<Figure>> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let mut missing = Vec::new();
    let mut versions = [&bench.ours, &bench.today];
    let values = take_turns(&mut versions, FIRST_STARTS, |version| {
        let server = server(version, &simulator)?;
        let start = start_to_full_list(&server).with_context(|| server.log())?;
        if version.name == OURS {
            missing.push(start.missing_at_first);
        }
        Ok(start.took)
    })?;
    let contest = Contest::new("1", "first start to full list", Unit::Milliseconds, [OURS, TODAY], &values)?;
    let worst = missing.into_iter().fold(0.0, f64::max);
    let complete = Figure::alone("1", "first list: plugins missing at worst", Unit::Count, Sample::exact(worst));
    Ok([contest.figures(&[(TODAY, Goal::RatioAtMost(0.05))]), vec![complete.aims_at(Goal::AtMost(0.0))]].concat())
}

/// Measures later starts, beside servers that answer the same list from memory.
pub(crate) fn measure_warm(bench: &Bench) -> Result<Vec<Figure>> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let (ours, today) = (server(&bench.ours, &simulator)?, server(&bench.today, &simulator)?);
    let mut process = warm(&ours)?;
    let call = Call::new("hue_get_light", json!({"light": "Desk lamp"}));
    let replay = Replay::record(&mut process, &[&call])?;
    drop((process, warm(&today)?));
    let mut servers = vec![ours, today, bare::server(&replay)?];
    servers.extend(bench.peers.servers(&replay)?);
    let values = take_turns(&mut servers, WARM_STARTS, |server| {
        let began = Instant::now();
        let mut process = server.connect()?;
        process.list()?;
        Ok(milliseconds_since(began))
    })?;
    let names = servers.iter().map(|server| server.name);
    let contest = Contest::new("2", "warm start to full list", Unit::Milliseconds, names, &values)?;
    Ok(contest.figures(&[(TODAY, Goal::RatioAtMost(0.5)), (BARE, Goal::RatioAtMost(5.0))]))
}

/// Prepares a version with its first-party plugins.
pub(crate) fn server(version: &Version, simulator: &Simulator) -> Result<Server> {
    Server::lamplighter(version, &version.first_party()?, simulator.variables())
}

/// Starts a server whose plugins are compiled then, so that later starts find them.
pub(crate) fn warm(server: &Server) -> Result<Process> {
    let mut process = server.connect()?;
    process.wait_for_tools(&FIRST_PARTY_TOOLS).with_context(|| server.log())?;
    process.wait_for_children()?;
    process.wait_for_bridge()?;
    Ok(process)
}

struct Start {
    /// Is the time to the full list, in milliseconds.
    took: f64,
    /// Counts the plugins whose tools the first answered list lacked.
    missing_at_first: f64,
}

fn start_to_full_list(server: &Server) -> Result<Start> {
    let began = Instant::now();
    let mut process = server.connect()?;
    let names = process.names()?;
    let missing = FIRST_PARTY_TOOLS.iter().filter(|tool| !names.iter().any(|name| name == *tool)).count();
    if missing > 0 {
        process.wait_for_tools(&FIRST_PARTY_TOOLS)?;
    }
    let took = milliseconds_since(began);
    process.wait_for_children()?;
    Ok(Start { took, missing_at_first: u32::try_from(missing)?.into() })
}
