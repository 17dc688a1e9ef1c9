//! Keeps the state that the requests of one connection share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::rate_limit::{LeakyBucket, Slot, Slots};
use crate::world::Moment;

/// The time that a client may take over its TLS handshake, and over the body of a request.
pub(super) const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Represents one client connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    client: IpAddr,
    rate: Mutex<LeakyBucket>,
    slots: Arc<Slots>,
    requests: AtomicU32,
    /// Is cancelled when the connection is to be reset.
    pub(super) broken: CancellationToken,
    /// Is cancelled when the client is to open another connection.
    pub(super) retired: CancellationToken,
}

impl Connection {
    pub(super) fn new(client: IpAddr, number: u64, slots: Arc<Slots>) -> Self {
        Self {
            number,
            client,
            rate: Mutex::new(LeakyBucket::new()),
            slots,
            requests: AtomicU32::new(0),
            broken: CancellationToken::new(),
            retired: CancellationToken::new(),
        }
    }

    /// Counts a request. The last one that the connection may have retires the connection.
    pub(super) fn count_request(&self, max_requests: Option<u32>) {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if max_requests.is_some_and(|max| requests >= max) {
            self.retired.cancel();
        }
    }

    /// Admits a request and returns its slot, or `None` if the connection sends too fast or the client has no slot left.
    pub(super) fn admit(&self, now: Moment) -> Option<Slot> {
        let in_rate = self.rate.lock().admit(now);
        if in_rate { self.slots.try_acquire(self.client) } else { None }
    }

    /// Breaks the connection at once by a TCP reset.
    pub(super) fn reset(&self) {
        self.broken.cancel();
    }
}
