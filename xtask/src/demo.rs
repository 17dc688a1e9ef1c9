//! `cargo xtask demo` builds what the guided tour needs, and runs the tour.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::build::{self, Guests};
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;

/// The plugin that the tour replaces, and the guests that are its two versions.
const REPLACED_PLUGIN: &str = "bedtime.wasm";
const PLUGIN_VERSIONS: [&str; 2] = ["bedtime_v1", "bedtime_v2"];

pub(crate) fn run(workspace: Workspace) -> Result<ExitCode> {
    // On a terminal cargo shows a progress bar and removes it; elsewhere it would print pages of lines.
    let workspace = if std::io::stderr().is_terminal() { workspace } else { workspace.quietly() };
    println!("Building Lamplighter and its plugins: some 5 to 10 minutes the first time, seconds afterwards.");
    let tour = build_tour(&workspace)?;
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

/// The files that the tour needs.
struct Tour {
    binary: PathBuf,
    /// The folder of plugins that it starts with.
    plugins: PathBuf,
    /// The file that replaces its namesake in that folder.
    swap: PathBuf,
}

fn build_tour(workspace: &Workspace) -> Result<Tour> {
    let toolchain = Toolchain::ensure(workspace, wasm::Source::Auto)?;
    let plugins = workspace.target.join("demo").join("plugins");
    let swap = workspace.target.join("demo").join("swap").join(REPLACED_PLUGIN);
    let built = build::plugins(workspace, &toolchain, Guests::Named(&PLUGIN_VERSIONS))?;
    build::bundle(workspace, "dev", &built.plugins)?;
    for plugin in built.plugins {
        let name = plugin.file_name().context("a plugin is a file")?;
        build::place(&plugin, &plugins.join(name))?;
    }
    let version = |name: &str| workspace.guests().join(format!("{name}.wasm"));
    build::place(&version(PLUGIN_VERSIONS[0]), &plugins.join(REPLACED_PLUGIN))?;
    build::place(&version(PLUGIN_VERSIONS[1]), &swap)?;
    Ok(Tour { binary: build::host(workspace, "dev")?, plugins, swap })
}
