//! One limit, and what a request costs of each.

use std::time::Duration;

use tokio::time::Instant;

/// Zigbee messages per second the bridge's queue takes are 25, light tokens are 10.
const TOKENS_PER_MESSAGE: f64 = 0.4;

/// What one request takes from each of the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(super) lights: f64,
    pub(super) groups: f64,
}

impl Cost {
    /// A read, or a change that makes no lamp do anything.
    pub(crate) const REQUEST: Self = Self { lights: 0.0, groups: 0.0 };
    /// A group command or a scene recall.
    pub(crate) const GROUP: Self = Self { lights: 0.0, groups: 1.0 };

    /// A command to one light, of that many Zigbee messages.
    pub(crate) fn light(messages: u32) -> Self {
        Self { lights: (TOKENS_PER_MESSAGE * f64::from(messages)).max(1.0), groups: 0.0 }
    }

    /// For requests, lights and groups, in this order everywhere.
    pub(super) fn each(self) -> [f64; 3] {
        [1.0, self.lights, self.groups]
    }
}

/// A limit: tokens come back at `per_second` up to `capacity`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Tokens there are now.
    pub available: f64,
    /// The most there can be.
    pub capacity: f64,
    /// How fast they come back.
    pub per_second: f64,
}

/// A token may be missing by rounding.
const TOLERANCE: f64 = 1e-6;

impl Bucket {
    pub(super) const fn full(capacity: f64, per_second: f64) -> Self {
        Self { available: capacity, capacity, per_second }
    }

    pub(super) fn has(&self, tokens: f64) -> bool {
        self.available + TOLERANCE >= tokens
    }

    pub(super) fn add(&mut self, tokens: f64) {
        self.available = (self.available + tokens).min(self.capacity);
    }
}

/// When tokens come back: not during a pause, and at half speed for a while after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) paused_until: Instant,
    pub(super) slow_until: Instant,
}

impl Pace {
    /// Seconds' worth of tokens between two moments.
    pub(super) fn seconds(&self, from: Instant, to: Instant) -> f64 {
        let start = from.max(self.paused_until);
        let all = to.saturating_duration_since(start);
        let slow = self.slow_until.min(to).saturating_duration_since(start);
        all.saturating_sub(slow / 2).as_secs_f64()
    }

    /// The moment by which `seconds` worth of tokens have come back.
    pub(super) fn after(&self, from: Instant, seconds: f64) -> Instant {
        let start = from.max(self.paused_until);
        let slow = self.slow_until.saturating_duration_since(start);
        let wanted = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4);
        let elapsed = if wanted * 2 <= slow { wanted * 2 } else { wanted + slow / 2 };
        start.checked_add(elapsed).unwrap_or(start)
    }
}
