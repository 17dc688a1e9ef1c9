//! The budget as others see it. Names no callers.

use std::{collections::VecDeque, time::Duration};

use super::tokens::{CAPACITY, PER_SECOND, Tokens};

/// The budget as it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetStatus {
    /// Requests of any kind.
    pub requests: Bucket,
    /// Light commands; one costs 1, or 0.4 for each of its Zigbee messages if that is more.
    pub lights: Bucket,
    /// Group commands and scene recalls.
    pub groups: Bucket,
    /// Requests at the bridge, beside the event stream: three at most.
    pub in_flight: u32,
    /// Requests that wait for their turn, of whatever kind.
    pub waiting: u32,
    /// How long the one that waits longest has waited. Zero if none waits.
    pub longest_wait: Duration,
    /// How long those waited whose turn came last.
    pub recent_waits: Waits,
    /// Whether the bridge gets less for now, because it threw requests away.
    pub speed: Speed,
}

/// A limit as it is now: tokens come back at `per_second` up to `capacity`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Tokens there are now.
    pub available: f64,
    /// The most there can be.
    pub capacity: f64,
    /// How fast they come back at full speed.
    pub per_second: f64,
    /// Requests that wait and need tokens of this limit.
    pub waiting: u32,
}

/// How long those waited whose turn came last: the last hundred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many these are: fewer than a hundred at the beginning.
    pub count: u32,
    /// Their mean.
    pub mean: Duration,
    /// The longest of them.
    pub longest: Duration,
}

/// How fast tokens come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As the limits say.
    Full,
    /// At half of that, for so long.
    Half(Duration),
    /// Not at all for so long, and then at half speed for a while. Follows a 429 or 503.
    Paused(Duration),
}

impl Waits {
    pub(super) fn of(waits: &VecDeque<Duration>) -> Self {
        let count = u32::try_from(waits.len()).unwrap_or(u32::MAX);
        let mean = waits.iter().sum::<Duration>().checked_div(count).unwrap_or_default();
        Self { count, mean, longest: waits.iter().max().copied().unwrap_or_default() }
    }
}

pub(super) fn buckets(tokens: &Tokens, waiting: [u32; 3]) -> [Bucket; 3] {
    std::array::from_fn(|index| Bucket {
        available: tokens.available()[index],
        capacity: CAPACITY[index],
        per_second: PER_SECOND[index],
        waiting: waiting[index],
    })
}
