//! Measures every figure of the table in `docs/benchmarks.md`, side by side with an earlier commit and with other servers.
//!
//! `cargo xtask bench` builds what this needs and runs it. All figures come from outside: this process is an MCP client
//! of servers that are processes of their own, and the simulated bridge is another process.
//!
//! - `start`, `reload`, `calls`, `lists`, `memory`, `many`, `tokens`, `control`: the groups of figures;
//! - `version`, `server`, `process`, `simulator`, `replay`, `peers`: what is measured, and how it is started;
//! - `turns`: contenders take turns, because machines differ from minute to minute;
//! - `machine`: says whether the machine did something else meanwhile;
//! - `soak`: hours of mixed use instead of figures;
//! - `report`, `plot`: the table and the drawing.

mod bare;
mod calls;
mod control;
mod lists;
mod machine;
mod many;
mod memory;
mod options;
mod peers;
mod plot;
mod process;
mod reload;
mod replay;
mod report;
mod server;
mod simulator;
mod soak;
mod start;
mod tokens;
mod turns;
mod version;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Parser as _;
use lamplighter_tests::figures::{Figure, Measurement};

use self::machine::Machine;
use self::options::Options;
use self::peers::Peers;
use self::version::Version;

/// The option that cargo gives to benches. Without it they run as tests, and this one has no test.
const MEASURE_OPTION: &str = "--bench";
/// The option that makes this program a bare MCP server; a file with its replay follows.
const BARE_SERVER_OPTION: &str = "--bare-server";
/// The option that makes this program a simulated bridge; the number of lamps or `demo` follows.
const SIMULATOR_OPTION: &str = "--simulator";
/// The characters of a reason that the table shows.
const MAX_REASON_LENGTH: usize = 160;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        [BARE_SERVER_OPTION, replay] => bare::serve(Path::new(replay)).map(|()| ExitCode::SUCCESS),
        [SIMULATOR_OPTION, home] => simulator::serve(home).map(|()| ExitCode::SUCCESS),
        _ if arguments.contains(&MEASURE_OPTION) => run(&Options::parse()),
        _ => Ok(ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(options: &Options) -> Result<ExitCode> {
    if let Some(minutes) = options.soak {
        return soak::run(minutes);
    }
    let bench = Bench { ours: Version::ours()?, today: Version::today(options)?, peers: Peers::new(options) };
    if let Some(only) = &options.only {
        ensure!(ROWS.iter().any(|row| row.group == only), "there is no group {only}");
    }
    let machine = Machine::look()?;
    let measurements = measure(&bench, options.only.as_deref());
    report::conclude(options, &measurements, &machine.load_since()?)
}

/// What is measured and compared.
struct Bench {
    ours: Version,
    /// Is the commit that the targets refer to.
    today: Version,
    peers: Peers,
}

/// A row of the table, or several that are measured together.
struct Row {
    group: &'static str,
    number: &'static str,
    name: &'static str,
    measure: fn(&Bench) -> Result<Vec<Figure>>,
}

/// All rows in the order of the table.
const ROWS: [Row; 14] = [
    Row { group: "start", number: "1", name: "first start", measure: start::measure_first },
    Row { group: "start", number: "2", name: "warm start", measure: start::measure_warm },
    Row { group: "reload", number: "3", name: "Python plugin to callable", measure: reload::measure_python },
    Row { group: "reload", number: "4", name: "Rust plugin to callable", measure: reload::measure_rust },
    Row { group: "calls", number: "5", name: "calls one by one", measure: calls::measure_single },
    Row { group: "calls", number: "6", name: "calls in flight", measure: calls::measure_in_flight },
    Row { group: "calls", number: "7", name: "processor time", measure: calls::measure_processor },
    Row { group: "lists", number: "8", name: "list of lamps", measure: lists::measure_small },
    Row { group: "lists", number: "9", name: "long lists", measure: lists::measure_large },
    Row { group: "memory", number: "10", name: "memory", measure: memory::measure },
    Row { group: "many", number: "11", name: "100 plugins", measure: many::measure_rust },
    Row { group: "many", number: "11", name: "interpreted plugins", measure: many::measure_interpreted },
    Row { group: "tokens", number: "12", name: "tool list", measure: tokens::measure },
    Row { group: "control", number: "13", name: "whole home off", measure: control::measure },
];

/// Measures every row, or those of one group. A row that fails does not lose the others.
fn measure(bench: &Bench, only: Option<&str>) -> Vec<Measurement> {
    let rows = ROWS.iter().filter(|row| only.is_none_or(|only| only == row.group));
    rows.flat_map(|row| measure_row(bench, row)).collect()
}

fn measure_row(bench: &Bench, row: &Row) -> Vec<Measurement> {
    eprintln!("measuring {}: {}", row.number, row.name);
    match (row.measure)(bench).with_context(|| row.name.to_owned()) {
        Ok(figures) => figures.into_iter().map(Measurement::Taken).collect(),
        Err(error) => {
            eprintln!("not measured: {error:#}");
            // Logs are for stderr; the table has a line.
            let causes = error.chain().skip(1).map(ToString::to_string).filter(|cause| !cause.contains('\n'));
            let reason = causes.collect::<Vec<_>>().join(": ").chars().take(MAX_REASON_LENGTH).collect();
            vec![Measurement::Missing { row: row.number, name: row.name.to_owned(), reason }]
        }
    }
}
