//! Rows 5 to 7: a small call of a plugin's tool, one by one and many in flight, and the processor time that it takes.

use std::time::Instant;

use anyhow::{Context, Result};
use lamplighter_tests::figures::{Figure, Goal, Unit};
use serde_json::json;

use crate::Bench;
use crate::bare::{self, BARE};
use crate::peers::HYPER_MCP;
use crate::process::Process;
use crate::replay::{Call, Replay};
use crate::simulator::{DEMO_HOME, Simulator};
use crate::start;
use crate::turns::{Contest, take_turns};
use crate::version::{OURS, TODAY};

/// The calls of one server in a row. What a server does after a call then delays its own next call.
const ROW_LENGTH: usize = 50;
const MEASURED_ROWS: usize = 60;
/// The rows before those, which fill the caches.
const WARM_UP_ROWS: usize = 6;

const IN_FLIGHT: usize = 64;
const CALLS_PER_TURN: usize = 2_000;
const THROUGHPUT_TURNS: usize = 7;

const CALLS_PER_CPU_TURN: u32 = 1_000;
const CPU_TURNS: usize = 10;

/// Servers that answer the same call. The first is ours, the second the earlier version.
pub(crate) struct Contenders {
    pub(crate) names: Vec<&'static str>,
    pub(crate) processes: Vec<Process>,
    _simulator: Simulator,
}

/// Measures calls that come one by one.
pub(crate) fn measure_single(bench: &Bench) -> Result<Vec<Figure>> {
    let call = small_call();
    let mut contenders = Contenders::start(bench, DEMO_HOME, &call, true)?;
    let values = contenders.time_calls(&call, MEASURED_ROWS)?;
    let name = "hue_get_light, one by one: p50";
    let contest = Contest::new("5", name, Unit::Microseconds, contenders.names, &values)?;
    Ok(contest.figures(&[(BARE, Goal::RatioAtMost(1.5)), (HYPER_MCP, Goal::RatioAtMost(0.7))]))
}

/// Measures calls of which many are in flight.
pub(crate) fn measure_in_flight(bench: &Bench) -> Result<Vec<Figure>> {
    let call = small_call();
    let mut contenders = Contenders::start(bench, DEMO_HOME, &call, true)?;
    take_turns(&mut contenders.processes, 1, |process| throughput(process, &call))?;
    let values = take_turns(&mut contenders.processes, THROUGHPUT_TURNS, |process| throughput(process, &call))?;
    let name = format!("hue_get_light, {IN_FLIGHT} in flight");
    let contest = Contest::new("6", name, Unit::CallsPerSecond, contenders.names, &values)?;
    Ok(contest.figures(&[(BARE, Goal::RatioAtLeast(0.7)), (HYPER_MCP, Goal::RatioAtLeast(1.4))]))
}

/// Measures the processor time of a call, with the work after its answer.
pub(crate) fn measure_processor(bench: &Bench) -> Result<Vec<Figure>> {
    let call = small_call();
    let mut contenders = Contenders::start(bench, DEMO_HOME, &call, false)?;
    take_turns(&mut contenders.processes, 1, |process| processor_time(process, &call))?;
    let values = take_turns(&mut contenders.processes, CPU_TURNS, |process| processor_time(process, &call))?;
    let name = "hue_get_light: processor time of a call";
    let contest = Contest::new("7", name, Unit::Microseconds, contenders.names, &values)?;
    Ok(contest.figures(&[(TODAY, Goal::RatioAtMost(0.6))]))
}

fn small_call() -> Call {
    Call::new("hue_get_light", json!({"light": "Desk lamp"}))
}

impl Contenders {
    /// Starts both versions with a home, the bare server and, if wanted, the peers with our answer to the call.
    pub(crate) fn start(bench: &Bench, home: &str, call: &Call, with_peers: bool) -> Result<Self> {
        let simulator = Simulator::start(home)?;
        let (mut names, mut processes) = (vec![OURS, TODAY], Vec::new());
        for version in [&bench.ours, &bench.today] {
            let server = start::server(version, &simulator)?;
            processes.push((start::warm(&server)?, server));
        }
        let replay = Replay::record(&mut processes[0].0, &[call])?;
        let mut others = vec![bare::server(&replay)?];
        if with_peers {
            others.extend(bench.peers.servers(&replay)?);
        }
        for server in others {
            let mut process = server.connect()?;
            process.call(call.tool, &call.arguments).with_context(|| server.log())?;
            names.push(server.name);
            processes.push((process, server));
        }
        Ok(Self {
            names,
            processes: processes.into_iter().map(|(process, _)| process).collect(),
            _simulator: simulator,
        })
    }

    /// Returns the microseconds of each call of each contender, who take turns row by row.
    pub(crate) fn time_calls(&mut self, call: &Call, rows: usize) -> Result<Vec<Vec<f64>>> {
        let mut values = vec![Vec::new(); self.processes.len()];
        for turn in 0..WARM_UP_ROWS + rows {
            for (process, values) in self.processes.iter_mut().zip(&mut values) {
                for _ in 0..ROW_LENGTH {
                    let took = time(process, call)?;
                    if turn >= WARM_UP_ROWS {
                        values.push(took);
                    }
                }
            }
        }
        Ok(values)
    }
}

/// Returns the microseconds from writing a request to having read its answer.
fn time(process: &mut Process, call: &Call) -> Result<f64> {
    let line = process.call_line(call.tool, &call.arguments);
    let began = Instant::now();
    process.send(&line)?;
    process.receive_result()?;
    Ok(began.elapsed().as_secs_f64() * 1e6)
}

/// Returns the calls per second of a turn in which as many calls as allowed are always in flight.
#[allow(clippy::cast_precision_loss, reason = "a turn has few calls")]
fn throughput(process: &mut Process, call: &Call) -> Result<f64> {
    let lines: Vec<_> = (0..CALLS_PER_TURN).map(|_| process.call_line(call.tool, &call.arguments)).collect();
    let began = Instant::now();
    let (first, rest) = lines.split_at(IN_FLIGHT);
    process.send(&first.concat())?;
    for line in rest {
        process.receive_result()?;
        process.send(line)?;
    }
    for _ in first {
        process.receive_result()?;
    }
    Ok(CALLS_PER_TURN as f64 / began.elapsed().as_secs_f64())
}

/// Returns the microseconds of processor time that a call takes.
fn processor_time(process: &mut Process, call: &Call) -> Result<f64> {
    let before = process.processor_time_at_rest()?;
    for _ in 0..CALLS_PER_CPU_TURN {
        time(process, call)?;
    }
    Ok((process.processor_time_at_rest()? - before) * 1e3 / f64::from(CALLS_PER_CPU_TURN))
}
