//! Constructs the contract's errors and converts between them.

use hue_names::{Named, spellings};
use lamplighter_report::candidate_text;

use crate::bindings::lamplighter::plugin::home::FindError;
use crate::{Candidate, Error, FieldError, NoMatch, ToolError, Unavailable};

/// The most searches for names that tell ambiguous things apart. A home of usual names takes a few for each thing.
const MAX_SEARCHES: usize = 500;

impl ToolError {
    /// Reports one wrong argument. `reason` says what would be right.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidArguments(vec![FieldError { field: field.into(), reason: reason.into() }])
    }

    /// Reports that nothing has that name.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound(NoMatch { message: message.into(), candidates: Vec::new() })
    }

    /// Reports any other failure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

/// Converts the error of a host function into the error of the call.
impl From<Error> for ToolError {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(message) => Self::Denied(message),
            Error::Invalid(message) => Self::invalid("", message),
            Error::NotFound(message) => Self::not_found(message),
            Error::Unavailable(unavailable) => Self::Unavailable(unavailable),
            Error::Timeout(message) => Self::Timeout(message),
            Error::Rejected(message) => Self::Failed(format!("The bridge refused: {message}")),
            Error::Other(message) => Self::Other(message),
        }
    }
}

/// Returns the text of an error without its kind.
pub(crate) fn message(error: &Error) -> &str {
    match error {
        Error::Unavailable(Unavailable { message, .. })
        | Error::Denied(message)
        | Error::Invalid(message)
        | Error::NotFound(message)
        | Error::Timeout(message)
        | Error::Rejected(message)
        | Error::Other(message) => message,
    }
}

/// Words the failed search for `query` for a model. `wanted` is a noun such as `light`. `find` searches for another query
/// in the same way, and returns the id of what it finds.
pub(crate) fn from_find_error(
    query: &str,
    wanted: &str,
    error: FindError,
    find: impl Fn(&str) -> Option<String>,
) -> ToolError {
    match error {
        FindError::NotFound(candidates) => {
            let message =
                format!("No {wanted} is called \"{query}\".{}", join_candidates(" Did you mean", &candidates, "?"));
            ToolError::NotFound(NoMatch { message, candidates })
        }
        FindError::Ambiguous(candidates) => {
            let names = join_candidates(":", &candidates, ".");
            let message = format!("\"{query}\" fits several things{names}{}", distinguish(&candidates, find));
            ToolError::Ambiguous(NoMatch { message, candidates })
        }
        FindError::Denied(message) => ToolError::Denied(message),
        FindError::Unavailable(unavailable) => ToolError::Unavailable(unavailable),
        FindError::Other(message) => ToolError::Other(message),
    }
}

fn join_candidates(before: &str, candidates: &[Candidate], after: &str) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let text = |it: &Candidate| candidate_text(&it.name, it.kind.name(), it.room.as_deref());
    let names: Vec<_> = candidates.iter().map(text).collect();
    format!("{before} {}{after}", names.join(", "))
}

/// Says how to name the candidates that neither name nor room tells apart: ` Say "Office/Spot #1" or "Office/Spot #2".`
fn distinguish(candidates: &[Candidate], find: impl Fn(&str) -> Option<String>) -> String {
    let mut searches = 0..MAX_SEARCHES;
    let mut spelling = |candidate: &Candidate| {
        let mut searched = spellings(named(candidate, candidates)).zip(&mut searches);
        searched.find(|(query, _)| find(query).as_ref() == Some(&candidate.id)).map(|(query, _)| query)
    };
    let found: Vec<_> = candidates.iter().filter_map(|it| Some((it, spelling(it)?))).collect();
    // The list of candidates tells a name, and a name with its room.
    let is_told = |(it, query): &(&Candidate, String)| {
        *query == it.name || it.room.as_ref().is_some_and(|room| *query == format!("{room}/{}", it.name))
    };
    if found.iter().all(is_told) {
        return String::new();
    }
    let names: Vec<_> = found.into_iter().map(|(_, query)| quote(&query)).collect();
    format!(" Say {}.", names.join(" or "))
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
