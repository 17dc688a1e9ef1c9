//! The error of one attempt to send a request. [`crate::retry`] decides by it whether to try again.

use std::time::Duration;

use crate::error::Error;

/// The time after which callers should try again when the bridge is unreachable.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why one attempt to send a request failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AttemptError {
    /// No connection was made: the request was definitely not sent.
    Connect(String),
    /// The certificate is not the expected one: the request was definitely not sent.
    Identity(String),
    /// The bridge discarded the request, with status 429 or 503.
    Throttled(u16),
    /// Status 502 or 504: the bridge's web server is up, but the application behind it is not or does not answer.
    BadGateway,
    /// The connection broke during the request, which may have been sent.
    ConnectionLost(String),
    /// No answer came in time; the request may have been sent.
    Timeout,
    /// The bridge does not accept the key: status 401 or 403.
    Unauthorized,
    /// The bridge refused for another reason; holds the status and the bridge's own words.
    Rejected(u16, String),
    /// The answer is truncated, empty or not an answer at all; the request may have been done.
    Malformed(String),
    /// A permanent protocol violation; retrying does not help.
    Protocol(String),
    /// The request's precondition no longer holds, for this reason: the request was definitely not sent.
    PreconditionFailed(Error),
    /// The budget cannot serve the request in time, and it was not sent; holds the wait that it would take.
    Busy(Duration),
}

/// How far a failed attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// The request was definitely not sent.
    Unsent,
    /// The request was sent, and the bridge said that it discarded it.
    Discarded,
    /// The request was sent, and may have been done.
    Sent,
}

impl AttemptError {
    /// Whether another attempt may help.
    pub(crate) fn is_transient(&self) -> bool {
        use AttemptError::{BadGateway, Connect, ConnectionLost, Malformed, Throttled, Timeout};
        matches!(self, Connect(_) | Throttled(_) | BadGateway | ConnectionLost(_) | Timeout | Malformed(_))
    }

    /// Returns how far the attempt got.
    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Connect(_) | Self::Identity(_) | Self::PreconditionFailed(_) | Self::Busy(_) => Progress::Unsent,
            Self::Throttled(_) => Progress::Discarded,
            _ => Progress::Sent,
        }
    }

    /// Whether the bridge said that it did nothing or was not asked, so that even a change that is not idempotent may be
    /// sent again.
    pub(crate) fn may_repeat_any(&self) -> bool {
        self.progress() < Progress::Sent
    }

    /// Whether the bridge said that it did not do it, although it may have received the request.
    pub(crate) fn is_refusal(&self) -> bool {
        // Status 500 and above only say that something went wrong on the way.
        matches!(self, Self::Unauthorized | Self::Rejected(..=499, _))
    }

    /// Converts the failure of a write. Unless the bridge refused it or it was not sent, its result is unknown.
    pub(crate) fn into_write_error(self) -> Error {
        let is_known = self.may_repeat_any() || self.is_refusal();
        match self.into() {
            error @ (Error::Timeout | Error::InDoubt(_)) => error,
            error if is_known => error,
            error => Error::InDoubt(error.to_string()),
        }
    }

    /// Converts the failure of a read. A read changes nothing, so nothing is in doubt, unlike in [`Error::from`].
    pub(crate) fn into_read_error(self) -> Error {
        match self {
            Self::ConnectionLost(_) => unavailable("the connection broke".to_owned()),
            Self::Timeout => unavailable("no answer in time".to_owned()),
            error => error.into(),
        }
    }
}

impl From<AttemptError> for Error {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Connect(reason) => unavailable(reason),
            AttemptError::Identity(reason) => Self::Identity(reason),
            AttemptError::Throttled(status) => Self::Throttled { status, retry_after: RETRY_AFTER },
            AttemptError::BadGateway => unavailable("it is starting or restarting".to_owned()),
            AttemptError::ConnectionLost(_) => Self::InDoubt("the connection to the bridge broke".to_owned()),
            AttemptError::Timeout => Self::Timeout,
            AttemptError::Unauthorized => Self::Unauthorized,
            AttemptError::Rejected(status, message) => Self::Rejected { status, message },
            AttemptError::Malformed(reason) | AttemptError::Protocol(reason) => Self::Protocol(reason),
            AttemptError::PreconditionFailed(error) => error,
            AttemptError::Busy(wait) => Self::Busy { wait },
        }
    }
}

fn unavailable(reason: String) -> Error {
    Error::Unavailable { reason, retry_after: Some(RETRY_AFTER) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_may_have_been_done_is_never_told_as_refused_or_not_sent() {
        let text = String::new;
        for doubtful in [
            AttemptError::BadGateway,
            AttemptError::ConnectionLost(text()),
            AttemptError::Timeout,
            AttemptError::Rejected(500, text()),
            AttemptError::Malformed(text()),
            AttemptError::Protocol(text()),
        ] {
            let error = doubtful.into_write_error();
            assert!(error.to_string().ends_with("the change may or may not have happened"), "{error}");
        }
        for known in [
            AttemptError::Connect(text()),
            AttemptError::Identity(text()),
            AttemptError::Throttled(429),
            AttemptError::Unauthorized,
            AttemptError::Rejected(404, text()),
            AttemptError::Busy(Duration::ZERO),
        ] {
            assert_eq!(known.clone().into_write_error(), Error::from(known));
        }
    }

    #[test]
    fn a_busy_bridge_was_reached_and_a_broken_connection_is_no_matter_of_time() {
        for status in [429, 503] {
            let text = AttemptError::Throttled(status).into_write_error().to_string();
            assert!(text.starts_with("the bridge refused it as too busy"), "{text}");
            assert_eq!(AttemptError::Throttled(status).into_read_error().to_string(), text);
        }
        let text = AttemptError::ConnectionLost(String::new()).into_write_error().to_string();
        assert_eq!(text, "the connection to the bridge broke; the change may or may not have happened");
    }
}
