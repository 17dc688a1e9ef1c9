//! `cargo xtask prose`: counts doc comments without a verb and constants of one bare word, crate by crate.
//!
//! It guides a writer and is no step of `cargo xtask test`: what counts as a verb is an estimate.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::Args;

use crate::process;
use crate::test::node::{self, Packages};
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct ProseArgs {
    /// Show each place, with file and line
    #[arg(long)]
    list: bool,
    /// Count in these crates alone, by folder: `host`, `bridge/sim`
    crates: Vec<String>,
}

/// Runs the counting script over every Rust source that git knows.
pub(crate) fn run(workspace: &Workspace, args: &ProseArgs) -> Result<ExitCode> {
    let script = workspace.root.join("xtask/prose");
    let packages = workspace.target.join("prose");
    if let Packages::Impossible(reason) = node::packages(&packages, &script)? {
        bail!(reason);
    }
    let mut node = Command::new("node");
    node.current_dir(&workspace.root).env("NODE_PATH", packages.join("node_modules")).arg(script.join("prose.js"));
    node.args(args.list.then_some("--list"));
    for (name, files) in sources(workspace)? {
        if args.crates.is_empty() || args.crates.contains(&name) {
            node.arg("--crate").arg(name).args(files);
        }
    }
    process::run(&mut node)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the Rust sources of each crate, by the crate's folder.
fn sources(workspace: &Workspace) -> Result<BTreeMap<String, Vec<String>>> {
    let listed = process::output(Command::new("git").args(["ls-files", "*.rs"]).current_dir(&workspace.root))?;
    let mut crates = BTreeMap::<String, Vec<String>>::new();
    for file in listed.lines() {
        let folders = Path::new(file).ancestors();
        let of_crate = folders.skip(1).find(|folder| workspace.root.join(folder).join("Cargo.toml").exists());
        let name = of_crate.map(|folder| folder.display().to_string()).unwrap_or_default();
        crates.entry(name).or_default().push(file.to_owned());
    }
    Ok(crates)
}
