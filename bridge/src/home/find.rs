//! Finding what a person means: by name, id, or v1 number. Never a guess.

use std::collections::HashSet;

use super::{Group, GroupKind, Home, Id};

mod name;

use name::Name;

/// The most near misses that are offered.
const NEAR_MISSES: usize = 5;
/// How alike a near miss has to be, from 0 to 1.
const ALIKE: f64 = 0.6;

/// A kind of thing that a name can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A light.
    Light,
    /// A room.
    Room,
    /// A zone.
    Zone,
    /// The whole home, always called `all`.
    Home,
    /// A scene or smart scene.
    Scene,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set, as in the contract's flags")]
pub struct Kinds {
    /// Lights.
    pub light: bool,
    /// Rooms.
    pub room: bool,
    /// Zones.
    pub zone: bool,
    /// The whole home.
    pub home: bool,
    /// Scenes.
    pub scene: bool,
}

impl Kinds {
    /// Nothing.
    pub const NONE: Self = Self { light: false, room: false, zone: false, home: false, scene: false };
    /// Everything.
    pub const ALL: Self = Self { light: true, room: true, zone: true, home: true, scene: true };
    /// Lights only.
    pub const LIGHTS: Self = Self { light: true, ..Self::NONE };
    /// Rooms, zones and the home.
    pub const GROUPS: Self = Self { room: true, zone: true, home: true, ..Self::NONE };
    /// Scenes only.
    pub const SCENES: Self = Self { scene: true, ..Self::NONE };

    /// Whether a kind is in the set.
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

/// A thing that a name may have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it is.
    pub kind: Kind,
    /// Its CLIP v2 id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The room of a light, the room or zone of a scene.
    pub room: Option<String>,
}

/// Why nothing was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// Nothing has that name. The nearest names, best first, five at most.
    #[error("nothing has that name")]
    NotFound(Vec<Candidate>),
    /// Several things have that name: all of them.
    #[error("{} things have that name", .0.len())]
    Ambiguous(Vec<Candidate>),
}

/// A candidate with what it can be found by.
struct Entry {
    candidate: Candidate,
    name: Name,
    number: Option<u32>,
    /// The room or zone of a scene.
    group: Option<Id>,
}

impl Home {
    /// Finds the one thing that a person means.
    ///
    /// `query` is a name (case, accents, spaces and punctuation ignored; exact, then unique prefix, then unique
    /// substring), an id, or a v1 number. `within` narrows lights and scenes to a room or zone, itself given by name
    /// or id; `room/name` in `query` does the same. The whole home is found as `all` or by its id only.
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

/// Exact name, id or number; then the only one that begins so; then the only one that has it inside.
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
        .map(|entry| (entry.name.likeness(wanted), *entry))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.candidate.name.cmp(&b.1.candidate.name)));
    scored.into_iter().take(NEAR_MISSES).map(|(_, entry)| entry.candidate.clone()).collect()
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
