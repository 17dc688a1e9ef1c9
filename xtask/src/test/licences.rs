//! Checks the dependencies: their licences, their registry, and which packages may depend on them.
//!
//! cargo-deny does it where it is installed. Installing it takes longer than all other steps, so elsewhere the same rules
//! are read from the same `deny.toml` and compared with `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use super::Checkout;
use super::policy::{Ban, Policy};
use super::report::Outcome;
use crate::process;

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    if has_cargo_deny(checkout) {
        process::run(checkout.workspace.cargo().args(["deny", "check", "licenses", "bans", "sources"]))?;
        return Ok(Outcome::Passed(Some("by cargo-deny".into())));
    }
    let policy = Policy::read(&checkout.workspace.root.join("deny.toml"))?;
    let graph = Graph::of(&checkout.workspace.resolved()?);
    let problems: Vec<_> = [licences(&graph, &policy), sources(&graph), bans(&graph, &policy.bans)].concat();
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(Outcome::Passed(Some(format!("{} packages against deny.toml", graph.packages.len()))))
}

/// Returns whether cargo-deny is installed.
pub(crate) fn has_cargo_deny(checkout: &Checkout) -> bool {
    let mut cargo: Command = checkout.workspace.cargo();
    process::output(cargo.args(["deny", "--version"])).is_ok()
}

/// Holds the packages of the project and their dependents.
struct Graph {
    packages: Vec<Package>,
    /// Maps a package's name to the names of those that depend on it.
    dependents: BTreeMap<String, BTreeSet<String>>,
}

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    /// Names the registry; `None` for a package of this workspace.
    source: Option<String>,
}

impl Graph {
    fn of(metadata: &Value) -> Self {
        let text = |value: &Value, field: &str| value[field].as_str().map(str::to_owned);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut names = BTreeMap::new();
        let mut packages = Vec::new();
        for package in list(&metadata["packages"]) {
            let name = text(&package, "name").unwrap_or_default();
            names.insert(text(&package, "id"), name.clone());
            let version = text(&package, "version").unwrap_or_default();
            packages.push(Package {
                name,
                version,
                licence: text(&package, "license"),
                source: text(&package, "source"),
            });
        }
        let mut dependents = BTreeMap::<String, BTreeSet<String>>::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let dependent = names.get(&text(&node, "id")).cloned().unwrap_or_default();
            for dependency in list(&node["deps"]) {
                let name = names.get(&text(&dependency, "pkg")).cloned().unwrap_or_default();
                dependents.entry(name).or_default().insert(dependent.clone());
            }
        }
        Self { packages, dependents }
    }
}

fn licences(graph: &Graph, policy: &Policy) -> Vec<String> {
    let told = |package: &Package| {
        let objection = policy.objection(package.licence.as_deref())?;
        Some(format!("{} {} {objection}", package.name, package.version))
    };
    graph.packages.iter().filter_map(told).collect()
}

/// Checks that every package from outside comes from the same registry.
fn sources(graph: &Graph) -> Vec<String> {
    let mut registry = None;
    let mut problems = Vec::new();
    for package in &graph.packages {
        let Some(source) = &package.source else {
            continue;
        };
        let is_registry = source.starts_with("registry+") || source.starts_with("sparse+");
        if !is_registry || source != *registry.get_or_insert(source) {
            problems.push(format!("{} {} comes from {source}", package.name, package.version));
        }
    }
    problems
}

fn bans(graph: &Graph, bans: &[Ban]) -> Vec<String> {
    let mut problems = Vec::new();
    for ban in bans {
        for dependent in graph.dependents.get(&ban.name).into_iter().flatten() {
            if !ban.wrappers.contains(dependent) {
                problems.push(format!("{dependent} depends on {}, which deny.toml does not allow", ban.name));
            }
        }
    }
    problems
}
