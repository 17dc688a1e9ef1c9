//! Measures what a plugin costs, and what many or large plugins cost: figures with their targets, in one table.
//!
//! - `calls`: a tool of a plugin against a bare MCP server with the same answer (`bare`);
//! - `many`: a hundred plugins with a thousand tools;
//! - `python`: one plugin of 18 MB, which is mostly an interpreter.
//!
//! `cargo xtask bench` builds what this needs and runs it. Figures that are compared are measured in turns in one run,
//! because machines differ, and one machine differs from minute to minute.

mod bare;
mod calls;
mod many;
mod process;
mod python;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use self::table::Figure;

/// The option that cargo gives to benches. Without it they run as tests, and this one has no test.
const MEASURE_OPTION: &str = "--bench";

/// The option that makes this program the bare server of `calls`; a file with its results follows.
const BARE_SERVER_OPTION: &str = "--bare-server";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        [BARE_SERVER_OPTION, results_file] => bare::serve(Path::new(results_file)).map(|()| ExitCode::SUCCESS),
        [MEASURE_OPTION] => measure(None).map(|figures| table::conclude(&figures)),
        [MEASURE_OPTION, group] => measure(Some(group)).map(|figures| table::conclude(&figures)),
        _ => Ok(ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

type Measure = fn() -> Result<Vec<Figure>>;

/// Measures every group of figures, or the one with this name.
fn measure(only: Option<&str>) -> Result<Vec<Figure>> {
    let groups: [(&str, Measure); 3] =
        [("calls", calls::measure), ("many", many::measure), ("python", python::measure)];
    let mut figures = Vec::new();
    for (_, measure) in groups.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        figures.extend(measure()?);
    }
    ensure!(!figures.is_empty(), "no such group of figures; the groups are calls, many and python");
    Ok(figures)
}
