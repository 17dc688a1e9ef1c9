//! Counts the calls of one tool.

use std::{sync::Arc, time::Duration};

use hdrhistogram::Histogram;

/// A longer time counts as this one.
const MAX_TIME: Duration = Duration::from_hours(24);

/// Counts and times of one tool's calls.
///
/// Minimum, mean and maximum are exact. Percentiles come from a histogram with two significant digits, so they are
/// within 1 % of the true time. The histogram grows with the longest time, to at most 16 KiB.
#[derive(Debug)]
pub(super) struct Counters {
    in_progress: u64,
    failures: u64,
    /// Counts the ended calls.
    calls: u64,
    total: Duration,
    minimum: Duration,
    maximum: Duration,
    /// Times in microseconds.
    times: Histogram<u32>,
}

/// The metrics of one tool. Times are in milliseconds, over all ended calls, failed ones included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolMetrics {
    /// Names the tool, or is `(other)`.
    pub(crate) tool: Arc<str>,
    /// Names the plugin, or is empty.
    pub(crate) plugin: Arc<str>,
    /// Counts the ended calls.
    pub(crate) calls: u64,
    /// Counts the ended calls that failed.
    pub(crate) failures: u64,
    /// Counts the calls that are in progress.
    pub(crate) in_progress: u64,
    /// Gives the shortest time. It is exact.
    pub(crate) minimum_ms: f64,
    /// Gives the mean time. It is exact.
    pub(crate) mean_ms: f64,
    /// Gives the longest time. It is exact.
    pub(crate) maximum_ms: f64,
    /// Gives the median time. It is exact to 1 %.
    pub(crate) p50_ms: f64,
    /// Gives the 90th percentile. It is exact to 1 %.
    pub(crate) p90_ms: f64,
    /// Gives the 99th percentile. It is exact to 1 %.
    pub(crate) p99_ms: f64,
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

    /// Counts a call that begins.
    pub(super) fn begin(&mut self) {
        self.in_progress += 1;
    }

    /// Counts a call that ends.
    pub(super) fn end(&mut self, failed: bool, took: Duration) {
        self.in_progress = self.in_progress.saturating_sub(1);
        self.calls += 1;
        self.failures += u64::from(failed);
        self.total = self.total.saturating_add(took);
        self.minimum = self.minimum.min(took);
        self.maximum = self.maximum.max(took);
        let microseconds = u64::try_from(took.min(MAX_TIME).as_micros()).unwrap_or(u64::MAX);
        let recorded = self.times.record(microseconds);
        debug_assert!(recorded.is_ok(), "a histogram that grows holds every time up to {MAX_TIME:?}");
    }

    /// Returns the metrics of the tool. All times are zero before the first call has ended.
    pub(super) fn metrics(&self, tool: Arc<str>, plugin: Arc<str>) -> ToolMetrics {
        // Counts beyond 2^52 do not occur: at a call per microsecond they take a century.
        #[allow(clippy::cast_precision_loss)]
        let calls = self.calls.max(1) as f64;
        let percentile = |percent| milliseconds(self.percentile(percent));
        ToolMetrics {
            tool,
            plugin,
            calls: self.calls,
            failures: self.failures,
            in_progress: self.in_progress,
            minimum_ms: milliseconds(self.minimum.min(self.maximum)),
            mean_ms: milliseconds(self.total) / calls,
            maximum_ms: milliseconds(self.maximum),
            p50_ms: percentile(50.0),
            p90_ms: percentile(90.0),
            p99_ms: percentile(99.0),
        }
    }

    /// The histogram returns the upper end of a bucket, which may lie outside of the recorded times.
    fn percentile(&self, percent: f64) -> Duration {
        Duration::from_micros(self.times.value_at_percentile(percent)).max(self.minimum).min(self.maximum)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counters, ToolMetrics};

    fn metrics(counters: &Counters) -> ToolMetrics {
        counters.metrics("t".into(), "p".into())
    }

    fn after(milliseconds: impl IntoIterator<Item = u64>) -> ToolMetrics {
        let mut counters = Counters::new();
        for time in milliseconds {
            counters.begin();
            counters.end(false, Duration::from_millis(time));
        }
        metrics(&counters)
    }

    #[test]
    fn a_tool_that_was_never_called_has_zeros_and_no_nan() {
        let times = after([]);
        assert_eq!((times.minimum_ms, times.mean_ms, times.maximum_ms), (0.0, 0.0, 0.0));
        assert_eq!((times.p50_ms, times.p90_ms, times.p99_ms), (0.0, 0.0, 0.0));
    }

    #[test]
    fn a_single_call_is_every_percentile() {
        let times = after([1234]);
        let all = (times.minimum_ms, times.p50_ms, times.p99_ms, times.maximum_ms);
        assert_eq!(all, (1234.0, 1234.0, 1234.0, 1234.0));
    }

    #[test]
    fn percentiles_are_within_one_percent() {
        let times = after(1..=1000);
        let figures = [(times.p50_ms, 500.0), (times.p90_ms, 900.0), (times.p99_ms, 990.0), (times.mean_ms, 500.5)];
        for (measured, exact) in figures {
            assert!((measured - exact).abs() <= exact / 100.0, "{measured} is not {exact}");
        }
        assert_eq!((times.minimum_ms, times.maximum_ms), (1.0, 1000.0));
    }

    #[test]
    fn a_time_beyond_all_bounds_is_counted() {
        let mut counters = Counters::new();
        counters.begin();
        counters.end(true, Duration::MAX);
        let metrics = metrics(&counters);
        assert_eq!((metrics.calls, metrics.failures, metrics.in_progress), (1, 1, 0));
        assert!(metrics.p99_ms.is_finite());
    }
}
