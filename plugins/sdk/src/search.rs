//! A search for a thing by name, and the words for a model if it fails.

use hue_names::{Named, spellings};
use lamplighter_report::candidate_text;

use crate::backend::home as host;
use crate::bindings::lamplighter::plugin::home::FindError;
use crate::home::Kinds;
use crate::{Candidate, Kind, NoMatch, ToolError};

/// The most searches for names that tell ambiguous things apart. A home of usual names takes a few for each thing.
const MAX_SEARCHES: usize = 500;

/// What is searched for.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) query: &'a str,
    pub(crate) kinds: Kinds,
    /// Names the room or zone to which the search is narrowed.
    pub(crate) within: Option<&'a str>,
}

impl Search<'_> {
    /// Returns the one thing that is meant.
    ///
    /// # Errors
    /// Nothing fits, or several things do. The message says what there is instead, or how to say which is meant.
    pub(crate) fn find(self) -> Result<Candidate, ToolError> {
        match self.ask() {
            Ok(found) => Ok(found),
            Err(FindError::NotFound(near)) => Err(ToolError::NotFound(self.explain_no_match(near))),
            Err(FindError::Ambiguous(candidates)) => {
                let (names, hint) = (join(&candidates), self.distinguish(&candidates));
                let message = format!("\"{}\" fits several things: {names}.{hint}", self.query);
                Err(ToolError::Ambiguous(NoMatch { message, candidates }))
            }
            Err(FindError::Denied(message)) => Err(ToolError::Denied(message)),
            Err(FindError::Unavailable(unavailable)) => Err(ToolError::Unavailable(unavailable)),
            Err(FindError::Other(message)) => Err(ToolError::Other(message)),
        }
    }

    fn ask(self) -> Result<Candidate, FindError> {
        host::find(self.query, self.kinds, self.within)
    }

    /// Says that nothing fits: what fits elsewhere or is of another kind, or else what is called similarly.
    fn explain_no_match(self, near: Vec<Candidate>) -> NoMatch {
        let room = self.within.map(|room| Search { query: room, kinds: group_kinds(), within: None }.find());
        let place = match room {
            Some(Ok(room)) => format!(" in {}", room.name),
            Some(Err(ToolError::NotFound(no_room))) => return no_room,
            _ => String::new(),
        };
        let (instead, candidates) = match self.elsewhere() {
            elsewhere if !elsewhere.is_empty() => (format!(" There is {}.", join(&elsewhere)), elsewhere),
            _ => match self.of_other_kind() {
                Some(other) => (format!(" {} is {}.", quote(&other.name), noun(other.kind)), vec![other]),
                None if near.is_empty() => (String::new(), near),
                None => (format!(" Did you mean {}?", join(&near)), near),
            },
        };
        let message = format!("No {} is called \"{}\"{place}.{instead}", wanted(self.kinds), self.query);
        NoMatch { message, candidates }
    }

    /// Returns what the query finds in the whole home, if the search was narrowed to a room.
    fn elsewhere(self) -> Vec<Candidate> {
        let whole_home = Self { within: None, ..self };
        match self.within.map(|_| whole_home.ask()) {
            Some(Ok(found)) => vec![found],
            Some(Err(FindError::Ambiguous(several))) => several,
            _ => Vec::new(),
        }
    }

    /// Returns what the query finds among all things.
    fn of_other_kind(self) -> Option<Candidate> {
        Self { kinds: group_kinds() | Kinds::LIGHT | Kinds::SCENE, within: None, ..self }.ask().ok()
    }

    /// Says how to name each candidate: ` Say "Office/Spot #1" or "Office/Spot #2".`
    fn distinguish(self, candidates: &[Candidate]) -> String {
        let mut budget = 0..MAX_SEARCHES;
        let mut spelling = |candidate: &Candidate| {
            let mut queries = spellings(named(candidate, candidates)).zip(&mut budget).map(|(query, _)| query);
            queries.find(|query| Search { query, ..self }.ask().is_ok_and(|found| found.id == candidate.id))
        };
        let found: Vec<_> = candidates.iter().filter_map(|it| Some((it, spelling(it)?))).collect();
        if found.iter().all(|(candidate, query)| *query == candidate.name) {
            return String::new();
        }
        let names: Vec<_> = found.iter().map(|(_, query)| quote(query)).collect();
        format!(" Say {}.", names.join(" or "))
    }
}

/// Returns the kinds to which a search can be narrowed.
pub(crate) fn group_kinds() -> Kinds {
    Kinds::ROOM | Kinds::ZONE | Kinds::HOME
}

fn join(candidates: &[Candidate]) -> String {
    let text = |it: &Candidate| candidate_text(&it.name, it.kind.name(), it.room.as_deref());
    candidates.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Puts a query between signs that it does not hold itself.
fn quote(query: &str) -> String {
    if query.contains('"') { format!("`{query}`") } else { format!("\"{query}\"") }
}

fn named<'a>(candidate: &'a Candidate, candidates: &[Candidate]) -> Named<'a> {
    let is_alike =
        |it: &&Candidate| (it.kind, &it.name, &it.room) == (candidate.kind, &candidate.name, &candidate.room);
    let before = candidates.iter().take_while(|it| it.id != candidate.id).filter(is_alike).count();
    Named { kind: candidate.kind.into(), name: &candidate.name, room: candidate.room.as_deref(), ordinal: before + 1 }
}

/// Returns the noun for what is searched for.
fn wanted(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::LIGHT => "light",
        Kinds::SCENE => "scene",
        kinds if kinds & (Kinds::LIGHT | Kinds::SCENE) == Kinds::empty() => "room or zone",
        _ => "thing",
    }
}

fn noun(kind: Kind) -> String {
    if kind == Kind::Home { "the whole home".to_owned() } else { format!("a {}", kind.name()) }
}
