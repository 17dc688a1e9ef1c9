//! Rows 3 and 4: from a plugin's file being closed to its tool having answered.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use lamplighter_tests::figures::{Figure, Goal, Sample, Unit};
use lamplighter_tests::{built_example, stamped};
use serde_json::json;

use crate::Bench;
use crate::process::Process;
use crate::replay::Call;
use crate::server::Server;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::turns::{Contest, milliseconds_since, take_turns};
use crate::version::{OURS, TODAY, Version};

const PYTHON_ROUNDS: usize = 3;
const RUST_ROUNDS: usize = 15;

/// The time for which a new plugin is called at least, because the better code for it may be made a little later.
const MIN_WATCH: Duration = Duration::from_secs(5);
/// The longest time for which it is called while a child still compiles.
const MAX_WATCH: Duration = Duration::from_mins(2);

/// A running server, the component that it gets again and again, and a call of it.
struct Author {
    server: Server,
    process: Process,
    plugin: &'static str,
    component: Vec<u8>,
    call: Call,
    stamp: u64,
}

/// Measures a plugin of 18 MB, of which most is the Python interpreter, and then calls it while better code is made.
pub(crate) fn measure_python(bench: &Bench) -> Result<Vec<Figure>> {
    let component = built_example("sunset-python")?.map_err(|reason| anyhow!("no Python example: {reason}"))?;
    let simulator = Simulator::start(DEMO_HOME)?;
    let author = |version| {
        let call = Call::new("sunset", json!({"room": "Bedroom", "minutes": 1}));
        Author::new(version, &simulator, "sunset", component.clone(), call)
    };
    let mut authors = [author(&bench.ours)?, author(&bench.today)?];
    let values = take_turns(&mut authors, PYTHON_ROUNDS, Author::save)?;
    let name = format!("Python plugin, {} MB: saved to called", component.len() / 1_000_000);
    let contest = Contest::new("3", name, Unit::Milliseconds, [OURS, TODAY], &values)?;
    let mut figures = contest.figures(&[(TODAY, Goal::RatioAtMost(0.25))]);
    figures.extend(authors[0].call_while_compiling()?);
    Ok(figures)
}

/// Measures a plugin in Rust: each version's own `lights`, with bytes that were never seen.
pub(crate) fn measure_rust(bench: &Bench) -> Result<Vec<Figure>> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let author = |version: &Version| {
        let call = Call::new("hue_get_light", json!({"light": "Desk lamp"}));
        Author::new(version, &simulator, "lights", version.plugin("lights")?.1, call)
    };
    let values = take_turns(&mut [author(&bench.ours)?, author(&bench.today)?], RUST_ROUNDS, Author::save)?;
    let contest = Contest::new("4", "Rust plugin: saved to called", Unit::Milliseconds, [OURS, TODAY], &values)?;
    Ok(contest.figures(&[(TODAY, Goal::RatioAtMost(0.5))]))
}

impl Author {
    /// Starts a server with one other plugin, and waits until it has reached its bridge.
    fn new(
        version: &Version,
        simulator: &Simulator,
        plugin: &'static str,
        component: Vec<u8>,
        call: Call,
    ) -> Result<Self> {
        let server = Server::lamplighter(version, &[version.plugin("rooms")?], simulator.variables())?;
        let mut process = server.connect()?;
        process.wait_for_tools(&["hue_list_rooms"])?;
        process.wait_for_children()?;
        process.wait_for_bridge()?;
        Ok(Self { server, process, plugin, component, call, stamp: 0 })
    }

    /// Saves the plugin with new bytes, and returns the milliseconds until its tool has answered.
    ///
    /// Then removes it, once no child works for it: the next turn is the other's.
    fn save(&mut self) -> Result<f64> {
        let took = self.save_and_keep().with_context(|| self.server.log())?;
        self.process.wait_for_children()?;
        self.server.remove(self.plugin)?;
        self.process.wait_for_change()?;
        Ok(took)
    }

    fn save_and_keep(&mut self) -> Result<f64> {
        self.stamp += 1;
        let bytes = stamped(&self.component, self.stamp);
        let began = Instant::now();
        self.server.put(self.plugin, &bytes)?;
        self.process.wait_for_change()?;
        self.process.call(self.call.tool, &self.call.arguments)?;
        Ok(milliseconds_since(began))
    }

    /// Saves the plugin and calls it until no child compiles any more. No call may fail.
    fn call_while_compiling(&mut self) -> Result<Vec<Figure>> {
        self.save_and_keep()?;
        let (began, mut times, mut failed) = (Instant::now(), Vec::new(), 0_u32);
        while began.elapsed() < MIN_WATCH || (self.process.has_child()? && began.elapsed() < MAX_WATCH) {
            let called = Instant::now();
            failed += u32::from(self.process.call(self.call.tool, &self.call.arguments).is_err());
            times.push(milliseconds_since(called));
        }
        let failed = Sample::exact(failed.into());
        let longest = Sample::exact(times.iter().copied().fold(0.0, f64::max));
        let longest = Figure::alone("3", "the longest of them, beside the median", Unit::Milliseconds, longest);
        Ok(vec![
            Figure::alone("3", "calls that fail while better code is made", Unit::Count, failed)
                .aims_at(Goal::AtMost(0.0)),
            longest.beside("median", Sample::of(&times)?),
        ])
    }
}
