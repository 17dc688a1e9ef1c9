//! The state of the budget, for reports. It names no callers.

use std::{collections::VecDeque, time::Duration};

use super::{
    Speed,
    token_buckets::{TOKEN_CAPACITIES, TOKENS_PER_SECOND, TokenBuckets},
};

/// The state of the budget, as it is reported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetStatus {
    /// The bucket that requests of any kind are taken from.
    pub requests: Bucket,
    /// The bucket of light commands. A command costs 1, or 0.4 for each of its Zigbee messages if that is more.
    pub lights: Bucket,
    /// The bucket that group commands and scene recalls are taken from.
    pub groups: Bucket,
    /// Counts requests at the bridge beside the event stream: three at most.
    pub in_flight: u32,
    /// Counts requests of any kind that wait for their turn.
    pub waiting: u32,
    /// The time for which the oldest waiting request has waited; zero if none waits.
    pub longest_wait: Duration,
    /// Summarizes the waits of the requests whose turn came last.
    pub recent_waits: WaitStats,
    /// Says whether the budget is reduced for now because the bridge discarded requests.
    pub speed: Speed,
}

/// The state of one token bucket, which refills at `per_second` up to `capacity`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The tokens that are available now.
    pub available: f64,
    /// The most tokens that the bucket can hold.
    pub capacity: f64,
    /// The tokens that are refilled per second at full speed.
    pub per_second: f64,
    /// Counts waiting requests that need tokens of this bucket.
    pub waiting: u32,
}

/// Summarizes the waits of the last hundred requests that got their turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitStats {
    /// Counts the waits. There are fewer than a hundred at the beginning.
    pub count: u32,
    /// The mean of the waits that are counted.
    pub mean: Duration,
    /// The longest of the waits that are counted.
    pub longest: Duration,
}

impl WaitStats {
    pub(super) fn from_waits(waits: &VecDeque<Duration>) -> Self {
        let count = u32::try_from(waits.len()).unwrap_or(u32::MAX);
        let mean = waits.iter().sum::<Duration>().checked_div(count).unwrap_or_default();
        Self { count, mean, longest: waits.iter().max().copied().unwrap_or_default() }
    }
}

pub(super) fn buckets(tokens: &TokenBuckets, waiting: [u32; 3]) -> [Bucket; 3] {
    std::array::from_fn(|index| Bucket {
        available: tokens.available()[index],
        capacity: TOKEN_CAPACITIES[index],
        per_second: TOKENS_PER_SECOND[index],
        waiting: waiting[index],
    })
}
