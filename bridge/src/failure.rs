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
    /// 502 or 504: the bridge's web server is up, the application behind it is not, or says nothing.
    Down,
    /// The connection broke on the way: may have been sent.
    Broken(String),
    /// No answer in time: may have been sent.
    Timeout,
    /// 401 or 403.
    Unauthorized,
    /// Any other refusal: the status and the bridge's words.
    Rejected(u16, String),
    /// An answer that is cut, empty or something else than an answer: may have been done.
    Garbled(String),
    /// An answer that is none the next time either.
    Protocol(String),
    /// The budget cannot serve it in time: surely not sent.
    Busy(Duration),
}

impl Failure {
    /// Whether another attempt may help.
    pub(crate) fn is_transient(&self) -> bool {
        use Failure::{Broken, Connect, Down, Garbled, Throttled, Timeout};
        matches!(self, Connect(_) | Throttled(_) | Down | Broken(_) | Timeout | Garbled(_))
    }

    /// Whether the bridge surely did nothing, so that even a change that adds up may be sent again.
    pub(crate) fn surely_not_done(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Identity(_) | Self::Throttled(_) | Self::Busy(_))
    }

    /// Whether the bridge surely did not do it, although it may have got it: it said so.
    pub(crate) fn is_refusal(&self) -> bool {
        // With 500 and the like it says only that something went wrong on the way.
        matches!(self, Self::Unauthorized | Self::Rejected(..=499, _))
    }

    /// The error for one who only wanted to know something: where nothing could be changed, nothing is in doubt.
    pub(crate) fn of_reading(self) -> Error {
        match self {
            Self::Broken(_) => unavailable("the connection broke".to_owned()),
            Self::Timeout => unavailable("no answer in time".to_owned()),
            failure => failure.into(),
        }
    }
}

fn unavailable(reason: String) -> Error {
    Error::Unavailable { reason, retry_after: Some(Duration::from_secs(5)) }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connect(reason) => unavailable(reason),
            Failure::Identity(reason) => Self::Identity(reason),
            Failure::Throttled(429) => unavailable("it gets too many requests, from this or other programs".to_owned()),
            Failure::Throttled(_) => unavailable("it is too busy".to_owned()),
            Failure::Down => unavailable("it is starting or restarting".to_owned()),
            Failure::Broken(_) | Failure::Timeout => Self::Timeout,
            Failure::Unauthorized => Self::Unauthorized,
            Failure::Rejected(status, message) => Self::Rejected { status, message },
            Failure::Garbled(what) | Failure::Protocol(what) => Self::Protocol(what),
            Failure::Busy(wait) => Self::Busy { wait },
        }
    }
}
