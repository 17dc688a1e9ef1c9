//! What can be made to go wrong.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A misbehaviour of the bridge or of the network before it; in force until it is replaced or taken back.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Every answer comes this much later; the request is in flight meanwhile.
    Latency(Duration),
    /// Every request is answered with this status and an HTML page, as the web server before the bridge does
    /// (502 while it restarts, 503 when it is busy, 429).
    Status(u16),
    /// The event streams that are open now end; new ones are accepted.
    DropEventStreams,
    /// Open connections break, and new ones are reset.
    Offline,
}

/// The fault in force, and a way to wait for the bridge to go away.
#[derive(Debug)]
pub(crate) struct Faults {
    fault: Mutex<Option<Fault>>,
    offline: watch::Sender<bool>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { fault: Mutex::new(None), offline: watch::Sender::new(false) }
    }

    pub(crate) fn set(&self, fault: Option<Fault>) {
        let offline = fault == Some(Fault::Offline);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.offline.send_replace(offline);
    }

    pub(crate) fn current(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn is_offline(&self) -> bool {
        *self.offline.borrow()
    }

    /// Returns when the bridge is offline.
    pub(crate) async fn went_offline(&self) {
        let mut offline = self.offline.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = offline.wait_for(|offline| *offline).await;
    }
}
