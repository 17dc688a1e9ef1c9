//! Reports the state that the connection to a bridge is in.

use std::time::Duration;

use crate::{budget::BudgetStatus, mirror::Snapshot, paced_client::PacedClient};

pub use crate::mirror::Connection;

/// The state of the connection to a bridge. It holds no address and no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Says whether the event stream is up.
    pub connection: Connection,
    /// The time since the mirror was last confirmed; `None` before it was first filled.
    pub mirror_age: Option<Duration>,
    /// Counts the lights.
    pub lights: u32,
    /// Counts the lights that the bridge cannot reach.
    pub unreachable_lights: u32,
    /// Counts the requests that the bridge answered with 429 or 503.
    pub throttled: u64,
    /// Counts the times that the event stream was connected again.
    pub reconnects: u64,
    /// Counts the times that the bridge was found at another address.
    pub moves: u64,
    /// Counts the requests sent.
    pub requests: u64,
    /// Says what may still be sent.
    pub budget: BudgetStatus,
}

impl Status {
    pub(crate) fn new(snapshot: &Snapshot, client: &PacedClient) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (lights, traffic) = (&snapshot.home.lights, client.traffic());
        Self {
            connection: snapshot.connection.clone(),
            mirror_age: snapshot.age(),
            lights: count(lights.len()),
            unreachable_lights: count(lights.iter().filter(|light| light.is_unreachable()).count()),
            throttled: traffic.throttled,
            reconnects: snapshot.reconnects,
            moves: traffic.moves,
            requests: traffic.sent,
            budget: client.budget_status(),
        }
    }
}
