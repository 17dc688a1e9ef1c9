//! Finding by name, as far as tests need it: exact but for case, or by id, or by number.

use super::state::Home;
use crate::bindings::lamplighter::plugin::home::FindError;
use crate::home::Kinds;
use crate::{Candidate, Kind};

/// As `home.find` of the contract; a name that is not there has every name that shares a word with it as a candidate.
pub(super) fn find(home: &Home, query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
    let all = things(home, kinds);
    let here = match within {
        Some(place) => narrow(home, all, place)?,
        None => all,
    };
    let mut found: Vec<_> = here.iter().filter(|thing| thing.is(query)).map(Thing::candidate).collect();
    match found.len() {
        0 => {
            Err(FindError::NotFound(here.iter().filter(|thing| thing.resembles(query)).map(Thing::candidate).collect()))
        }
        1 => Ok(found.remove(0)),
        _ => Err(FindError::Ambiguous(found)),
    }
}

struct Thing {
    candidate: Candidate,
    number: Option<u32>,
    /// Ids of the rooms and zones it is in.
    places: Vec<String>,
}

impl Thing {
    fn is(&self, query: &str) -> bool {
        let Candidate { id, name, .. } = &self.candidate;
        id == query
            || name.to_lowercase() == query.to_lowercase()
            || self.number.is_some_and(|n| n.to_string() == query)
    }

    fn resembles(&self, query: &str) -> bool {
        let name = self.candidate.name.to_lowercase();
        self.candidate.kind != Kind::Home && query.to_lowercase().split(' ').any(|word| name.contains(word))
    }

    fn candidate(&self) -> Candidate {
        self.candidate.clone()
    }
}

fn narrow(home: &Home, things: Vec<Thing>, place: &str) -> Result<Vec<Thing>, FindError> {
    let place = find(home, place, Kinds::ROOM | Kinds::ZONE | Kinds::HOME, None)?;
    let everywhere = place.kind == Kind::Home;
    Ok(things.into_iter().filter(|thing| everywhere || thing.places.contains(&place.id)).collect())
}

fn things(home: &Home, kinds: Kinds) -> Vec<Thing> {
    let lights = home.lights.iter().map(|light| Thing {
        candidate: candidate(Kind::Light, &light.id, &light.name, light.room.clone()),
        number: light.number,
        places: home.groups.iter().filter(|group| group.lights.contains(&light.id)).map(|g| g.id.clone()).collect(),
    });
    let groups = home.groups.iter().map(|group| Thing {
        candidate: candidate(group.kind, &group.id, &group.name, None),
        number: group.number,
        places: Vec::new(),
    });
    let scenes = home.scenes.iter().map(|scene| Thing {
        candidate: candidate(Kind::Scene, &scene.id, &scene.name, scene.group.clone()),
        number: None,
        places: vec![scene.group_id.clone()],
    });
    let wanted = |thing: &Thing| kinds & flag(thing.candidate.kind) != Kinds::empty();
    lights.chain(groups).chain(scenes).filter(wanted).collect()
}

fn candidate(kind: Kind, id: &str, name: &str, room: Option<String>) -> Candidate {
    Candidate { kind, id: id.to_owned(), name: name.to_owned(), room }
}

fn flag(kind: Kind) -> Kinds {
    match kind {
        Kind::Light => Kinds::LIGHT,
        Kind::Room => Kinds::ROOM,
        Kind::Zone => Kinds::ZONE,
        Kind::Home => Kinds::HOME,
        Kind::Scene => Kinds::SCENE,
    }
}
