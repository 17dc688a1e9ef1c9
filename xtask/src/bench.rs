//! `cargo xtask bench` builds everything optimised, measures, and prints a table of figures and their targets.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::build::{self, Guests};
use crate::process;
use crate::test::{Checkout, examples};
use crate::wasm;
use crate::workspace::Workspace;

/// The bench of the package `lamplighter-tests`, and the plugins of the tests that it needs.
const BENCH_TARGET: &str = "platform";
const BENCH_GUESTS: [&str; 2] = ["echo", "ten_tools"];

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Measure one group of figures
    #[arg(long, value_parser = ["calls", "many", "python"])]
    only: Option<String>,
    /// Where the target for plugins comes from
    #[arg(long, value_enum, default_value_t)]
    wasm: wasm::Source,
}

/// Builds and measures. The exit code tells whether every target is met.
pub(crate) fn run(workspace: Workspace, args: &BenchArgs) -> Result<ExitCode> {
    println!("Building everything optimised: some 15 minutes the first time.");
    let checkout = Checkout { workspace, wasm: args.wasm };
    build::plugins(&checkout.workspace, &checkout.toolchain()?, Guests::Named(&BENCH_GUESTS))?;
    println!("{}", examples::python(&checkout)?);
    let bench = optimised(&checkout.workspace)?;
    println!("Measuring: some 3 minutes. What else runs on this machine is measured too.");
    let status = Command::new(&bench).arg("--bench").args(&args.only).status();
    let status = status.with_context(|| format!("cannot run {}", bench.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the host as it is installed, and beside it the bench, which looks for it there.
fn optimised(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--release", "--workspace", "--bin", "lamplighter", "--bench", BENCH_TARGET]);
    let made = process::artifacts(&mut build)?;
    made.into_iter().find(|made| made.target == BENCH_TARGET).map(|made| made.path).context("there is no such bench")
}
