//! Name resolution: finds the one thing that a person means, and never guesses.
//!
//! A query is an id, a name, or a v1 number. [`Home::find`] tries these steps in order; the first step with a match
//! decides:
//!
//! 1. the id, equal as written;
//! 2. the name, equal after normalisation (see the module `name`): without case, accents, spaces and punctuation;
//! 3. the v1 number: `3` for `/lights/3`;
//! 4. the beginning of a name;
//! 5. any part of a name.
//!
//! One match is the answer. Several are [`FindError::Ambiguous`] with all of them. None is [`FindError::NotFound`] with
//! the names that are most alike. The whole home is found by its id or as `all` only, never by a number or a part.
//!
//! A room or zone narrows the search: as the argument `within`, or in the query as `room/name`. A name may hold a slash
//! itself, so the whole query is tried first.

use std::collections::HashSet;

use super::{Group, GroupKind, Home, Id};

mod name;

use name::Name;

/// The most near misses that an error offers.
const MAX_NEAR_MISSES: usize = 5;
/// The least similarity that a near miss has, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.6;

/// The kind of a thing that a name can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A name can mean a light.
    Light,
    /// A name can mean a room.
    Room,
    /// A name can mean a zone.
    Zone,
    /// The whole home is always called `all`.
    Home,
    /// A name can mean a scene or smart scene.
    Scene,
}

/// A set of kinds to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set, as in the contract's flags")]
pub struct Kinds {
    /// Includes lights.
    pub light: bool,
    /// Includes rooms.
    pub room: bool,
    /// Includes zones.
    pub zone: bool,
    /// Includes the whole home.
    pub home: bool,
    /// Includes scenes.
    pub scene: bool,
}

impl Kinds {
    /// Includes nothing.
    pub const NONE: Self = Self { light: false, room: false, zone: false, home: false, scene: false };
    /// Includes everything.
    pub const ALL: Self = Self { light: true, room: true, zone: true, home: true, scene: true };
    /// Includes lights only.
    pub const LIGHTS: Self = Self { light: true, ..Self::NONE };
    /// Includes rooms, zones and the home.
    pub const GROUPS: Self = Self { room: true, zone: true, home: true, ..Self::NONE };
    /// Includes scenes only.
    pub const SCENES: Self = Self { scene: true, ..Self::NONE };

    /// Returns whether a kind is in the set.
    pub fn contains(self, kind: Kind) -> bool {
        match kind {
            Kind::Light => self.light,
            Kind::Room => self.room,
            Kind::Zone => self.zone,
            Kind::Home => self.home,
            Kind::Scene => self.scene,
        }
    }
}

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

/// A candidate with the keys that find it.
struct Entry {
    candidate: Candidate,
    name: Name,
    number: Option<u32>,
    /// Identifies the room or zone of a scene.
    group: Option<Id>,
}

impl Home {
    /// Finds the one thing that a person means.
    ///
    /// `query` is a name (case, accents, spaces and punctuation ignored; exact, then unique prefix, then unique
    /// substring), an id, or a v1 number. `within` narrows lights and scenes to a room or zone, which is given by name
    /// or id. `room/name` in `query` does the same. The whole home is found as `all` or by its id only.
    pub fn find(&self, query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
        let entries = self.entries(kinds);
        if let Some(entry) = entries.iter().find(|entry| entry.candidate.id.as_str() == query.trim()) {
            return Ok(entry.candidate.clone());
        }
        let whole = self.search(&entries, query, within);
        if !matches!(whole, Err(FindError::NotFound(_))) || within.is_some() {
            return whole;
        }
        // A name may hold a slash itself, so the whole query was tried first.
        match query.rsplit_once('/') {
            Some((group, name)) if !group.is_empty() && !name.is_empty() => self.search(&entries, name, Some(group)),
            _ => whole,
        }
    }

