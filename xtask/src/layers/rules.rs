//! `layers.toml`: which module of a crate may use which, and what the sources do against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::graph::{self, Edges};
use super::sources::{External, ModulePath, Place, Sources};

/// The layers of one crate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layers {
    /// Names the crate, as the section does.
    #[serde(skip)]
    name: String,
    /// Names the crate's root file, relative to the workspace's folder.
    pub(super) root: PathBuf,
    /// The modules at the top of the crate, bottom first. None may use one that comes after it.
    order: Vec<String>,
    /// The modules that each module may use.
    uses: BTreeMap<String, Vec<String>>,
    /// The modules that may name a crate from outside.
    #[serde(default)]
    crates: BTreeMap<String, Vec<String>>,
}

/// Parses the rules of every crate, by the crate's name, and checks that no rule points upwards.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Layers>> {
    let mut rules: BTreeMap<String, Layers> = toml::from_str(text)?;
    for (name, layers) in &mut rules {
        layers.name.clone_from(name);
        layers.check_order().with_context(|| format!("in [{name}]"))?;
    }
    Ok(rules)
}

impl Layers {
    fn check_order(&self) -> Result<()> {
        let rank = |module: &String| self.order.iter().position(|it| it == module);
        for (from, targets) in &self.uses {
            for to in targets {
                let (above, below) = (rank(from), rank(to));
                let both = above.zip(below).with_context(|| format!("{from} → {to}: `order` lacks one of them"))?;
                ensure!(both.1 < both.0, "{from} → {to} points upwards: `order` has {to} after {from}");
            }
        }
        Ok(())
    }

    /// Returns a line for each thing in the sources that the rules do not allow, and for each rule that nothing needs.
    pub(super) fn violations(&self, sources: &Sources) -> Vec<String> {
        let dependencies = sources.dependencies();
        let edges = graph::top_level(&dependencies);
        let mut violations = self.forbidden_edges(&edges);
        violations.extend(self.unused_rules(&edges));
        for (parent, edges) in graph::edges_below(&dependencies) {
            violations.extend(graph::circles(&edges).iter().map(|circle| circle_line(&parent, &edges, circle)));
        }
        violations.extend(self.misplaced_crates(&sources.externals()));
        violations
    }

    fn forbidden_edges(&self, edges: &Edges) -> Vec<String> {
        let allowed = |from: &String, to: &String| self.uses.get(from).is_some_and(|targets| targets.contains(to));
        let forbidden = edges.iter().filter(|((from, to), _)| !allowed(from, to));
        let lines =
            forbidden.flat_map(|((from, to), places)| places.iter().map(|place| self.edge_line(from, to, place)));
        let mut lines: Vec<_> = lines.collect();
        // Several names of one `use` item stand on one line.
        lines.dedup();
        lines
    }

    /// Says where a module may not use another, and what it may use.
    fn edge_line(&self, from: &str, to: &str, place: &Place) -> String {
        let allowed = self.uses.get(from).map_or_else(|| "nothing".to_owned(), |targets| targets.join(", "));
        format!("{place}: {from} may not use {to} (it may use {allowed})")
    }

    fn unused_rules(&self, edges: &Edges) -> Vec<String> {
        let rules =
            self.uses.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (from.clone(), to.clone())));
        let unused = rules.filter(|rule| !edges.contains_key(rule));
        unused
            .map(|(from, to)| format!("layers.toml, [{}]: {from} does not use {to}; take it out of `uses`", self.name))
            .collect()
    }

    fn misplaced_crates(&self, externals: &[External]) -> Vec<String> {
        let misplaced = externals.iter().filter(|external| {
            let allowed = self.crates.get(&external.name);
            allowed.is_some_and(|modules| !modules.iter().any(|module| is_inside(&external.from, module)))
        });
        let line = |external: &External| {
            let allowed = self.crates[&external.name].join(", ");
            format!("{}: only {allowed} may name the crate {}", external.place, external.name)
        };
        misplaced.map(line).collect()
    }
}

/// Tells whether a module is the named one (`a::b`) or lies below it.
fn is_inside(module: &ModulePath, named: &str) -> bool {
    module.starts_with(&named.split("::").map(str::to_owned).collect::<Vec<_>>())
}

fn circle_line(parent: &ModulePath, edges: &Edges, circle: &[String]) -> String {
    let steps = circle.windows(2).filter_map(|pair| {
        let places = edges.get(&(pair[0].clone(), pair[1].clone()))?;
        Some(format!("{} → {} ({})", pair[0], pair[1], places.first()?))
    });
    let parent = if parent.is_empty() { "the crate".to_owned() } else { parent.join("::") };
    format!("circle in {parent}: {}", steps.collect::<Vec<_>>().join(", "))
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Reads the sources of one crate below the workspace's folder.
pub(super) fn read(layers: &Layers, root: &Path) -> Result<Sources> {
    Sources::read(&layers.root, &|file| std::fs::read_to_string(root.join(file)).ok())
}
