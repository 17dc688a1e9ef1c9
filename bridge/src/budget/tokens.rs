//! The tokens of the three limits, and what a request costs of each. In this order everywhere: requests, lights,
//! groups.

use tokio::time::Instant;

use super::{Speed, pace::Pace};

/// What each limit holds at most. The bridge itself lets a burst of 20 requests pass (facts: 3.2); half of that leaves
/// room for other programs, and for its queue of 25 Zigbee messages a second.
pub(super) const CAPACITY: [f64; 3] = [10.0, 10.0, 1.0];
/// How many come back per second.
pub(super) const PER_SECOND: [f64; 3] = [10.0, 10.0, 1.0];
/// Zigbee messages per second the bridge's queue takes are 25, light tokens are 10.
const TOKENS_PER_MESSAGE: f64 = 0.4;
/// A token may be missing by rounding.
const TOLERANCE: f64 = 1e-6;

/// What one request takes from each of the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    lights: f64,
    groups: f64,
}

impl Cost {
    /// A read, or a change that makes no lamp do anything.
    pub(crate) const REQUEST: Self = Self { lights: 0.0, groups: 0.0 };
    /// A group command or a scene recall.
    pub(crate) const GROUP: Self = Self { lights: 0.0, groups: 1.0 };

    /// A command to one light, of that many Zigbee messages.
    pub(crate) fn light(messages: u32) -> Self {
        // Never more than there can be, or it would wait for ever.
        Self { lights: (TOKENS_PER_MESSAGE * f64::from(messages)).clamp(1.0, CAPACITY[1]), groups: 0.0 }
    }

    pub(super) fn each(self) -> [f64; 3] {
        [1.0, self.lights, self.groups]
    }

    /// Seconds of the limit it is hardest on.
    pub(super) fn seconds(self) -> f64 {
        self.each().iter().zip(PER_SECOND).map(|(need, rate)| need / rate).fold(0.0, f64::max)
    }

    /// Whether it needs anything but the tokens that every request needs.
    pub(super) fn is_scarce(self) -> bool {
        self.lights > 0.0 || self.groups > 0.0
    }

    pub(super) fn is_group(self) -> bool {
        self.groups > 0.0
    }
}

/// The tokens there are at one moment. What is there and what is held never exceed the capacity together.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    available: [f64; 3],
    /// Taken by those who were called, but have not come to send. They may still give them back, and then nothing
    /// must have come in their place.
    held: [f64; 3],
    pace: Pace,
    now: Instant,
}

impl Tokens {
    pub(super) fn full(now: Instant) -> Self {
        Self { available: CAPACITY, held: [0.0; 3], pace: Pace::full(now), now }
    }

    /// The moment these are the tokens of.
    pub(super) fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn available(&self) -> [f64; 3] {
        self.available
    }

    pub(super) fn speed(&self) -> Speed {
        self.pace.speed(self.now)
    }

    /// Lets tokens come back.
    pub(super) fn advance(&mut self, now: Instant) {
        let seconds = self.pace.seconds(self.now, now);
        for index in 0..3 {
            let most = CAPACITY[index] - self.held[index];
            self.available[index] = (self.available[index] + seconds * PER_SECOND[index]).min(most);
        }
        self.now = self.now.max(now);
    }

    /// When so many of each have been there, of the kinds that are needed.
    pub(super) fn when(&self, needs: [f64; 3]) -> Instant {
        let missing = needs.iter().zip(self.available).zip(PER_SECOND).filter(|((need, _), _)| **need > 0.0);
        let seconds = missing.map(|((need, there), rate)| (need - TOLERANCE - there) / rate).fold(0.0, f64::max);
        if seconds > 0.0 { self.pace.after(self.now, seconds) } else { self.pace.open(self.now) }
    }

    /// Whether tokens are missing that not every request needs.
    pub(super) fn lacks_scarce(&self, cost: Cost) -> bool {
        cost.each().iter().zip(self.available).skip(1).any(|(need, there)| need - TOLERANCE > there)
    }

    /// For one who is called: [`Tokens::keep`] or [`Tokens::give_back`] follows.
    pub(super) fn hold(&mut self, cost: Cost) {
        self.take(cost);
        add(&mut self.held, cost.each(), 1.0);
    }

    pub(super) fn take(&mut self, cost: Cost) {
        add(&mut self.available, cost.each(), -1.0);
    }

    pub(super) fn keep(&mut self, cost: Cost) {
        add(&mut self.held, cost.each(), -1.0);
    }

    pub(super) fn give_back(&mut self, cost: Cost) {
        self.keep(cost);
        add(&mut self.available, cost.each(), 1.0);
    }

    /// The bridge threw a request away: what is left counts for nothing.
    pub(super) fn throttled(&mut self) {
        if self.pace.throttled(self.now) {
            self.available = self.available.map(|there| there.min(0.0));
        }
    }
}

pub(super) fn add(sum: &mut [f64; 3], needs: [f64; 3], times: f64) {
    for (sum, need) in sum.iter_mut().zip(needs) {
        *sum += need * times;
    }
}
