//! What a run prints, and what it writes into the repository if it is asked to.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use lamplighter_tests::figures::{Bounds, Measurement, markdown_table, print_table, replace_section, summarize};

use crate::machine::Load;
use crate::options::Options;
use crate::plot;

/// The page that holds the table, and the drawing beside it.
const PAGE: &str = "benchmarks.md";
const DRAWING: &str = "benchmarks.svg";

/// Prints the table and the verdict, and writes what is to be recorded. The exit code is the verdict.
pub(crate) fn conclude(options: &Options, measurements: &[Measurement], load: &Load) -> Result<ExitCode> {
    println!("\n{}\n{}", print_table(measurements), load.describe());
    for absent in &options.absent {
        println!("Absent: {absent}");
    }
    if options.hyper_mcp.is_none() {
        println!("Targets against hyper-mcp are judged with --peers alone.");
    }
    let is_well = if options.check { check(options, measurements)? } else { judge(measurements) };
    if let Some(docs) = &options.record {
        record(docs, options, measurements, load)?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Judges by the targets.
fn judge(measurements: &[Measurement]) -> bool {
    let (summary, is_well) = summarize(measurements);
    println!("\n{summary}");
    is_well
}

/// Judges by the regression bounds. What could not be measured fails too.
fn check(options: &Options, measurements: &[Measurement]) -> Result<bool> {
    let bounds = read_bounds(options)?;
    let exceeded = bounds.exceeded(measurements);
    let missing = measurements.iter().filter(|measurement| measurement.figure().is_none()).count();
    for exceeded in &exceeded {
        println!("Worse than its bound: {exceeded}");
    }
    for title in bounds.unmeasured(measurements) {
        println!("Has a bound and was not measured in this run: {title}");
    }
    let is_well = exceeded.is_empty() && missing == 0;
    println!("\n{}", if is_well { "No bound is exceeded." } else { "Not as good as before." });
    Ok(is_well)
}

fn read_bounds(options: &Options) -> Result<Bounds> {
    let file = options.bounds.as_ref().context("no --bounds FILE")?;
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Bounds::parse(&text).with_context(|| format!("{} is no table of bounds", file.display()))
}

/// Writes the table into its page, the drawing beside it, and the bounds of what was met.
fn record(docs: &Path, options: &Options, measurements: &[Measurement], load: &Load) -> Result<()> {
    let page = docs.join(PAGE);
    let text = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    fs::write(&page, replace_section(&text, &section(options, measurements, load))?)?;
    plot::draw(&docs.join(DRAWING), measurements)?;
    if let Some(file) = &options.bounds {
        fs::write(file, Bounds::from_met(measurements).or(read_bounds(options)?).format())?;
    }
    println!("Recorded in {} and {DRAWING} beside it.", page.display());
    Ok(())
}

fn section(options: &Options, measurements: &[Measurement], load: &Load) -> String {
    let absent = options.absent.iter().fold(String::new(), |text, absent| text + "Absent: " + absent + "\n\n");
    format!(
        "Measured at commit {} on {} processors. {}\n\n{absent}{}\n{}\n\n![Starts and calls beside other servers]({DRAWING})",
        options.commit,
        load.processors,
        load.describe(),
        markdown_table(measurements),
        summarize(measurements).0,
    )
}
