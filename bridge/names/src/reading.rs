//! The readings of a query: what it may mean, as a whole name and as a qualified one.

use crate::step::{Forms, Step};
use crate::{Kind, Kinds};

/// The most slashes at which a query is split, from the right.
const MAX_SPLITS: usize = 4;
/// The most slashes before a quote at which a query is split. A bridge takes names of 32 bytes, which hold 16 of them.
const MAX_QUOTED_SPLITS: usize = 17;
/// The kinds that a query can name before a colon, by what they find, in this order.
const KIND_WORDS: [(&str, &[Kind]); 5] = [
    ("light", &[Kind::Light]),
    // Tools call a room or zone `room`.
    ("room", &[Kind::Room, Kind::Zone]),
    ("zone", &[Kind::Zone]),
    ("home", &[Kind::Home]),
    ("scene", &[Kind::Scene]),
];

/// One meaning that a query may have.
#[derive(Debug)]
pub(crate) struct Reading<'q> {
    /// Says which kinds of things it can find.
    pub(crate) kinds: Kinds,
    pub(crate) place: Place<'q>,
    pub(crate) name: &'q str,
    pub(crate) forms: Forms,
    /// Says how it is compared, from strict to loose.
    pub(crate) steps: &'static [Step],
    /// Chooses one of several things that nothing else tells apart, from 1.
    pub(crate) ordinal: Option<usize>,
}

/// The place in which a reading looks.
#[derive(Debug)]
pub(crate) enum Place<'q> {
    /// It looks in the whole home.
    Anywhere,
    /// It looks among the things in no room.
    NoRoom,
    /// It looks in a room or zone, which has readings of its own.
    Group(Vec<Reading<'q>>),
}

/// Returns the readings of a query. Of two that fit equally well, the first counts.
pub(crate) fn read_query<'q>(query: &'q str, kinds: Kinds, within: Option<&'q str>) -> Vec<Reading<'q>> {
    let place = |within: Option<&'q str>| within.map_or(Place::Anywhere, |name| Place::Group(read_group(name)));
    let mut readings = Vec::new();
    let texts = with_kinds(query, kinds);
    for (kinds, text) in &texts {
        push_readings(&mut readings, text, *kinds, || place(within));
    }
    if within.is_none() {
        for (kinds, text) in texts {
            for (group, name) in splits(text) {
                push_readings(&mut readings, name, kinds, || {
                    if group.trim().is_empty() { Place::NoRoom } else { place(Some(group)) }
                });
            }
            if let Some((name, inside)) = split_parentheses(text) {
                match KIND_WORDS.into_iter().find(|(word, _)| inside.strip_prefix("a ") == Some(word)) {
                    Some((_, named)) => push_readings(&mut readings, name, kinds.only(named[0]), || Place::Anywhere),
                    None => push_readings(&mut readings, name, kinds, || place(Some(inside))),
                }
            }
        }
    }
    readings
}

/// Returns the readings of a name that can mean a room, a zone or the home.
fn read_group(name: &str) -> Vec<Reading<'_>> {
    let mut readings = Vec::new();
    for (kinds, text) in with_kinds(name, Kinds::GROUPS) {
        push_readings(&mut readings, text, kinds, || Place::Anywhere);
    }
    readings
}

/// Adds the reading of a text as a name, and as a name with a number after it, each with its quotes and without.
fn push_readings<'q>(readings: &mut Vec<Reading<'q>>, text: &'q str, kinds: Kinds, place: impl Fn() -> Place<'q>) {
    let numbered = split_ordinal(text).map(|(name, ordinal)| (name, Some(ordinal)));
    // What ends like a number in the list is no loose spelling of a name: `Spot #2` is not the light `Spot 2`.
    let steps = if numbered.is_some() { &Step::EXACT[..] } else { &Step::ALL };
    for (name, ordinal) in [(text, None)].into_iter().chain(numbered) {
        for name in [Some(name), unquote(name)].into_iter().flatten() {
            readings.push(Reading { kinds, place: place(), name, forms: Forms::new(name), steps, ordinal });
        }
    }
}

/// Returns the name between quotes.
fn unquote(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"')
}

/// Returns the text with the kinds it can mean: as it is, and without a kind before a colon.
fn with_kinds(text: &str, kinds: Kinds) -> Vec<(Kinds, &str)> {
    let mut texts = vec![(kinds, text)];
    if let Some((word, rest)) = text.split_once(':') {
        let named = KIND_WORDS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(word.trim()));
        let named = named.into_iter().flat_map(|(_, named)| named);
        texts.extend(named.map(|kind| (kinds.only(*kind), rest)));
    }
    texts
}

/// Splits a text at each of its last slashes, the last one first, then at those before a quote. Spaces stay: a room may
/// be called `Spot ` beside `Spot`.
fn splits(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let split = || text.rmatch_indices('/').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let quoted = split().filter(|(_, name)| name.trim_start().starts_with('"'));
    split().take(MAX_SPLITS).chain(quoted.take(MAX_QUOTED_SPLITS))
}

/// Splits `Spot (Office)`, as candidates are shown, into the name and what is between the parentheses.
fn split_parentheses(text: &str) -> Option<(&str, &str)> {
    let (name, inside) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    Some((name.strip_suffix(' ').unwrap_or(name), inside))
}

/// Splits `Spot #2` into the name and 2.
fn split_ordinal(text: &str) -> Option<(&str, usize)> {
    let (name, ordinal) = text.trim_end().rsplit_once('#')?;
    let ordinal = ordinal.parse().ok().filter(|ordinal| *ordinal > 0)?;
    Some((name.strip_suffix(' ').unwrap_or(name), ordinal))
}
