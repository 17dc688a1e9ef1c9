//! The spellings of a thing: the queries that may find it, from the plainest to the most exact.

use crate::Kind;

/// A thing to be spelled.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Says which kind of thing it is.
    pub kind: Kind,
    /// Is its name.
    pub name: &'a str,
    /// Names the room that a light is in, or the room or zone that a scene belongs to.
    pub room: Option<&'a str>,
    /// Is its place among the things of the same name, kind and room, from 1.
    pub ordinal: usize,
}

/// Returns queries that may find a thing. They do not end, because names of other things can take each one's meaning.
///
/// The first few suffice in most homes. Each later round tries more rooms of one name, and more spaces between quoted
/// names.
pub fn spellings(thing: Named<'_>) -> impl Iterator<Item = String> {
    (0..).flat_map(move |round| {
        let plain = spell(thing, round, "/", str::to_owned);
        // The first round is for names that need no quotes.
        let quoted = round.checked_sub(1).map(|spaces| {
            let slash = " ".repeat(spaces) + "/" + &" ".repeat(spaces);
            spell(thing, round, &slash, |name| format!("\"{name}\""))
        });
        plain.into_iter().chain(quoted.into_iter().flatten())
    })
}

/// Returns the name with every kind, place and ordinal before and after it.
fn spell(thing: Named<'_>, round: usize, slash: &str, write_name: impl Fn(&str) -> String) -> Vec<String> {
    let mut places = vec![String::new()];
    match thing.room.map(&write_name) {
        Some(room) => places.extend(spell_room(&room, round).map(|room| room + slash)),
        None if thing.kind == Kind::Light => places.push(slash.to_owned()),
        None => {}
    }
    let name = &write_name(thing.name);
    let ordinals: Vec<_> = [String::new(), format!(" #{}", thing.ordinal)].into_iter().chain(ordinals(round)).collect();
    let kinds = [String::new(), format!("{}:", thing.kind.name())];
    let places = kinds.iter().flat_map(|kind| places.iter().map(move |place| format!("{kind}{place}{name}")));
    places.flat_map(|place| ordinals.iter().map(move |ordinal| format!("{place}{ordinal}"))).collect()
}

/// Returns the spellings of a room or zone. One that shares its name with others needs a kind or an ordinal.
fn spell_room(room: &str, round: usize) -> impl Iterator<Item = String> {
    let kinds = if round == 0 { &[""][..] } else { &["", "room:", "zone:"] };
    let ordinals = move || [String::new()].into_iter().chain(ordinals(round));
    kinds.iter().flat_map(move |kind| ordinals().map(move |ordinal| format!("{kind}{room}{ordinal}")))
}

fn ordinals(round: usize) -> impl Iterator<Item = String> {
    (1..=round).map(|ordinal| format!(" #{ordinal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_spellings_are_the_name_and_the_name_with_its_room() {
        let thing = Named { kind: Kind::Light, name: "Spot", room: Some("Büro"), ordinal: 2 };
        let first: Vec<_> = spellings(thing).take(6).collect();
        assert_eq!(first, ["Spot", "Spot #2", "Büro/Spot", "Büro/Spot #2", "light:Spot", "light:Spot #2"]);
    }

    #[test]
    fn a_thing_in_no_room_is_spelled_with_a_slash() {
        let thing = Named { kind: Kind::Light, name: "Spot", room: None, ordinal: 1 };
        assert!(spellings(thing).take(4).any(|query| query == "/Spot"));
    }
}
