//! What a plugin costs, and what many or large ones cost: figures with their targets, in one table.
//!
//! - `calls`: a tool of a plugin against the same tool in the server itself;
//! - `many`: a hundred plugins with a thousand tools;
//! - `python`: one plugin of 18 MB, which is mostly an interpreter.
//!
//! Run with `cargo xtask bench`, which builds what this needs. What is compared is measured in turns in one run, since
//! machines differ, and so does one from minute to minute.

mod calls;
mod many;
mod native;
mod process;
mod python;
mod table;

use std::process::ExitCode;

use anyhow::{Result, ensure};

use self::table::Figure;

/// cargo's word for benches; without it they are run as tests, and there is nothing to test.
const MEASURE: &str = "--bench";

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => ExitCode::SUCCESS,
        Some(MEASURE) => match measure(std::env::args().nth(2).as_deref()) {
            Ok(figures) => table::conclude(&figures),
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
        // The program itself, with the tools of `native`; started by `calls`.
        Some(_) => lamplighter::main_with(native::tools),
    }
}

type Measure = fn() -> Result<Vec<Figure>>;

/// All of them, or one group by its name.
fn measure(only: Option<&str>) -> Result<Vec<Figure>> {
    let groups: [(&str, Measure); 3] =
        [("calls", calls::measure), ("many", many::measure), ("python", python::measure)];
    let mut figures = Vec::new();
    for (_, measure) in groups.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        figures.extend(measure()?);
    }
    ensure!(!figures.is_empty(), "there is no such group of figures: calls, many and python are there");
    Ok(figures)
}
