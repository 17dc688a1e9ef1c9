//! `cargo xtask bench` builds everything optimised, measures side by side, and prints figures, targets and verdicts.

mod peers;
mod today;

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
const BENCH_GUESTS: [&str; 4] = ["swap_v1", "swap_v2", "ten_tools", "trap"];
/// The regression bounds.
const BOUNDS_FILE: &str = "tests/benches/platform/bounds.txt";

#[derive(Args)]
#[command(after_long_help = "\
Groups: start (rows 1 and 2 of the table), reload (3, 4), calls (5 to 7), lists (8, 9), memory (10), many (11), tokens (12),
control (13). All of them take some 30 minutes, and the first build some 30 more.
Figures are compared within one run only, on a machine that does nothing else: a run says whether it did.")]
pub(crate) struct BenchArgs {
    /// Measure one group of figures; --help lists them
    #[arg(long, value_name = "GROUP", value_parser = ["start", "reload", "calls", "lists", "memory", "many", "tokens", "control"])]
    only: Option<String>,
    /// Measure servers of other projects too, which are installed below the target folder
    #[arg(long)]
    peers: bool,
    /// Write the table into docs/benchmarks.md, draw docs/benchmarks.svg, and set the bounds for --check
    #[arg(long, conflicts_with_all = ["only", "check"])]
    record: bool,
    /// Judge by what earlier runs have met, with slack, instead of the targets
    #[arg(long)]
    check: bool,
    /// Use a server for this many minutes instead, and tell whether what it holds stays the same
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..), conflicts_with_all = ["only", "peers", "record", "check"])]
    soak: Option<u64>,
    /// Compare with this checkout, which `cargo xtask build --release` has built, instead of the commit of the targets
    #[arg(long, value_name = "FOLDER")]
    today: Option<PathBuf>,
    /// Where the target for plugins comes from
    #[arg(long, value_enum, default_value_t)]
    wasm: wasm::Source,
}

/// Builds and measures. The exit code tells whether every target or bound is met.
pub(crate) fn run(workspace: Workspace, args: &BenchArgs) -> Result<ExitCode> {
    println!("Building everything optimised: some 30 minutes the first time.");
    let checkout = Checkout { workspace, wasm: args.wasm };
    let built = build::plugins(&checkout.workspace, &checkout.toolchain()?, Guests::Named(&BENCH_GUESTS))?;
    build::bundle(&checkout.workspace, "release", &built.plugins)?;
    let mut bench = Command::new(optimised(&checkout.workspace)?);
    bench.arg("--bench");
    match args.soak {
        Some(minutes) => {
            bench.args(["--soak", &minutes.to_string()]);
        }
        None => add_comparisons(&mut bench, &checkout, args)?,
    }
    println!("Measuring. What else runs on this machine is measured too.");
    let status = bench.status().with_context(|| format!("cannot run {}", bench.get_program().display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds what the figures are compared with, and tells the bench where it is.
fn add_comparisons(bench: &mut Command, checkout: &Checkout, args: &BenchArgs) -> Result<()> {
    let Checkout { workspace, .. } = checkout;
    println!("{}", examples::interpreted(checkout)?);
    let today = args.today.clone().map_or_else(|| today::build(workspace), Ok)?;
    bench.arg("--today").arg(today).args(args.only.iter().flat_map(|group| ["--only", group]));
    bench.arg("--bounds").arg(workspace.root.join(BOUNDS_FILE));
    if args.peers {
        peers::add(bench, workspace);
    }
    if args.check {
        bench.arg("--check");
    }
    if args.record {
        let commit = process::output(
            Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(&workspace.root),
        )?;
        bench.arg("--record").arg(workspace.root.join("docs")).args(["--commit", &commit]);
    }
    Ok(())
}

/// Builds the host as it is installed, and beside it the bench, which looks for it there.
fn optimised(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.env("LAMPLIGHTER_BUNDLE", workspace.bundle());
    build.args(["build", "--locked", "--release", "--workspace", "--bin", "lamplighter", "--bench", BENCH_TARGET]);
    let made = process::artifacts(&mut build)?;
    made.into_iter().find(|made| made.target == BENCH_TARGET).map(|made| made.path).context("there is no such bench")
}
