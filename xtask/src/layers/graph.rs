//! Builds the graph of modules, and finds the circles among modules of one parent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sources::{Dependency, ModulePath, Place};

/// The dependencies between the children of one module, by name, each with the places it comes from.
pub(super) type Edges = BTreeMap<(String, String), Vec<Place>>;

/// Returns the edges between the modules at the top of the crate.
pub(super) fn top_level(dependencies: &[Dependency]) -> Edges {
    edges_below(dependencies).remove(&Vec::new()).unwrap_or_default()
}

/// Groups dependencies by the deepest module that contains both ends. A dependency on a parent, or on a child, is none
/// between siblings and is left out.
pub(super) fn edges_below(dependencies: &[Dependency]) -> BTreeMap<ModulePath, Edges> {
    let mut levels = BTreeMap::<ModulePath, Edges>::new();
    for dependency in dependencies {
        let (from, to) = (&dependency.from, &dependency.to);
        let depth = from.iter().zip(to).take_while(|(one, other)| one == other).count();
        if let (Some(from), Some(to)) = (from.get(depth), to.get(depth)) {
            let edges = levels.entry(dependency.from[..depth].to_vec()).or_default();
            edges.entry((from.clone(), to.clone())).or_default().push(dependency.place.clone());
        }
    }
    levels
}

/// Finds circles: for each edge that closes one, the shortest way round, unless another circle has that edge already.
pub(super) fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let mut found = Vec::<Vec<String>>::new();
    let mut covered = BTreeSet::new();
    for (from, to) in edges.keys() {
        if covered.contains(&(from.clone(), to.clone())) {
            continue;
        }
        if let Some(way) = shortest_way(edges, to, from) {
            let circle = [vec![from.clone()], way].concat();
            covered.extend(circle.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
            found.push(circle);
        }
    }
    found
}

/// Searches breadth first for a way along the edges, both ends included.
fn shortest_way(edges: &Edges, start: &str, end: &str) -> Option<Vec<String>> {
    let mut queue = VecDeque::from([vec![start.to_owned()]]);
    let mut seen = BTreeSet::from([start.to_owned()]);
    while let Some(way) = queue.pop_front() {
        let last = way.last()?;
        if last == end {
            return Some(way);
        }
        let next = edges.keys().filter(|(from, _)| from == last).map(|(_, to)| to);
        for to in next {
            if seen.insert(to.clone()) {
                queue.push_back([way.as_slice(), std::slice::from_ref(to)].concat());
            }
        }
    }
    None
}
