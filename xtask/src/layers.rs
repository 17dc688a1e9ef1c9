//! The layers of each crate: which module may use which, as `layers.toml` lists it, compared with the sources.
//!
//! `cargo xtask layers` prints the edges and the violations; the step `layers` of `cargo xtask test` fails on a violation.
//! Code under `#[cfg(test)]` is exempt: a test may build what it needs from the layers above.
//!
//! # Layout
//! - `syntax`: the paths in one source text
//! - `sources`: the modules of a crate, and what each path leads to
//! - `graph`: edges and circles
//! - `rules`: `layers.toml`, and what is against it

mod graph;
mod rules;
mod sources;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use self::rules::Layers;
use self::sources::Sources;
use crate::test::{Checkout, Outcome};
use crate::workspace::Workspace;

/// The file that holds the rules, relative to the workspace's folder.
const RULES_FILE: &str = "xtask/layers.toml";

/// Prints the edges between the modules at the top of each crate, and every violation.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut violations = Vec::new();
    for (name, layers) in rules(workspace)? {
        let sources = rules::read(&layers, &workspace.root)?;
        println!("{name}");
        print_edges(&sources);
        violations.extend(layers.violations(&sources));
    }
    for violation in &violations {
        println!("{violation}");
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs as a step of `cargo xtask test`: fails with every violation.
pub(crate) fn check(checkout: &Checkout) -> Result<Outcome> {
    let mut violations = Vec::new();
    for (_, layers) in rules(&checkout.workspace)? {
        violations.extend(layers.violations(&rules::read(&layers, &checkout.workspace.root)?));
    }
    if !violations.is_empty() {
        bail!("{}", violations.join("\n"));
    }
    Ok(Outcome::PASSED)
}

fn rules(workspace: &Workspace) -> Result<BTreeMap<String, Layers>> {
    let text = std::fs::read_to_string(workspace.root.join(RULES_FILE));
    rules::parse(&text.with_context(|| format!("cannot read {RULES_FILE}"))?)
        .with_context(|| format!("in {RULES_FILE}"))
}

fn print_edges(sources: &Sources) {
    let mut targets = BTreeMap::<String, Vec<String>>::new();
    for ((from, to), _) in graph::top_level(&sources.dependencies()) {
        targets.entry(from).or_default().push(to);
    }
    for (from, targets) in targets {
        println!("  {from} → {}", targets.join(", "));
    }
}
