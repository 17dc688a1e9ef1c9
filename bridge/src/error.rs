//! Why something did not work: one enum for the whole wall.

use std::time::Duration;

/// Why the bridge did not do, or was not asked to do, what a caller wanted.
///
/// No variant holds the application key or an address; the cause goes to the log where it is found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A command that makes no sense: which, and what would.
    #[error("{0}")]
    Invalid(String),
    /// There is no such light, group or scene.
    #[error("there is no {kind} with the id {id}")]
    NotFound {
        /// `light`, `group`, `scene`.
        kind: &'static str,
        /// What was looked for.
        id: String,
    },
    /// The bridge cannot be reached; nothing was sent.
    #[error("the bridge cannot be reached: {reason}")]
    Unavailable {
        /// What was tried and what happened, for people.
        reason: String,
        /// When to try again, if that can be told.
        retry_after: Option<Duration>,
    },
    /// The bridge's budget cannot serve this call before its deadline; nothing was sent.
    #[error("the bridge is busy: this would have to wait {} ms, longer than the call may take", wait.as_millis())]
    Busy {
        /// How long it would have had to wait.
        wait: Duration,
    },
    /// The deadline passed while the bridge was at work: the change may or may not have happened.
    #[error("no answer from the bridge in time; the change may or may not have happened")]
    Timeout,
    /// The bridge answered that it will not: its own words.
    #[error("the bridge refused: {message}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// The bridge's description, or what the status means.
        message: String,
    },
    /// The bridge does not know the application key.
    #[error("the bridge does not accept the application key: pair again with `lamplighter pair`")]
    Unauthorized,
    /// Something answered that is not this bridge.
    #[error("the bridge's certificate is not the expected one: {0}")]
    Identity(String),
    /// The bridge answered with something that cannot be understood.
    #[error("the bridge answered with something unexpected: {0}")]
    Protocol(String),
}
