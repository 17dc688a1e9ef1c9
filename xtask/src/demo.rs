//! `cargo xtask demo`: builds what the tour needs, and runs it.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::build::{self, Guests};
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;

/// The plugin that the tour swaps, and the examples that are its two versions.
const SWAPPED: &str = "bedtime.wasm";
const VERSIONS: [&str; 2] = ["bedtime_v1", "bedtime_v2"];

pub(crate) fn run(workspace: Workspace) -> Result<ExitCode> {
    // On a terminal cargo shows a progress bar and takes it away again; elsewhere it would be pages of lines.
    let workspace = if std::io::stderr().is_terminal() { workspace } else { workspace.quietly() };
    println!("Building Lamplighter and its plugins: some 5 to 10 minutes the first time, seconds afterwards.");
    let tour = gather(&workspace)?;
    let status = Command::new(&tour.binary)
        .arg("demo")
        .arg("--plugins")
        .arg(&tour.plugins)
        .arg("--swap")
        .arg(&tour.swap)
        .status()
        .with_context(|| format!("cannot run {}", tour.binary.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the tour is made of.
struct Tour {
    binary: PathBuf,
    /// The folder of plugins it starts with.
    plugins: PathBuf,
    /// The file that takes the place of its namesake in that folder.
    swap: PathBuf,
}

fn gather(workspace: &Workspace) -> Result<Tour> {
    let toolchain = Toolchain::ensure(workspace, wasm::Source::Auto)?;
    let plugins = workspace.target.join("demo").join("plugins");
    let swap = workspace.target.join("demo").join("swap").join(SWAPPED);
    let built = build::plugins(workspace, &toolchain, Guests::Named(&VERSIONS))?;
    for plugin in built.plugins {
        let name = plugin.file_name().context("a plugin is a file")?;
        build::place(&plugin, &plugins.join(name))?;
    }
    let version = |name: &str| workspace.guests().join(format!("{name}.wasm"));
    build::place(&version(VERSIONS[0]), &plugins.join(SWAPPED))?;
    build::place(&version(VERSIONS[1]), &swap)?;
    Ok(Tour { binary: build::host(workspace, "dev")?, plugins, swap })
}
