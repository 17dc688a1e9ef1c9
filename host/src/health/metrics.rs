//! Call metrics, per tool, since the host started.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

pub(crate) use super::counters::ToolMetrics;

use super::counters::Counters;

/// The number of tools that are counted by name. Plugins come and go in a long session, and the metrics must not grow
/// without bound.
const MAX_TOOLS: usize = 2_000;

/// The name under which all further tools are counted together; it belongs to no plugin.
const OTHER_TOOLS: &str = "(other)";

/// The host's metrics. Shared by reference; counting a call takes two short locks.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    /// Locked to find or to copy, never across an await.
    tools: Mutex<BTreeMap<Key, Shared>>,
}

/// Identifies a tool. The same name served by another plugin is another tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    tool: Arc<str>,
    plugin: Arc<str>,
}

/// The counters of one tool, shared with its calls in progress.
type Shared = Arc<Mutex<Counters>>;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// The call had a result.
    Ok,
    /// The call had an error, whoever caused it.
    Failed,
}

/// A call in progress. It counts as failed if it is dropped without [`InProgress::finish`], as when its future is
/// cancelled.
#[derive(Debug)]
#[must_use = "a call that is dropped counts as failed"]
pub(crate) struct InProgress {
    tool: Shared,
    began: Instant,
    outcome: CallOutcome,
}

/// The metrics as they are at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MetricsSnapshot {
    /// Lists the metrics of each tool, sorted by the names of the tool and its plugin.
    pub(crate) tools: Vec<ToolMetrics>,
    /// Counts the ended calls of all tools.
    pub(crate) calls: u64,
    /// Counts the ended calls that failed.
    pub(crate) failures: u64,
    /// Counts the calls that are in progress.
    pub(crate) in_progress: u64,
}

impl Metrics {
    /// Makes empty metrics. The host's uptime begins here.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), tools: Mutex::default() }
    }

    /// Returns how long these metrics have been counting.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Counts a call of `tool` that begins, served by `plugin`.
    pub(crate) fn begin(&self, tool: &str, plugin: &str) -> InProgress {
        let tool = self.tool(tool, plugin);
        tool.lock().begin();
        InProgress { tool, began: Instant::now(), outcome: CallOutcome::Failed }
    }

    /// Returns the present metrics. Tools are read one after the other, so a call that ends meanwhile may be included or
    /// not.
    pub(crate) fn snapshot(&self) -> MetricsSnapshot {
        // Copied out of the lock, so that computing percentiles delays no call.
        let tools: Vec<(Key, Shared)> = self.tools.lock().iter().map(|(key, it)| (key.clone(), it.clone())).collect();
        let tools: Vec<_> = tools.into_iter().map(|(key, it)| it.lock().metrics(key.tool, key.plugin)).collect();
        MetricsSnapshot {
            calls: tools.iter().map(|tool| tool.calls).sum(),
            failures: tools.iter().map(|tool| tool.failures).sum(),
            in_progress: tools.iter().map(|tool| tool.in_progress).sum(),
            tools,
        }
    }

    fn tool(&self, tool: &str, plugin: &str) -> Shared {
        let mut tools = self.tools.lock();
        let mut key = Key { tool: tool.into(), plugin: plugin.into() };
        if tools.len() >= MAX_TOOLS && !tools.contains_key(&key) {
            key = Key { tool: OTHER_TOOLS.into(), plugin: "".into() };
        }
        tools.entry(key).or_insert_with(|| Arc::new(Mutex::new(Counters::new()))).clone()
    }
}

impl InProgress {
    /// Records how the call ended.
    pub(crate) fn finish(mut self, outcome: CallOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.tool.lock().end(self.outcome == CallOutcome::Failed, self.began.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::{CallOutcome, MAX_TOOLS, Metrics, OTHER_TOOLS, ToolMetrics};

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
        call.finish(CallOutcome::Ok);
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
        metrics.begin("a", "p").finish(CallOutcome::Ok);
        metrics.begin("b", "p").finish(CallOutcome::Failed);
        let _under_way = metrics.begin("b", "q");
        let snapshot = metrics.snapshot();
        assert_eq!((snapshot.calls, snapshot.failures, snapshot.in_progress), (2, 1, 1));
        assert_eq!(snapshot.tools.len(), 3, "the same name from another plugin is another tool");
    }

    #[test]
    fn tools_beyond_the_bound_are_counted_together() {
        let metrics = Metrics::new();
        for number in 0..MAX_TOOLS + 50 {
            metrics.begin(&format!("tool-{number}"), "p").finish(CallOutcome::Ok);
        }
        metrics.begin("tool-0", "p").finish(CallOutcome::Ok);
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.tools.len(), MAX_TOOLS + 1);
        let calls = |name| snapshot.tools.iter().find(|tool| &*tool.tool == name).map(|tool| tool.calls);
        assert_eq!((calls(OTHER_TOOLS), calls("tool-0")), (Some(50), Some(2)));
    }
}
