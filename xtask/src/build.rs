//! `cargo xtask build`: the plugins, the plugins of the tests, and the host.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::process::{self, Artifact};
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;

/// The first-party plugins: each is the package `lamplighter-NAME` and becomes `NAME.wasm`.
pub(crate) const PLUGINS: [&str; 4] = ["lights", "rooms", "scenes", "health"];
/// The package whose examples are the plugins that the tests need.
pub(crate) const GUESTS: &str = "lamplighter-test-guests";

#[derive(Args)]
pub(crate) struct BuildArgs {
    /// Build the host optimised, for installing, and leave out what only the tests need
    #[arg(long)]
    release: bool,
    /// Where the target for plugins comes from
    #[arg(long, value_enum, default_value_t)]
    wasm: wasm::Source,
}

pub(crate) fn run(workspace: &Workspace, args: &BuildArgs) -> Result<()> {
    let toolchain = Toolchain::ensure(workspace, args.wasm)?;
    let mut made = plugins(workspace, &toolchain)?;
    if !args.release {
        made.extend(guests(workspace, &toolchain)?);
    }
    let profile = if args.release { "release" } else { "dev" };
    made.push(host(workspace, profile)?);
    for path in made {
        println!("{:>9}  {}", process::size(&path), path.display());
    }
    Ok(())
}

/// Builds the first-party plugins into `target/plugins`.
pub(crate) fn plugins(workspace: &Workspace, toolchain: &Toolchain) -> Result<Vec<PathBuf>> {
    let mut build = toolchain.cargo(workspace, "build");
    build.args(PLUGINS.iter().flat_map(|name| ["--package".to_owned(), package(name)]));
    let components = components(process::artifacts(&mut build)?);
    PLUGINS
        .iter()
        .map(|name| {
            let library = package(name).replace('-', "_");
            let made = components.iter().find(|component| component.target == library);
            let made = made.with_context(|| format!("{} made no component; is it a cdylib?", package(name)))?;
            place(&made.path, &workspace.plugins().join(format!("{name}.wasm")))
        })
        .collect()
}

/// Builds the plugins of the tests into `target/guests`.
pub(crate) fn guests(workspace: &Workspace, toolchain: &Toolchain) -> Result<Vec<PathBuf>> {
    let mut build = toolchain.cargo(workspace, "build");
    build.args(["--package", GUESTS, "--examples"]);
    components(process::artifacts(&mut build)?)
        .iter()
        .map(|guest| place(&guest.path, &workspace.guests().join(format!("{}.wasm", guest.target))))
        .collect()
}

/// Builds two of them, which the demo shows, and answers where they lie.
pub(crate) fn guest_pair(workspace: &Workspace, toolchain: &Toolchain, names: [&str; 2]) -> Result<[PathBuf; 2]> {
    let mut build = toolchain.cargo(workspace, "build");
    build.args(["--package", GUESTS, "--example", names[0], "--example", names[1]]);
    let made = components(process::artifacts(&mut build)?);
    let find = |name: &str| {
        let guest = made.iter().find(|guest| guest.target == name);
        guest.map(|guest| guest.path.clone()).with_context(|| format!("{name} made no component"))
    };
    Ok([find(names[0])?, find(names[1])?])
}

/// Builds the binary and answers where it lies.
pub(crate) fn host(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args(["build", "--package", "lamplighter", "--bin", "lamplighter", "--profile", profile]);
    let made = process::artifacts(&mut build)?;
    let binary = made.into_iter().rev().find(|made| made.path.file_stem().is_some_and(|name| name == "lamplighter"));
    binary.map(|binary| binary.path).context("the package lamplighter made no binary")
}

/// The package of a first-party plugin.
pub(crate) fn package(plugin: &str) -> String {
    format!("lamplighter-{plugin}")
}

fn components(made: Vec<Artifact>) -> Vec<Artifact> {
    made.into_iter().filter(|made| made.path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

/// Puts a component where it is loaded from, at once or not at all: a host that watches the folder never sees half a
/// file, and sees nothing if nothing changed.
pub(crate) fn place(from: &Path, to: &Path) -> Result<PathBuf> {
    let bytes = std::fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if std::fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(to.to_owned());
    }
    let folder = to.parent().context("a component needs a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let aside = to.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&aside, bytes)
        .and_then(|()| std::fs::rename(&aside, to))
        .with_context(|| format!("cannot write {}", to.display()))?;
    Ok(to.to_owned())
}
