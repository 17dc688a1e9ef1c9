//! Resolves names with the crate that the bridge library uses.

use hue_names::{NoMatch, Thing};

use super::state::Home;
use crate::bindings::lamplighter::plugin::home::FindError;
use crate::home::Kinds;
use crate::{Candidate, Kind};

/// Implements the contract's `home.find`.
pub(super) fn find(home: &Home, query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
    let things = things(home);
    let candidates = |positions: Vec<usize>| positions.into_iter().map(|at| candidate(&things[at])).collect();
    match hue_names::find(&things, query, kinds_of(kinds), within) {
        Ok(at) => Ok(candidate(&things[at])),
        Err(NoMatch::NotFound(near)) => Err(FindError::NotFound(candidates(near))),
        Err(NoMatch::Ambiguous(several)) => Err(FindError::Ambiguous(candidates(several))),
    }
}

fn things(home: &Home) -> Vec<Thing<'_>> {
    let lights = home.lights.iter().map(|light| Thing {
        kind: hue_names::Kind::Light,
        id: &light.id,
        name: &light.name,
        room: light.room.as_deref(),
        number: light.number,
        groups: home.groups.iter().filter(|it| it.lights.contains(&light.id)).map(|it| it.id.as_str()).collect(),
    });
    let groups = home.groups.iter().map(|group| Thing {
        kind: group.kind.into(),
        id: &group.id,
        name: &group.name,
        room: None,
        number: group.number,
        groups: Vec::new(),
    });
    let scenes = home.scenes.iter().map(|scene| Thing {
        kind: hue_names::Kind::Scene,
        id: &scene.id,
        name: &scene.name,
        room: scene.group.as_deref(),
        number: None,
        groups: vec![scene.group_id.as_str()],
    });
    lights.chain(groups).chain(scenes).collect()
}

fn candidate(thing: &Thing<'_>) -> Candidate {
    let kind = match thing.kind {
        hue_names::Kind::Light => Kind::Light,
        hue_names::Kind::Room => Kind::Room,
        hue_names::Kind::Zone => Kind::Zone,
        hue_names::Kind::Home => Kind::Home,
        hue_names::Kind::Scene => Kind::Scene,
    };
    Candidate { kind, id: thing.id.to_owned(), name: thing.name.to_owned(), room: thing.room.map(str::to_owned) }
}

fn kinds_of(kinds: Kinds) -> hue_names::Kinds {
    let has = |kind| kinds & kind != Kinds::empty();
    hue_names::Kinds {
        light: has(Kinds::LIGHT),
        room: has(Kinds::ROOM),
        zone: has(Kinds::ZONE),
        home: has(Kinds::HOME),
        scene: has(Kinds::SCENE),
    }
}
