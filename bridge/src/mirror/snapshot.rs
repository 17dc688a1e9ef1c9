//! Holds one consistent state of the mirror, which is never changed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    error::Error,
    home::{Home, Id},
};

/// Says in which state the connection to the bridge is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Connection {
    /// The first connection is being made.
    #[default]
    Connecting,
    /// The mirror is filled and the event stream is up.
    Live,
    /// The connection was lost for this reason; the mirror tries again.
    Down(Error),
}

/// One consistent state of the mirror, which is never changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) home: Arc<Home>,
    pub(crate) connection: Connection,
    /// The moment of the last filling, or of the end of the stream that kept it; `None` before the first filling.
    pub(crate) confirmed: Option<Instant>,
    /// Counts the times that the event stream was connected again.
    pub(crate) reconnects: u64,
    /// The revision in which each light last changed, for lights that did.
    pub(crate) light_revisions: Arc<HashMap<Id, u64>>,
    /// The number of this snapshot; it grows with each one.
    pub(crate) revision: u64,
}

impl Snapshot {
    /// Returns whether an event has changed a light since this revision.
    pub(crate) fn changed_since(&self, light: &Id, revision: u64) -> bool {
        self.light_revisions.get(light).is_some_and(|changed| *changed > revision)
    }

    /// Returns the time since the bridge last confirmed the snapshot; a live stream confirms it continuously.
    pub(crate) fn age(&self) -> Option<Duration> {
        match self.connection {
            Connection::Live => self.confirmed.map(|_| Duration::ZERO),
            _ => self.confirmed.map(|at| at.elapsed()),
        }
    }
}
