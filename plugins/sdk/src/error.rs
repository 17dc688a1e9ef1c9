//! Constructs the contract's errors and converts between them.

use lamplighter_report::candidate_text;

use crate::bindings::lamplighter::plugin::home::FindError;
use crate::{Candidate, Error, FieldError, NoMatch, ToolError, Unavailable};

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

/// Words the failed search for `query` for a model. `wanted` is a noun such as `light`.
pub(crate) fn from_find_error(query: &str, wanted: &str, error: FindError) -> ToolError {
    match error {
        FindError::NotFound(candidates) => {
            let message =
                format!("No {wanted} is called \"{query}\".{}", join_candidates(" Did you mean", &candidates, "?"));
            ToolError::NotFound(NoMatch { message, candidates })
        }
        FindError::Ambiguous(candidates) => {
            let names = join_candidates(":", &candidates, ".");
            let message = format!("\"{query}\" fits several things{names}{}", distinguish(&candidates));
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
fn distinguish(candidates: &[Candidate]) -> String {
    let names: Vec<_> = candidates.iter().filter_map(|it| qualified_name(it, candidates)).collect();
    if names.is_empty() { String::new() } else { format!(" Say {}.", names.join(" or ")) }
}

/// Returns the name with what tells it from its namesakes: kind, room and number, as `home.find` reads them.
fn qualified_name(candidate: &Candidate, candidates: &[Candidate]) -> Option<String> {
    let namesakes: Vec<_> = candidates.iter().filter(|it| it.name == candidate.name).collect();
    let of_kind: Vec<_> = namesakes.iter().filter(|it| it.kind == candidate.kind).collect();
    let alike: Vec<_> = of_kind.iter().filter(|it| it.room == candidate.room).collect();
    let (same_kind, same_room) = (of_kind.len() == namesakes.len(), alike.len() == of_kind.len());
    // A room alone is told by the list.
    if same_kind && alike.len() == 1 && (same_room || candidate.room.is_some()) {
        return None;
    }
    let kind = if same_kind { String::new() } else { format!("{}:", candidate.kind.name()) };
    let has_room = candidate.room.is_some() || !same_room;
    let room = if has_room { format!("{}/", candidate.room.as_deref().unwrap_or_default()) } else { String::new() };
    let place = alike.iter().position(|it| it.id == candidate.id).filter(|_| alike.len() > 1);
    let ordinal = place.map(|at| format!(" #{}", at + 1)).unwrap_or_default();
    Some(format!("\"{kind}{room}{}{ordinal}\"", candidate.name))
}
