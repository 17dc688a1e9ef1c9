//! Resolves names by the rules of the bridge library: `tests/names.rs` checks it with the library's table of cases.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::state::Home;
use crate::bindings::lamplighter::plugin::home::FindError;
use crate::home::Kinds;
use crate::{Candidate, Kind};

/// Limits the part of a name or query that is compared, in characters.
const MAX_NAME_CHARS: usize = 128;
/// Limits the number of near misses in an error.
const MAX_NEAR_MISSES: usize = 5;
/// Sets the least similarity of a near miss, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.6;

/// Implements the contract's `home.find`.
pub(super) fn find(home: &Home, query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, FindError> {
    let things = things(home, kinds);
    if let Some(thing) = things.iter().find(|thing| thing.candidate.id == query.trim()) {
        return Ok(thing.candidate.clone());
    }
    let whole = find_within(home, &things, query, within);
    match query.rsplit_once('/') {
        // A name may contain a slash itself, so the whole query is tried first.
        Some((place, name)) if within.is_none() && !place.is_empty() && !name.is_empty() => match whole {
            Err(FindError::NotFound(_)) => find_within(home, &things, name, Some(place)),
            _ => whole,
        },
        _ => whole,
    }
}

/// A thing of the home, with everything that can find it.
struct Thing {
    candidate: Candidate,
    /// The name as [`fold`] leaves it.
    folded: String,
    number: Option<u32>,
    /// The ids of the rooms, zones and home that contain it.
    places: Vec<String>,
}

fn find_within(home: &Home, things: &[Thing], query: &str, within: Option<&str>) -> Result<Candidate, FindError> {
    let Some(place) = within else { return pick(&things.iter().collect::<Vec<_>>(), query) };
    let groups = self::things(home, Kinds::ROOM | Kinds::ZONE | Kinds::HOME);
    let place = pick(&groups.iter().collect::<Vec<_>>(), place)?;
    let inside = |thing: &&Thing| place.kind == Kind::Home || thing.places.contains(&place.id);
    pick(&things.iter().filter(inside).collect::<Vec<_>>(), query)
}

/// Picks by id, then by name, number, unique prefix and unique substring. The whole home has only its id and its name.
fn pick(things: &[&Thing], query: &str) -> Result<Candidate, FindError> {
    let (wanted, query) = (fold(query), query.trim());
    if wanted.is_empty() {
        return Err(FindError::NotFound(Vec::new()));
    }
    let number = query.parse::<u32>().ok();
    let rules: [&dyn Fn(&Thing) -> bool; 5] = [
        &|thing| thing.candidate.id == query,
        &|thing| thing.folded == wanted,
        &|thing| thing.candidate.kind != Kind::Home && number.is_some() && thing.number == number,
        &|thing| thing.candidate.kind != Kind::Home && thing.folded.starts_with(&wanted),
        &|thing| thing.candidate.kind != Kind::Home && thing.folded.contains(&wanted),
    ];
    for fits in rules {
        let mut found: Vec<_> = things.iter().filter(|it| fits(it)).map(|it| it.candidate.clone()).collect();
        match found.len() {
            0 => {}
            1 => return Ok(found.remove(0)),
            _ => return Err(FindError::Ambiguous(found)),
        }
    }
    Err(FindError::NotFound(near_misses(things, &wanted)))
}

fn near_misses(things: &[&Thing], wanted: &str) -> Vec<Candidate> {
    let similarity =
        |name: &str| strsim::jaro_winkler(name, wanted).max(strsim::normalized_damerau_levenshtein(name, wanted));
    let mut scored: Vec<_> = things.iter().map(|thing| (similarity(&thing.folded), &thing.candidate)).collect();
    scored.retain(|(similarity, _)| *similarity >= MIN_SIMILARITY);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    scored.into_iter().take(MAX_NEAR_MISSES).map(|(_, candidate)| candidate.clone()).collect()
}

/// Normalizes a name: removes case, accents, spaces and punctuation.
fn fold(name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    let plain = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let letters: String = plain.filter(|c| c.is_alphanumeric()).collect();
    // A name without letters and digits, such as an emoji, is compared as it is.
    if letters.is_empty() { name.trim().to_owned() } else { letters }
}

fn things(home: &Home, kinds: Kinds) -> Vec<Thing> {
    let lights = home.lights.iter().map(|light| {
        let groups = home.groups.iter().filter(|group| group.lights.contains(&light.id));
        let places = groups.map(|group| group.id.clone()).collect();
        thing(Kind::Light, &light.id, &light.name, light.room.clone(), light.number, places)
    });
    let groups =
        home.groups.iter().map(|group| thing(group.kind, &group.id, &group.name, None, group.number, Vec::new()));
    let scenes = home.scenes.iter().map(|scene| {
        thing(Kind::Scene, &scene.id, &scene.name, scene.group.clone(), None, vec![scene.group_id.clone()])
    });
    lights.chain(groups).chain(scenes).filter(|thing| kinds & flag(thing.candidate.kind) != Kinds::empty()).collect()
}

fn thing(kind: Kind, id: &str, name: &str, room: Option<String>, number: Option<u32>, places: Vec<String>) -> Thing {
    let candidate = Candidate { kind, id: id.to_owned(), name: name.to_owned(), room };
    Thing { candidate, folded: fold(name), number, places }
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
