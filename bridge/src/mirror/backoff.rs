//! The delay before the next attempt to connect. It grows with each attempt since the last stable stream.

use std::time::Duration;

use crate::retry::backoff_delay;

/// A stream that lived this long was stable: the next reconnect delay is the first one again. A stream that connects and
/// drops within milliseconds is a failed attempt.
const STABLE_STREAM_TIME: Duration = Duration::from_secs(10);
const FIRST_RECONNECT_DELAY: Duration = Duration::from_millis(250);

/// Counts failed attempts, and computes the delay before the next one.
#[derive(Debug)]
pub(super) struct ReconnectBackoff {
    max_delay: Duration,
    /// Counts attempts since the last stable stream.
    failures: u32,
}

impl ReconnectBackoff {
    pub(super) fn new(max_delay: Duration) -> Self {
        Self { max_delay, failures: 0 }
    }

    /// Notes that a stream ended that had lived this long.
    pub(super) fn on_stream_ended(&mut self, lived: Duration) {
        if lived >= STABLE_STREAM_TIME {
            self.failures = 0;
        }
    }

    /// Returns the delay before the next attempt, and counts the failure that makes it necessary.
    pub(super) fn next_delay(&mut self) -> Duration {
        let delay = backoff_delay(self.failures, FIRST_RECONNECT_DELAY, self.max_delay);
        self.failures = self.failures.saturating_add(1);
        delay
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::cases;

    const MAX_DELAY: Duration = Duration::from_mins(1);

    proptest! {
        #![proptest_config(cases(256))]

        #[test]
        fn a_stream_that_lived_under_a_second_never_resets_the_delay(
            lives in prop::collection::vec(prop::option::of(0..1000_u64), 1..200),
        ) {
            let mut backoff = ReconnectBackoff::new(MAX_DELAY);
            for (failures, life) in lives.into_iter().enumerate() {
                if let Some(millis) = life {
                    backoff.on_stream_ended(Duration::from_millis(millis));
                }
                let doubled = 2_u32.saturating_pow(u32::try_from(failures).expect("few"));
                let full = FIRST_RECONNECT_DELAY.saturating_mul(doubled).min(MAX_DELAY);
                let delay = backoff.next_delay();
                prop_assert!(full / 2 <= delay && delay <= full, "{delay:?} after {failures} failures");
            }
        }
    }

    #[test]
    fn a_stable_stream_resets_the_delay() {
        let mut backoff = ReconnectBackoff::new(MAX_DELAY);
        for _ in 0..20 {
            backoff.next_delay();
        }
        backoff.on_stream_ended(STABLE_STREAM_TIME);
        assert!(backoff.next_delay() <= FIRST_RECONNECT_DELAY);
    }
}
