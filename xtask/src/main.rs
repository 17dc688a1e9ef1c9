//! The project's own commands, which `cargo xtask help` lists.
//!
//! # Layout
//! - `workspace`: finds the workspace's folders; nothing here assumes `./target`
//! - `process`: runs cargo and other programs
//! - `wasm`: gets the target that plugins are built for
//! - `debian`: installs Debian's packages where it may
//! - `build`: builds plugins, the plugins of the tests, and the host
//! - `test`: checks everything that must hold before a change is taken, in steps
//! - `layers`: checks which module uses which
//! - `prose`: counts names and sentences that are hard to read
//! - `bench`: builds and measures
//! - `demo`: builds and runs the guided tour

mod bench;
mod build;
mod debian;
mod demo;
mod layers;
#[cfg(test)]
mod map;
mod process;
mod prose;
mod test;
mod wasm;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Run one of the project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugins and the host
    Build(build::BuildArgs),
    /// Run every step that CI runs, and print a summary at the end
    Test(test::TestArgs),
    /// Print which module uses which, and what is against the layers
    Layers,
    /// Count doc comments without a verb and constants of one bare word
    Prose(prose::ProseArgs),
    /// Build, and measure what plugins cost
    Bench(bench::BenchArgs),
    /// Build, and show Lamplighter at work on a simulated home
    Demo,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match &cli.command {
        Command::Build(args) => build::run(&workspace, args).map(|()| ExitCode::SUCCESS),
        Command::Test(args) => test::run(workspace, args),
        Command::Layers => layers::run(&workspace),
        Command::Prose(args) => prose::run(&workspace, args),
        Command::Bench(args) => bench::run(workspace, args),
        Command::Demo => demo::run(workspace),
    }
}