    fn search(&self, entries: &[Entry], query: &str, within: Option<&str>) -> Result<Candidate, FindError> {
        let Some(within) = within else { return pick(&entries.iter().collect::<Vec<_>>(), query) };
        let groups = self.entries(Kinds::GROUPS);
        let group = pick(&groups.iter().collect::<Vec<_>>(), within)?;
        let lights: HashSet<&Id> = self.group(&group.id).into_iter().flat_map(|group| &group.lights).collect();
        let inside = |entry: &&Entry| match entry.candidate.kind {
            _ if group.kind == Kind::Home => true,
            Kind::Light => lights.contains(&entry.candidate.id),
            Kind::Scene => entry.group.as_ref() == Some(&group.id),
            _ => false,
        };
        pick(&entries.iter().filter(inside).collect::<Vec<_>>(), query)
    }

    fn entries(&self, kinds: Kinds) -> Vec<Entry> {
        let lights = self.lights.iter().map(|light| Entry {
            candidate: candidate(Kind::Light, &light.id, &light.name, light.room.clone()),
            name: Name::new(&light.name),
            number: light.number,
            group: None,
        });
        let groups = self.groups.iter().map(|group| Entry {
            candidate: candidate(kind_of(group), &group.id, &group.name, None),
            name: Name::new(&group.name),
            number: group.number,
            group: None,
        });
        let scenes = self.scenes.iter().map(|scene| Entry {
            candidate: candidate(Kind::Scene, &scene.id, &scene.name, scene.group.clone()),
            name: Name::new(&scene.name),
            number: None,
            group: Some(scene.group_id.clone()),
        });
        lights.chain(groups).chain(scenes).filter(|entry| kinds.contains(entry.candidate.kind)).collect()
    }
}

/// Tries the steps of the module doc on some entries; the first step with a match decides.
fn pick(entries: &[&Entry], query: &str) -> Result<Candidate, FindError> {
    let wanted = Name::new(query);
    let id = query.trim();
    if let Some(entry) = entries.iter().find(|entry| entry.candidate.id.as_str() == id) {
        return Ok(entry.candidate.clone());
    }
    if wanted.is_empty() {
        return Err(FindError::NotFound(Vec::new()));
    }
    let number = id.parse::<u32>().ok();
    let named = |entry: &&&Entry| entry.candidate.kind != Kind::Home;
    let steps: [Vec<&Entry>; 4] = [
        entries.iter().filter(|entry| entry.name == wanted).copied().collect(),
        entries.iter().filter(named).filter(|entry| number.is_some() && entry.number == number).copied().collect(),
        entries.iter().filter(named).filter(|entry| entry.name.starts_with(&wanted)).copied().collect(),
        entries.iter().filter(named).filter(|entry| entry.name.contains(&wanted)).copied().collect(),
    ];
    match steps.into_iter().find(|found| !found.is_empty()).as_deref() {
        Some([only]) => Ok(only.candidate.clone()),
        Some(several) => Err(FindError::Ambiguous(several.iter().map(|entry| entry.candidate.clone()).collect())),
        None => Err(FindError::NotFound(near_misses(entries, &wanted))),
    }
}

fn near_misses(entries: &[&Entry], wanted: &Name) -> Vec<Candidate> {
    let mut scored: Vec<(f64, &Entry)> = entries
        .iter()
        .map(|entry| (entry.name.similarity(wanted), *entry))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.candidate.name.cmp(&b.1.candidate.name)));
    scored.into_iter().take(MAX_NEAR_MISSES).map(|(_, entry)| entry.candidate.clone()).collect()
}

fn candidate(kind: Kind, id: &Id, name: &str, room: Option<String>) -> Candidate {
    Candidate { kind, id: id.clone(), name: name.to_owned(), room }
}

fn kind_of(group: &Group) -> Kind {
    match group.kind {
        GroupKind::Room => Kind::Room,
        GroupKind::Zone => Kind::Zone,
        GroupKind::Home => Kind::Home,
    }
}

#[cfg(test)]
mod tests;
