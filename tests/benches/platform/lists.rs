//! Rows 8 and 9: the list of all lamps, in small homes and in large ones.

use anyhow::{Result, ensure};
use lamplighter_tests::figures::{Figure, Goal, Unit};
use serde_json::json;

use crate::Bench;
use crate::bare::BARE;
use crate::calls::Contenders;
use crate::replay::Call;
use crate::simulator::Simulator;
use crate::start;
use crate::turns::{Contest, take_turns};
use crate::version::TODAY;

const SMALL_HOME: &str = "16";
const SMALL_ROWS: usize = 40;

/// The lamps of the larger homes, and the rows of calls that are measured there.
const LARGE_HOMES: [(u32, usize); 2] = [(150, 12), (1_000, 4)];
/// The home in which a lamp must cost as little as in the first of [`LARGE_HOMES`].
const HUGE_HOME: u32 = 2_000;
const HUGE_ROUNDS: usize = 60;
/// The ratio up to which the cost of a lamp counts as flat.
const FLAT: f64 = 1.1;

/// Measures the list of 16 lamps, beside servers that answer the same bytes from memory.
pub(crate) fn measure_small(bench: &Bench) -> Result<Vec<Figure>> {
    let call = list_call();
    let mut contenders = Contenders::start(bench, SMALL_HOME, &call, true)?;
    let values = contenders.time_calls(&call, SMALL_ROWS)?;
    let name = format!("hue_list_lights, {SMALL_HOME} lamps: p50");
    let contest = Contest::new("8", name, Unit::Microseconds, contenders.names, &values)?;
    Ok(contest.figures(&[(TODAY, Goal::RatioAtMost(0.6)), (BARE, Goal::RatioAtMost(1.6))]))
}

/// Measures the full list of larger homes, and the cost of a lamp in the largest.
pub(crate) fn measure_large(bench: &Bench) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (lamps, rows) in LARGE_HOMES {
        figures.extend(measure_home(bench, lamps, rows)?);
    }
    figures.extend(measure_growth(bench)?);
    Ok(figures)
}

fn measure_home(bench: &Bench, lamps: u32, rows: usize) -> Result<Vec<Figure>> {
    let call = list_call();
    let mut contenders = Contenders::start(bench, &lamps.to_string(), &call, false)?;
    for process in &mut contenders.processes {
        check_full(&process.call(call.tool, &call.arguments)?, lamps)?;
    }
    let values = contenders.time_calls(&call, rows)?;
    let name = format!("hue_list_lights, {lamps} lamps: p50");
    let contest = Contest::new("9", name, Unit::Microseconds, contenders.names, &values)?;
    Ok(contest.figures(&[(TODAY, Goal::RatioAtMost(0.5))]))
}

/// Compares the cost of a lamp in the largest home with that in the first of the large ones.
fn measure_growth(bench: &Bench) -> Result<Vec<Figure>> {
    let call = list_call();
    let mut processes = Vec::new();
    for lamps in [HUGE_HOME, LARGE_HOMES[0].0] {
        let simulator = Simulator::start(&lamps.to_string())?;
        let server = start::server(&bench.ours, &simulator)?;
        let mut process = start::warm(&server)?;
        check_full(&process.call(call.tool, &call.arguments)?, lamps)?;
        processes.push((process, lamps, simulator));
    }
    let values = take_turns(&mut processes, HUGE_ROUNDS, |(process, lamps, _)| {
        let began = std::time::Instant::now();
        process.call(call.tool, &call.arguments)?;
        Ok(began.elapsed().as_secs_f64() * 1e6 / f64::from(*lamps))
    })?;
    let name = format!("hue_list_lights, a lamp of {HUGE_HOME}");
    let contest = Contest::new("9", name, Unit::Microseconds, ["ours", "a lamp of 150"], &values)?;
    Ok(contest.figures(&[("a lamp of 150", Goal::RatioAtMost(FLAT))]))
}

fn list_call() -> Call {
    Call::new("hue_list_lights", json!({}))
}

/// Checks that the answer holds every lamp, so that a shorter answer does not pass for a faster one.
fn check_full(result: &serde_json::Value, lamps: u32) -> Result<()> {
    let listed = result["structuredContent"]["data"]["lights"].as_array().map_or(0, Vec::len);
    ensure!(u32::try_from(listed)? == lamps, "the list holds {listed} of {lamps} lamps");
    Ok(())
}
