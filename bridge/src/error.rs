//! The one error enum that the crate's public API uses.

use std::time::Duration;

/// Why the bridge did not do what a caller wanted, or was not asked to.
///
/// No variant holds the application key or an address. The cause is logged where it occurs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A command or an argument is invalid; the text says which, and what would be valid.
    #[error("{0}")]
    Invalid(String),
    /// No light, group or scene has this id.
    #[error("there is no {kind} with the id {id}")]
    NotFound {
        /// The kind that was looked for: `light`, `group` or `scene`.
        kind: &'static str,
        /// The id that was looked for.
        id: String,
    },
    /// The bridge cannot be reached; nothing was sent.
    #[error("the bridge cannot be reached: {reason}")]
    Unavailable {
        /// Says what was tried and what happened, for people.
        reason: String,
        /// The time after which to try again, if known.
        retry_after: Option<Duration>,
    },
    /// The bridge answered every attempt with status 429 or 503: it received the request, and says that it did nothing.
    #[error("the bridge refused it as too busy{}", throttled_by(*status))]
    Throttled {
        /// The HTTP status that it answered.
        status: u16,
        /// The time after which to try again.
        retry_after: Duration,
    },
    /// The bridge's budget cannot serve this call before its deadline; nothing was sent.
    #[error("the bridge is busy: this would have to wait {} ms, longer than the call may take", wait.as_millis())]
    Busy {
        /// The time that the call would have had to wait.
        wait: Duration,
    },
    /// The deadline passed while the bridge was working: the change may or may not have happened.
    #[error("no answer from the bridge in time; the change may or may not have happened")]
    Timeout,
    /// The answer to a change makes no sense, or is an error of the web server before the bridge, for this reason: the change
    /// may or may not have happened.
    #[error("{0}; the change may or may not have happened")]
    InDoubt(String),
    /// The bridge refused the request.
    #[error("the bridge refused: {message}")]
    Rejected {
        /// The HTTP status that it answered.
        status: u16,
        /// The bridge's own description, or what the status means.
        message: String,
    },
    /// The bridge does not know the application key.
    #[error("the bridge does not accept the application key: pair again with `lamplighter pair`")]
    Unauthorized,
    /// The server that answered is not this bridge.
    #[error("the bridge's certificate is not the expected one: {0}")]
    Identity(String),
    /// The bridge's answer cannot be understood.
    #[error("the bridge answered with something unexpected: {0}")]
    Protocol(String),
}

impl Error {
    /// Makes the error for a light, group or scene that is not there.
    pub(crate) fn not_found(kind: &'static str, id: &crate::home::Id) -> Self {
        Self::NotFound { kind, id: id.to_string() }
    }

    /// Whether a change may have been made all the same: the mirror is worth a look.
    pub(crate) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Timeout | Self::InDoubt(_) | Self::Throttled { .. })
    }
}

fn throttled_by(status: u16) -> &'static str {
    if status == 429 { ": it gets too many requests, from this or other programs" } else { "" }
}
