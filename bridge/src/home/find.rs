//! Finds things of the home by name: see the crate [`hue_names`] for the rules.

use std::collections::HashMap;

pub use hue_names::{Kind, Kinds};
use hue_names::{NoMatch, Thing};

use super::{GroupKind, Home, Id};

/// A thing that a query may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Says which kind of thing it is.
    pub kind: Kind,
    /// Is its CLIP v2 id.
    pub id: Id,
    /// Holds its name.
    pub name: String,
    /// Names the room that a light is in, or the room or zone that a scene belongs to.
    pub room: Option<String>,
}

/// The reason why a query has no single answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Nothing matches. Holds the things whose names are most alike, best first, five at most.
    #[error("nothing has that name")]
    NotFound(Vec<Candidate>),
    /// Several things match. Holds all of them.
    #[error("{} things have that name", .0.len())]
    Ambiguous(Vec<Candidate>),
}

impl Home {
    /// Finds the one thing that a person means.
    ///
    /// `query` is a name, an id, or a v1 number. A name that is typed as it is written beats names that are alike; case,
    /// accents, spaces and punctuation matter for nothing else. A unique beginning or part is enough. `within` narrows
    /// lights and scenes to a room or zone, which is given by name or id; `room/name` in `query` does the same.
    pub fn find(&self, query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
        let things = self.things();
        let candidates = |positions: Vec<usize>| positions.into_iter().map(|at| candidate(&things[at])).collect();
        match hue_names::find(&things, query, kinds, within) {
            Ok(at) => Ok(candidate(&things[at])),
            Err(NoMatch::NotFound(near)) => Err(FindError::NotFound(candidates(near))),
            Err(NoMatch::Ambiguous(several)) => Err(FindError::Ambiguous(candidates(several))),
        }
    }

    fn things(&self) -> Vec<Thing<'_>> {
        let mut groups_of = self.groups_of_lights();
        let lights = self.lights.iter().map(|light| Thing {
            kind: Kind::Light,
            id: light.id.as_str(),
            name: &light.name,
            room: light.room.as_deref(),
            number: light.number,
            groups: groups_of.remove(&light.id).unwrap_or_default(),
        });
        let groups = self.groups.iter().map(|group| Thing {
            kind: kind_of(group.kind),
            id: group.id.as_str(),
            name: &group.name,
            room: None,
            number: group.number,
            groups: Vec::new(),
        });
        let scenes = self.scenes.iter().map(|scene| Thing {
            kind: Kind::Scene,
            id: scene.id.as_str(),
            name: &scene.name,
            room: scene.group.as_deref(),
            number: None,
            groups: vec![scene.group_id.as_str()],
        });
        lights.chain(groups).chain(scenes).collect()
    }

    fn groups_of_lights(&self) -> HashMap<&Id, Vec<&str>> {
        let mut groups: HashMap<&Id, Vec<&str>> = HashMap::with_capacity(self.lights.len());
        for group in self.groups.iter().filter(|group| group.kind != GroupKind::Home) {
            for light in &group.lights {
                groups.entry(light).or_default().push(group.id.as_str());
            }
        }
        groups
    }
}

fn candidate(thing: &Thing<'_>) -> Candidate {
    Candidate {
        kind: thing.kind,
        id: Id::new(thing.id),
        name: thing.name.to_owned(),
        room: thing.room.map(str::to_owned),
    }
}

fn kind_of(kind: GroupKind) -> Kind {
    match kind {
        GroupKind::Room => Kind::Room,
        GroupKind::Zone => Kind::Zone,
        GroupKind::Home => Kind::Home,
    }
}

#[cfg(test)]
mod tests;
