//! The limits of a real bridge: of the web server in front of it here, of its radio in [`radio`](crate::radio).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Moment;

/// Whether the bridge limits its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// As a real bridge does: four requests in flight per client address, an event stream counting as one, and ten
    /// requests per second per connection with a burst of twenty more; what is too much gets status 429. And 25
    /// messages a second and one group command a second to the lamps; what is too much waits for up to four seconds,
    /// and is lost beyond that, which only a soft error in the answer tells.
    #[default]
    Real,
    /// Not at all.
    Off,
}

/// How many requests of one client address may be in flight.
const IN_FLIGHT: usize = 4;
/// Requests per second that a connection may send in the long run.
const RATE: f64 = 10.0;
/// Requests that a connection may send beyond that.
const BURST: f64 = 20.0;

/// The requests in flight, by client address.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<HashMap<IpAddr, usize>>);

impl Slots {
    /// Takes a slot for one request; `None` if the client has none left.
    pub(crate) fn take(self: &Arc<Self>, client: IpAddr) -> Option<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = slots.entry(client).or_default();
        if *taken >= IN_FLIGHT {
            return None;
        }
        *taken += 1;
        Some(Slot { slots: Arc::clone(self), client })
    }

    fn give_back(&self, client: IpAddr) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = slots.get_mut(&client) {
            *taken = taken.saturating_sub(1);
        }
    }
}

/// A request in flight; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    client: IpAddr,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give_back(self.client);
    }
}

/// The request rate of one connection: a leaky bucket, as nginx counts.
#[derive(Debug)]
pub(crate) struct Bucket {
    excess: f64,
    counted: Option<Moment>,
}

impl Bucket {
    pub(crate) fn new() -> Self {
        Self { excess: 0.0, counted: None }
    }

    /// Counts a request; false if it is one too many, and then it counts for nothing.
    pub(crate) fn admit(&mut self, now: Moment) -> bool {
        let excess = match self.counted {
            None => 0.0,
            Some(then) => (self.excess - RATE * now.saturating_sub(then).as_secs_f64()).max(-1.0) + 1.0,
        };
        if excess > BURST {
            return false;
        }
        *self = Self { excess, counted: Some(now) };
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
        let (mut bucket, now) = (Bucket::new(), Moment::ZERO);
        let passed = (0..40).filter(|_| bucket.admit(now)).count();
        assert_eq!(passed, 21);
    }

    #[test]
    fn ten_requests_a_second_pass_afterwards() {
        let (mut bucket, now) = (Bucket::new(), Moment::ZERO);
        while bucket.admit(now) {}
        let later = now + Duration::from_secs(1);
        let passed = (0..40).filter(|_| bucket.admit(later)).count();
        assert_eq!(passed, 10);
    }

    #[test]
    fn a_slot_is_free_again_when_its_request_ends() {
        let slots = Arc::new(Slots::default());
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut held: Vec<_> = (0..4).map(|_| slots.take(client).expect("a slot")).collect();
        assert!(slots.take(client).is_none());
        held.pop();
        assert!(slots.take(client).is_some());
    }
}
