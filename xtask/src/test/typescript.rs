//! Runs both lines of the official TypeScript client against the real binary, in both eras of the protocol.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::Checkout;
use super::node::{self, Packages};
use super::report::Outcome;
use crate::process;

/// The guests whose schemas have cost clients every tool: the file of each, and the plugin's name.
const GUESTS: [(&str, &str); 2] = [("shed", "shed"), ("odd_schemas", "odd-schemas")];

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    let workspace = &checkout.workspace;
    let sources = workspace.root.join("tests/clients/typescript");
    let home = workspace.target.join("typescript-clients");
    if let Packages::Impossible(reason) = node::packages(&home, &sources)? {
        return Ok(Outcome::Skipped(reason));
    }
    // Node looks for the packages beside the script.
    let script = "client.mjs";
    fs::copy(sources.join(script), home.join(script)).with_context(|| format!("cannot copy {script}"))?;
    let plugins = home.join("plugins");
    fs::create_dir_all(&plugins)?;
    for entry in workspace.plugins().read_dir()? {
        let entry = entry?;
        fs::copy(entry.path(), plugins.join(entry.file_name()))?;
    }
    for (file, name) in GUESTS {
        let guest = workspace.guests().join(format!("{file}.wasm"));
        fs::copy(&guest, plugins.join(format!("{name}.wasm"))).with_context(|| format!("no {}", guest.display()))?;
    }
    let binary = workspace.target.join("debug/lamplighter");
    // Compiles the plugins, so that the first list of tools has them all.
    let mut compile = Command::new(&binary);
    process::output(compile.args(["plugin", "list", "--plugins"]).arg(&plugins).env("HOME", &home))?;
    let mut client = Command::new("node");
    process::run(client.current_dir(&home).arg(script).arg(&binary).arg(&plugins))?;
    Ok(Outcome::Passed(Some("versions 1 and 2".to_owned())))
}
