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

/// The package of the example in Rust.
pub(crate) const EXAMPLE: &str = "sunset";

/// Which of the plugins that only tests and the tour need are built.
#[derive(Clone, Copy)]
pub(crate) enum Guests {
    None,
    /// All of them, into `target/guests`, and the example in Rust, into `target/examples`.
    All,
    /// The examples with these names, into `target/guests`.
    Named(&'static [&'static str]),
}

pub(crate) fn run(workspace: &Workspace, args: &BuildArgs) -> Result<()> {
    let toolchain = Toolchain::ensure(workspace, args.wasm)?;
    let (guests, profile) = if args.release { (Guests::None, "release") } else { (Guests::All, "dev") };
    let built = plugins(workspace, &toolchain, guests)?;
    let host = host(workspace, profile)?;
    for path in built.plugins.iter().chain([&host]) {
        println!("{:>9}  {}", process::size(path), path.display());
    }
    if !built.guests.is_empty() {
        println!("{:>9}  plugins for the tests in {}", built.guests.len(), workspace.guests().display());
    }
    Ok(())
}

/// Where the components lie that were built.
pub(crate) struct Built {
    /// In the order of [`PLUGINS`].
    pub(crate) plugins: Vec<PathBuf>,
    pub(crate) guests: Vec<PathBuf>,
}

/// Builds the first-party plugins into `target/plugins`, and guests.
///
/// All in one call of cargo: in two, features would unify differently and dependencies be compiled twice.
pub(crate) fn plugins(workspace: &Workspace, toolchain: &Toolchain, guests: Guests) -> Result<Built> {
    let mut build = toolchain.cargo(workspace, "build");
    build.args(PLUGINS.iter().flat_map(|name| ["--package".to_owned(), package(name)])).arg("--lib");
    match guests {
        Guests::None => {}
        Guests::All => {
            build.args(["--package", EXAMPLE, "--package", GUESTS, "--examples"]).args(toolchain.guest_features());
        }
        Guests::Named(names) => {
            build.args(["--package", GUESTS]).args(names.iter().flat_map(|name| ["--example", name]));
        }
    }
    let made = components(process::artifacts(&mut build)?);
    if let Some(example) = made.iter().find(|made| made.target == EXAMPLE) {
        place(&example.path, &workspace.target.join("examples").join("sunset-rust.wasm"))?;
    }
    let plugins = PLUGINS.iter().map(|name| place_plugin(workspace, &made, name)).collect::<Result<_>>()?;
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

/// Builds the binary and answers where it lies.
pub(crate) fn host(workspace: &Workspace, profile: &str) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    // With the features that the whole workspace has, so that nothing is compiled once for this and once for the tests.
    build.args(["build", "--workspace", "--bin", "lamplighter", "--profile", profile]);
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
