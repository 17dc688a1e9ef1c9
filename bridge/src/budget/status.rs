//! The state of the budget, for reports. It names no callers.

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
}

pub(super) fn buckets(tokens: &TokenBuckets) -> [Bucket; 3] {
    std::array::from_fn(|index| Bucket {
        available: tokens.available()[index],
        capacity: TOKEN_CAPACITIES[index],
        per_second: TOKENS_PER_SECOND[index],
    })
}
