//! The limits of the web server in front of the bridge: requests in flight per client, and requests per second per
//! connection. The limits of the radio are in [`radio`](crate::world).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::world::Moment;

/// The number of requests that one client address may have in flight.
const MAX_IN_FLIGHT: usize = 4;
/// The number of requests per second that a connection may send in the long run.
const SUSTAINED_RATE: f64 = 10.0;
/// The number of requests that a connection may send beyond the sustained rate.
const MAX_BURST: f64 = 20.0;

/// The slot of a request in flight, which is free again when this value is dropped.
pub(super) type Slot = OwnedSemaphorePermit;

/// Holds the slots that each client address has for requests in flight.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<HashMap<IpAddr, Arc<Semaphore>>>);

impl Slots {
    /// Takes a slot for one request; `None` if the client has none left.
    pub(super) fn try_acquire(&self, client: IpAddr) -> Option<Slot> {
        let mut clients = self.0.lock();
        let slots = clients.entry(client).or_insert_with(|| Arc::new(Semaphore::new(MAX_IN_FLIGHT)));
        Arc::clone(slots).try_acquire_owned().ok()
    }
}

/// Limits the request rate of one connection. It is a leaky bucket, as in nginx (`limit_req`).
#[derive(Debug)]
pub(super) struct LeakyBucket {
    excess: f64,
    last_request: Option<Moment>,
}

impl LeakyBucket {
    pub(super) fn new() -> Self {
        Self { excess: 0.0, last_request: None }
    }

    /// Counts a request and returns true; a request beyond the burst is refused and not counted.
    pub(super) fn admit(&mut self, now: Moment) -> bool {
        let excess = match self.last_request {
            None => 0.0,
            Some(last) => (self.excess - SUSTAINED_RATE * now.saturating_sub(last).as_secs_f64()).max(-1.0) + 1.0,
        };
        if excess > MAX_BURST {
            return false;
        }
        *self = Self { excess, last_request: Some(now) };
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_21_requests_of_a_connection_pass_at_once() {
        let (mut bucket, now) = (LeakyBucket::new(), Moment::ZERO);
        let passed = (0..40).filter(|_| bucket.admit(now)).count();
        assert_eq!(passed, 21);
    }

    #[test]
    fn ten_requests_a_second_pass_afterwards() {
        let (mut bucket, now) = (LeakyBucket::new(), Moment::ZERO);
        while bucket.admit(now) {}
        let later = now + Duration::from_secs(1);
        let passed = (0..40).filter(|_| bucket.admit(later)).count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn a_slot_is_free_again_when_its_request_ends() {
        let slots = Slots::default();
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut held: Vec<_> = (0..4).map(|_| slots.try_acquire(client).expect("a slot")).collect();
        assert!(slots.try_acquire(client).is_none());
        held.pop();
        assert!(slots.try_acquire(client).is_some());
    }
}
