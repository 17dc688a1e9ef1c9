//! Calls, counted per tool since the host started.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::counters::Counters;

/// Tools that are remembered by name. Plugins come and go in a long session, and the figures must not grow for ever.
const REMEMBERED: usize = 2_000;

/// The tool under which all further ones are counted together; it belongs to no plugin.
const OTHER: &str = "(other)";

/// The host's figures. Shared by reference; counting a call costs two short locks.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    // A std Mutex: it is held to find or copy, never across an await.
    tools: Mutex<BTreeMap<Key, Shared>>,
}

/// Which tool: the same name served by another plugin is another tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    tool: Arc<str>,
    plugin: Arc<str>,
}

/// One tool's counters, shared with its calls under way.
type Shared = Arc<Mutex<Counters>>;

/// How a call ended, for the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a result.
    Ok,
    /// With an error, whoever made it.
    Failed,
}

/// A call under way. Dropped without [`InProgress::finish`], as when its future is cancelled, it counts as failed.
#[derive(Debug)]
#[must_use = "a call that is dropped counts as failed"]
pub(crate) struct InProgress {
    tool: Shared,
    began: Instant,
    outcome: Outcome,
}

/// The figures at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MetricsSnapshot {
    /// By name, and by plugin for the same name.
    pub(crate) tools: Vec<ToolMetrics>,
    /// Calls that ended, of all tools.
    pub(crate) calls: u64,
    /// Those of them that failed.
    pub(crate) failures: u64,
    /// Calls under way.
    pub(crate) in_progress: u64,
}

/// One tool's figures. Times are in milliseconds, over calls that ended, failed ones included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolMetrics {
    /// The tool's name, or `(other)`.
    pub(crate) tool: Arc<str>,
    /// The plugin's name, or empty.
    pub(crate) plugin: Arc<str>,
    /// Calls that ended.
    pub(crate) calls: u64,
    /// Those of them that failed.
    pub(crate) failures: u64,
    /// Calls under way.
    pub(crate) in_progress: u64,
    /// The shortest; exact.
    pub(crate) minimum_ms: f64,
    /// The mean; exact.
    pub(crate) mean_ms: f64,
    /// The longest; exact.
    pub(crate) maximum_ms: f64,
    /// Half of the calls took at most this, within 1 %.
    pub(crate) p50_ms: f64,
    /// Nine of ten calls took at most this, within 1 %.
    pub(crate) p90_ms: f64,
    /// 99 of 100 calls took at most this, within 1 %.
    pub(crate) p99_ms: f64,
}

impl Metrics {
    /// Nothing counted yet. The host's uptime begins here.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), tools: Mutex::default() }
    }

    /// Since when these figures count.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// A call of `tool`, served by `plugin`, begins.
    pub(crate) fn begin(&self, tool: &str, plugin: &str) -> InProgress {
        let tool = self.tool(tool, plugin);
        lock(&tool).begin();
        InProgress { tool, began: Instant::now(), outcome: Outcome::Failed }
    }

    /// The figures now. Tools are read one after the other, so a call that ends meanwhile may be in or not.
    pub(crate) fn snapshot(&self) -> MetricsSnapshot {
        // Cloned out, so that computing percentiles holds up nobody's call.
        let tools: Vec<(Key, Shared)> =
            lock(&self.tools).iter().map(|(key, tool)| (key.clone(), Arc::clone(tool))).collect();
        let tools: Vec<ToolMetrics> = tools.into_iter().map(|(key, tool)| ToolMetrics::of(key, &lock(&tool))).collect();
        MetricsSnapshot {
            calls: tools.iter().map(|tool| tool.calls).sum(),
            failures: tools.iter().map(|tool| tool.failures).sum(),
            in_progress: tools.iter().map(|tool| tool.in_progress).sum(),
            tools,
        }
    }

    fn tool(&self, tool: &str, plugin: &str) -> Shared {
        let mut tools = lock(&self.tools);
        let mut key = Key { tool: tool.into(), plugin: plugin.into() };
        if tools.len() >= REMEMBERED && !tools.contains_key(&key) {
            key = Key { tool: OTHER.into(), plugin: "".into() };
        }
        Arc::clone(tools.entry(key).or_insert_with(|| Arc::new(Mutex::new(Counters::new()))))
    }
}

impl InProgress {
    /// The call ended like this.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        lock(&self.tool).end(self.outcome == Outcome::Failed, self.began.elapsed());
    }
}

impl ToolMetrics {
    fn of(key: Key, counters: &Counters) -> Self {
        let times = counters.times();
        Self {
            tool: key.tool,
            plugin: key.plugin,
            calls: counters.calls(),
            failures: counters.failures(),
            in_progress: counters.in_progress(),
            minimum_ms: times.minimum,
            mean_ms: times.mean,
            maximum_ms: times.maximum,
            p50_ms: times.p50,
            p90_ms: times.p90,
            p99_ms: times.p99,
        }
    }
}

/// Counting goes on after a panic elsewhere: a count is never half done in a way that matters.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Metrics, OTHER, Outcome, REMEMBERED, ToolMetrics};

    fn only(metrics: &Metrics) -> ToolMetrics {
        let [tool] = metrics.snapshot().tools.try_into().expect("one tool was called");
        tool
    }

    #[test]
    fn a_call_is_in_progress_until_it_is_finished() {
        let metrics = Metrics::new();
        let call = metrics.begin("hue_list_lights", "lights");
        let before = only(&metrics);
        assert_eq!((before.calls, before.in_progress), (0, 1));
        call.finish(Outcome::Ok);
        let after = only(&metrics);
        assert_eq!((after.calls, after.failures, after.in_progress), (1, 0, 0));
        assert_eq!((&*after.tool, &*after.plugin), ("hue_list_lights", "lights"));
    }

    #[test]
    fn a_call_that_is_dropped_counts_as_failed() {
        let metrics = Metrics::new();
        drop(metrics.begin("t", "p"));
        let tool = only(&metrics);
        assert_eq!((tool.calls, tool.failures, tool.in_progress), (1, 1, 0));
    }

    #[test]
    fn the_totals_are_the_sums_over_the_tools() {
        let metrics = Metrics::new();
        metrics.begin("a", "p").finish(Outcome::Ok);
        metrics.begin("b", "p").finish(Outcome::Failed);
        let _under_way = metrics.begin("b", "q");
        let snapshot = metrics.snapshot();
        assert_eq!((snapshot.calls, snapshot.failures, snapshot.in_progress), (2, 1, 1));
        assert_eq!(snapshot.tools.len(), 3, "the same name from another plugin is another tool");
    }

    #[test]
    fn tools_beyond_the_bound_are_counted_together() {
        let metrics = Metrics::new();
        for number in 0..REMEMBERED + 50 {
            metrics.begin(&format!("tool-{number}"), "p").finish(Outcome::Ok);
        }
        metrics.begin("tool-0", "p").finish(Outcome::Ok);
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.tools.len(), REMEMBERED + 1);
        let calls = |name| snapshot.tools.iter().find(|tool| &*tool.tool == name).map(|tool| tool.calls);
        assert_eq!((calls(OTHER), calls("tool-0")), (Some(50), Some(2)));
    }
}
