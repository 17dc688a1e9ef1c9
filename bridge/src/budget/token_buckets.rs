//! The token buckets of the three limits, and the tokens that a request costs. Arrays hold them in the order requests,
//! lights, groups.

use std::time::Duration;

use tokio::time::Instant;

use super::{Speed, throttle_backoff::ThrottleBackoff};

/// The requests of any kind that may be sent per second.
const REQUEST_TOKENS_PER_SECOND: f64 = 10.0;
/// The light tokens that come back per second. With [`ZIGBEE_MESSAGES_PER_SECOND`], it decides what a light command costs, how long a plan
/// takes, and whether a room is changed by one group command or lamp by lamp.
const LIGHT_TOKENS_PER_SECOND: f64 = 10.0;
/// The group commands and scene recalls that may be sent per second.
const GROUP_TOKENS_PER_SECOND: f64 = 1.0;
/// The Zigbee messages per second that the bridge's queue can take (facts: 3.2).
const ZIGBEE_MESSAGES_PER_SECOND: f64 = 25.0;
/// The light tokens that are charged for one Zigbee message: 0.4.
const LIGHT_TOKENS_PER_MESSAGE: f64 = LIGHT_TOKENS_PER_SECOND / ZIGBEE_MESSAGES_PER_SECOND;

/// The tokens that are refilled per second at full speed.
pub(super) const TOKENS_PER_SECOND: [f64; 3] =
    [REQUEST_TOKENS_PER_SECOND, LIGHT_TOKENS_PER_SECOND, GROUP_TOKENS_PER_SECOND];
/// The most tokens that a bucket holds: one second's worth. The bridge itself accepts a burst of 20 requests
/// (facts: 3.2). Half of that leaves room for other programs, and for its queue of Zigbee messages.
pub(super) const TOKEN_CAPACITIES: [f64; 3] = TOKENS_PER_SECOND;
/// The part of a token that may be missing because of rounding.
const ROUNDING_TOLERANCE: f64 = 1e-6;

/// The tokens that one request takes from each bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    lights: f64,
    groups: f64,
}

impl Cost {
    /// The cost of a read, or of a change that makes no lamp do anything.
    pub(crate) const REQUEST_ONLY: Self = Self { lights: 0.0, groups: 0.0 };
    /// The cost that is charged for a group command or a scene recall.
    pub(crate) const GROUP_COMMAND: Self = Self { lights: 0.0, groups: 1.0 };

    /// Returns the cost of a command to one light that takes this many Zigbee messages: at least 1 light token. It is
    /// at most the bucket's capacity, because a dearer command would wait for ever.
    pub(crate) fn light(messages: u32) -> Self {
        let lights = (LIGHT_TOKENS_PER_MESSAGE * f64::from(messages)).clamp(1.0, TOKEN_CAPACITIES[1]);
        Self { lights, groups: 0.0 }
    }

    /// Returns the time that the bridge's radio takes to send this many Zigbee messages to single lamps.
    pub(crate) fn airtime(messages: u32) -> Duration {
        Duration::from_secs(1).mul_f64(f64::from(messages) / ZIGBEE_MESSAGES_PER_SECOND)
    }

    /// Returns the tokens that are taken from each bucket.
    pub(super) fn per_bucket(self) -> [f64; 3] {
        [1.0, self.lights, self.groups]
    }

    /// Returns the refill time of the bucket that the request burdens most, in seconds.
    pub(super) fn refill_seconds(self) -> f64 {
        self.per_bucket().iter().zip(TOKENS_PER_SECOND).map(|(need, rate)| need / rate).fold(0.0, f64::max)
    }

    /// Whether the request needs scarce tokens: those that not every request needs.
    pub(super) fn needs_scarce(self) -> bool {
        self.lights > 0.0 || self.groups > 0.0
    }

    pub(super) fn is_group(self) -> bool {
        self.groups > 0.0
    }
}

/// The three buckets at one moment. Available and held tokens together never exceed the capacity.
#[derive(Clone, Debug)]
pub(super) struct TokenBuckets {
    available: [f64; 3],
    /// Tokens of requests that were granted a turn and have not taken it yet. Such a request may still give them back,
    /// so no new tokens may come in their place.
    held: [f64; 3],
    backoff: ThrottleBackoff,
    now: Instant,
}

impl TokenBuckets {
    pub(super) fn full(now: Instant) -> Self {
        Self { available: TOKEN_CAPACITIES, held: [0.0; 3], backoff: ThrottleBackoff::new(now), now }
    }

    /// Returns the moment at which this state was computed.
    pub(super) fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn available(&self) -> [f64; 3] {
        self.available
    }

    pub(super) fn speed(&self) -> Speed {
        self.backoff.speed(self.now)
    }

    /// Refills the buckets up to `now`.
    pub(super) fn refill(&mut self, now: Instant) {
        let seconds = self.backoff.refill_seconds(self.now, now);
        for index in 0..3 {
            let max = TOKEN_CAPACITIES[index] - self.held[index];
            self.available[index] = (self.available[index] + seconds * TOKENS_PER_SECOND[index]).min(max);
        }
        self.now = self.now.max(now);
    }

    /// Returns the moment by which the buckets will have yielded these tokens.
    pub(super) fn available_at(&self, needs: [f64; 3]) -> Instant {
        let needed = needs.iter().zip(self.available).zip(TOKENS_PER_SECOND).filter(|((need, _), _)| **need > 0.0);
        let seconds =
            needed.map(|((need, available), rate)| (need - ROUNDING_TOLERANCE - available) / rate).fold(0.0, f64::max);
        if seconds > 0.0 { self.backoff.refilled_at(self.now, seconds) } else { self.backoff.next_opening(self.now) }
    }

    /// Whether scarce tokens of this cost are missing.
    pub(super) fn lacks_scarce(&self, cost: Cost) -> bool {
        let mut scarce = cost.per_bucket().into_iter().zip(self.available).skip(1);
        scarce.any(|(need, available)| need - ROUNDING_TOLERANCE > available)
    }

    /// Takes the tokens of a request that is granted a turn. [`TokenBuckets::commit`] or [`TokenBuckets::release`]
    /// follows.
    pub(super) fn hold(&mut self, cost: Cost) {
        self.take(cost);
        add_tokens(&mut self.held, cost.per_bucket(), 1.0);
    }

    pub(super) fn take(&mut self, cost: Cost) {
        add_tokens(&mut self.available, cost.per_bucket(), -1.0);
    }

    /// Spends held tokens.
    pub(super) fn commit(&mut self, cost: Cost) {
        add_tokens(&mut self.held, cost.per_bucket(), -1.0);
    }

    /// Gives held tokens back.
    pub(super) fn release(&mut self, cost: Cost) {
        self.commit(cost);
        add_tokens(&mut self.available, cost.per_bucket(), 1.0);
    }

    /// Empties the buckets after the bridge discarded a request.
    pub(super) fn on_throttled(&mut self) {
        if self.backoff.on_throttled(self.now) {
            self.available = self.available.map(|available| available.min(0.0));
        }
    }
}

/// Adds `needs` to `sum`, `times` over.
pub(super) fn add_tokens(sum: &mut [f64; 3], needs: [f64; 3], times: f64) {
    for (sum, need) in sum.iter_mut().zip(needs) {
        *sum += need * times;
    }
}
