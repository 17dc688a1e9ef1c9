//! `cargo xtask build` builds the plugins, the plugins of the tests, and the host.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::process::{self, Artifact};
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;

/// The first-party plugins. Each is the package `lamplighter-NAME` and becomes `NAME.wasm`.
pub(crate) const FIRST_PARTY_PLUGINS: [&str; 4] = ["lights", "rooms", "scenes", "health"];
/// The package whose examples are the plugins that the tests need.
pub(crate) const GUESTS_PACKAGE: &str = "lamplighter-test-guests";
/// The package that holds the example in Rust.
pub(crate) const EXAMPLE_PACKAGE: &str = "sunset";

#[derive(Args)]
pub(crate) struct BuildArgs {
    /// Build the host optimised, for installing, and leave out what only the tests need
    #[arg(long)]
    release: bool,
    /// Build the first-party plugins alone, into `target/plugins`, and their machine code, into `target/bundle`
    #[arg(long, conflicts_with = "release")]
    only_plugins: bool,
    /// Where the target for plugins comes from
    #[arg(long, value_enum, default_value_t)]
    wasm: wasm::Source,
}

/// Selects the plugins to build that only tests and the tour need.
#[derive(Clone, Copy)]
pub(crate) enum Guests {
    None,
    /// Builds all of them into `target/guests`, and the example in Rust into `target/examples`.
    All,
    /// Builds those with these names into `target/guests`.
    Named(&'static [&'static str]),
}

pub(crate) fn run(workspace: &Workspace, args: &BuildArgs) -> Result<()> {
    let toolchain = Toolchain::ensure(workspace, args.wasm)?;
    if args.only_plugins {
        let built = plugins(workspace, &toolchain, Guests::None)?;
        return bundle(workspace, "release", &built.plugins);
    }
    let (guests, profile) = if args.release { (Guests::None, "release") } else { (Guests::All, "dev") };
    let built = plugins(workspace, &toolchain, guests)?;
    bundle(workspace, profile, &built.plugins)?;
    let host = host(workspace, profile)?;
    for path in built.plugins.iter().chain([&host]) {
        println!("{:>9}  {}", process::size(path), path.display());
    }
    if !built.guests.is_empty() {
        println!("{:>9}  plugins for the tests in {}", built.guests.len(), workspace.guests().display());
    }
    Ok(())
}

/// The paths of the components that were built.
pub(crate) struct Built {
    /// Holds them in the order of [`FIRST_PARTY_PLUGINS`].
    pub(crate) plugins: Vec<PathBuf>,
    pub(crate) guests: Vec<PathBuf>,
}

/// Builds the first-party plugins into `target/plugins`, and guests.
///
/// One call of cargo builds them all: in two calls, features would unify differently and dependencies be compiled twice.
pub(crate) fn plugins(workspace: &Workspace, toolchain: &Toolchain, guests: Guests) -> Result<Built> {
    let mut build = toolchain.cargo(workspace, "build");
    build.args(FIRST_PARTY_PLUGINS.iter().flat_map(|name| ["--package".to_owned(), package(name)])).arg("--lib");
    match guests {
        Guests::None => {}
        Guests::All => {
            build
                .args(["--package", EXAMPLE_PACKAGE, "--package", GUESTS_PACKAGE, "--examples"])
                .args(toolchain.guest_features());
        }
        Guests::Named(names) => {
            build.args(["--package", GUESTS_PACKAGE]).args(names.iter().flat_map(|name| ["--example", name]));
        }
    }
    let made = components(process::artifacts(&mut build)?);
    if let Some(example) = made.iter().find(|made| made.target == EXAMPLE_PACKAGE) {
        place(&example.path, &workspace.target.join("examples").join("sunset-rust.wasm"))?;
    }
    let plugins = FIRST_PARTY_PLUGINS.iter().map(|name| place_plugin(workspace, &made, name)).collect::<Result<_>>()?;
    let guests = made
        .iter()
        .filter(|made| made.is_example)
        .map(|guest| place(&guest.path, &workspace.guests().join(format!("{}.wasm", guest.target))));
    Ok(Built { plugins, guests: guests.collect::<Result<_>>()? })
}

fn place_plugin(workspace: &Workspace, made: &[Artifact], name: &str) -> Result<PathBuf> {
    let library = package(name).replace('-', "_");
    let made = made.iter().find(|component| component.target == library);
    let made = made.with_context(|| format!("{} made no component; is it a cdylib?", package(name)))?;
    place(&made.path, &workspace.plugins().join(format!("{name}.wasm")))
}

/// Compiles the first-party plugins to the machine code that the host has inside.
pub(crate) fn bundle(workspace: &Workspace, profile: &str, plugins: &[PathBuf]) -> Result<()> {
    let compiler = binary(workspace, "lamplighter-precompile", profile)?;
    process::run(Command::new(compiler).arg(wasm::host_target(workspace)?).arg(workspace.bundle()).args(plugins))
}

/// Builds the host and returns its path. Its plugins are compiled already.
pub(crate) fn host(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    binary(workspace, "lamplighter", profile)
}

fn binary(workspace: &Workspace, name: &str, profile: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    if profile == "release" {
        build.env("LAMPLIGHTER_BUNDLE", workspace.bundle());
    }
    // `--workspace` gives the features that the tests have too, so that nothing is compiled twice.
    build.args(["build", "--workspace", "--bin", name, "--profile", profile]);
    let made = process::artifacts(&mut build)?;
    let binary = made.into_iter().rev().find(|made| made.path.file_stem().is_some_and(|stem| stem == name));
    binary.map(|binary| binary.path).with_context(|| format!("there is no binary {name}"))
}

/// Names the package of a first-party plugin.
pub(crate) fn package(plugin: &str) -> String {
    format!("lamplighter-{plugin}")
}

fn components(made: Vec<Artifact>) -> Vec<Artifact> {
    made.into_iter().filter(|made| made.path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

/// Copies a component to where it is loaded from, atomically, and only if it changed.
///
/// A host that watches the folder never sees half a file, and sees no change if there is none.
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
