//! Rate limits of one plugin over all its calls: log lines per second, commands per minute.
//!
//! A token bucket of our own, because a limit may be 0 and the tests advance tokio's clock.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::config::PluginLimits;

/// The rate limiters of one version of a plugin. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct RateLimiters {
    /// Limits log lines, printed output included.
    pub(crate) log: Arc<RateLimiter>,
    /// Limits commands to the bridge.
    pub(crate) commands: Arc<RateLimiter>,
}

impl RateLimiters {
    /// Makes full buckets from the plugin's limits.
    pub(crate) fn new(limits: &PluginLimits) -> Self {
        Self {
            log: Arc::new(RateLimiter::new(limits.log_lines_per_second, Duration::from_secs(1))),
            commands: Arc::new(RateLimiter::new(limits.commands_per_minute, Duration::from_mins(1))),
        }
    }
}

/// A token bucket: it holds `capacity` tokens, and refills as many in each `period`.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    capacity: f64,
    period: Duration,
    /// Holds the number of tokens, and the time at which it was right.
    bucket: Mutex<(f64, Instant)>,
}

impl RateLimiter {
    /// Makes a full bucket.
    pub(crate) fn new(capacity: u32, period: Duration) -> Self {
        let capacity = f64::from(capacity);
        Self { capacity, period, bucket: Mutex::new((capacity, Instant::now())) }
    }

    /// Takes one token, and returns whether there was one.
    pub(crate) fn try_acquire(&self) -> bool {
        self.try_acquire_many(1).is_ok()
    }

    /// Takes `count` tokens, or none if there are fewer.
    ///
    /// # Errors
    /// Returns the wait until `count` tokens are available, or `Duration::MAX` if `count` exceeds the capacity.
    pub(crate) fn try_acquire_many(&self, count: u32) -> Result<(), Duration> {
        let wanted = f64::from(count);
        let mut bucket = self.bucket.lock();
        let now = Instant::now();
        let (tokens, since) = *bucket;
        let refilled = now.duration_since(since).as_secs_f64() / self.period.as_secs_f64() * self.capacity;
        let tokens = (tokens + refilled).min(self.capacity);
        let left = tokens - wanted;
        *bucket = (if left >= 0.0 { left } else { tokens }, now);
        if left >= 0.0 {
            return Ok(());
        }
        if wanted > self.capacity {
            return Err(Duration::MAX);
        }
        Err(self.period.mul_f64(-left / self.capacity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_bounded_and_comes_back_with_time() {
        let lines = RateLimiter::new(10, Duration::from_secs(1));
        assert_eq!((0..100).filter(|_| lines.try_acquire()).count(), 10);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!((0..100).filter(|_| lines.try_acquire()).count(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_admitted_whole_or_told_when() {
        let commands = RateLimiter::new(60, Duration::from_mins(1));
        assert_eq!(commands.try_acquire_many(50), Ok(()));
        assert_eq!(commands.try_acquire_many(30), Err(Duration::from_secs(20)));
        assert_eq!(commands.try_acquire_many(10), Ok(()), "a refused batch takes no tokens");
        assert_eq!(commands.try_acquire_many(61), Err(Duration::MAX));
    }
}
