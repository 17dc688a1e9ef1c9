//! How one attempt failed: what [`crate::retry`] decides upon.

use std::time::Duration;

use crate::error::Error;

/// How one attempt to send a request failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// No connection: surely not sent.
    Connect(String),
    /// The certificate is not the expected one: surely not sent.
    Identity(String),
    /// 429 or 503: the bridge threw it away.
    Throttled(u16),
    /// 502: the bridge's web server is up, the application behind it is not.
    Down,
    /// The connection broke on the way: may have been sent.
    Broken(String),
    /// No answer in time: may have been sent.
    Timeout,
    /// 401 or 403.
    Unauthorized,
    /// Any other refusal: the status and the bridge's words.
    Rejected(u16, String),
    /// An answer that cannot be understood.
    Protocol(String),
    /// The budget cannot serve it in time: surely not sent.
    Busy(Duration),
}

impl Failure {
    /// Whether another attempt may help.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Throttled(_) | Self::Down | Self::Broken(_) | Self::Timeout)
    }

    /// Whether the bridge surely did nothing, so that even a change that adds up may be sent again.
    pub(crate) fn surely_not_done(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Identity(_) | Self::Throttled(_) | Self::Busy(_))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let unavailable = |reason: String| Self::Unavailable { reason, retry_after: Some(Duration::from_secs(5)) };
        match failure {
            Failure::Connect(reason) => unavailable(reason),
            Failure::Identity(reason) => Self::Identity(reason),
            Failure::Throttled(429) => unavailable("it gets too many requests, from this or other programs".to_owned()),
            Failure::Throttled(_) => unavailable("it is too busy".to_owned()),
            Failure::Down => unavailable("it is starting or restarting".to_owned()),
            Failure::Broken(_) | Failure::Timeout => Self::Timeout,
            Failure::Unauthorized => Self::Unauthorized,
            Failure::Rejected(status, message) => Self::Rejected { status, message },
            Failure::Protocol(what) => Self::Protocol(what),
            Failure::Busy(wait) => Self::Busy { wait },
        }
    }
}
