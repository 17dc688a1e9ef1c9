//! What is counted about one tool.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Times are kept in microseconds up to a day; a longer one counts as a day.
const LONGEST: Duration = Duration::from_hours(24);

/// Counts and times of one tool.
///
/// Minimum, mean and maximum are exact. Percentiles come from a histogram with two significant digits, so they are
/// within 1 % of the true time; it grows with the longest time seen, to 16 KiB at most.
#[derive(Debug)]
pub(super) struct Counters {
    in_progress: u64,
    failures: u64,
    /// Ended calls.
    calls: u64,
    total: Duration,
    minimum: Duration,
    maximum: Duration,
    /// Microseconds.
    times: Histogram<u32>,
}

/// The times of one tool's ended calls, in milliseconds; zeros before the first has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) minimum: f64,
    pub(super) mean: f64,
    pub(super) maximum: f64,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
}

impl Counters {
    pub(super) fn new() -> Self {
        Self {
            in_progress: 0,
            failures: 0,
            calls: 0,
            total: Duration::ZERO,
            minimum: Duration::MAX,
            maximum: Duration::ZERO,
            times: Histogram::new(2).expect("two significant digits are among the five a histogram can have"),
        }
    }

    /// A call begins.
    pub(super) fn begin(&mut self) {
        self.in_progress += 1;
    }

    /// A call that began has ended.
    pub(super) fn end(&mut self, failed: bool, took: Duration) {
        self.in_progress = self.in_progress.saturating_sub(1);
        self.calls += 1;
        self.failures += u64::from(failed);
        self.total = self.total.saturating_add(took);
        self.minimum = self.minimum.min(took);
        self.maximum = self.maximum.max(took);
        let microseconds = u64::try_from(took.min(LONGEST).as_micros()).unwrap_or(u64::MAX);
        let recorded = self.times.record(microseconds);
        debug_assert!(recorded.is_ok(), "a histogram that grows holds every time up to {LONGEST:?}");
    }

    /// Calls under way.
    pub(super) fn in_progress(&self) -> u64 {
        self.in_progress
    }

    /// Calls that ended, however they did.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// Those of them that failed.
    pub(super) fn failures(&self) -> u64 {
        self.failures
    }

    /// How long the ended calls took.
    pub(super) fn times(&self) -> Times {
        if self.calls == 0 {
            return Times::default();
        }
        // Counts beyond 2^52 do not occur: at a call per microsecond they take a century.
        #[allow(clippy::cast_precision_loss)]
        let mean = milliseconds(self.total) / self.calls as f64;
        Times {
            minimum: milliseconds(self.minimum),
            mean,
            maximum: milliseconds(self.maximum),
            p50: self.percentile(50.0),
            p90: self.percentile(90.0),
            p99: self.percentile(99.0),
        }
    }

    /// The histogram answers with the upper end of a bucket, which may lie outside of what was seen.
    fn percentile(&self, percent: f64) -> f64 {
        let time = Duration::from_micros(self.times.value_at_percentile(percent));
        milliseconds(time.clamp(self.minimum, self.maximum))
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counters, Times};

    fn after(milliseconds: impl IntoIterator<Item = u64>) -> Times {
        let mut counters = Counters::new();
        for time in milliseconds {
            counters.begin();
            counters.end(false, Duration::from_millis(time));
        }
        counters.times()
    }

    #[test]
    fn a_tool_that_was_never_called_has_zeros_and_no_nan() {
        assert_eq!(after([]), Times::default());
    }

    #[test]
    fn a_single_call_is_every_percentile() {
        let times = after([1234]);
        assert_eq!((times.minimum, times.p50, times.p99, times.maximum), (1234.0, 1234.0, 1234.0, 1234.0));
    }

    #[test]
    fn percentiles_are_within_one_percent() {
        let times = after(1..=1000);
        for (measured, exact) in [(times.p50, 500.0), (times.p90, 900.0), (times.p99, 990.0), (times.mean, 500.5)] {
            assert!((measured - exact).abs() <= exact / 100.0, "{measured} is not {exact}");
        }
        assert_eq!((times.minimum, times.maximum), (1.0, 1000.0));
    }

    #[test]
    fn a_time_beyond_all_bounds_is_counted() {
        let mut counters = Counters::new();
        counters.begin();
        counters.end(true, Duration::MAX);
        assert_eq!((counters.calls(), counters.failures(), counters.in_progress()), (1, 1, 0));
        assert!(counters.times().p99.is_finite());
    }
}
