//! How the connection to the bridge is.

use std::time::Duration;

use crate::{budget::BudgetStatus, mirror};

/// How the connection to the bridge is, now. Holds no address and no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Whether it is there.
    pub connection: Connection,
    /// Since the mirror was last confirmed; `None` before it was first filled.
    pub mirror_age: Option<Duration>,
    /// Lights there are.
    pub lights: u32,
    /// Lights the bridge cannot reach.
    pub unreachable_lights: u32,
    /// Requests the bridge answered with 429 or 503.
    pub throttled: u64,
    /// Times the event stream was connected anew.
    pub reconnects: u64,
    /// Times the bridge was found at another address than before.
    pub moves: u64,
    /// Requests sent.
    pub requests: u64,
    /// What may still be sent.
    pub budget: BudgetStatus,
}

/// Whether the bridge is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// For the first time.
    Connecting,
    /// The mirror is filled and the event stream is up.
    Live,
    /// The reason; it is tried again.
    Down(String),
}

impl From<&mirror::Connection> for Connection {
    fn from(connection: &mirror::Connection) -> Self {
        match connection {
            mirror::Connection::Connecting => Self::Connecting,
            mirror::Connection::Live => Self::Live,
            mirror::Connection::Down(error) => Self::Down(error.to_string()),
        }
    }
}
