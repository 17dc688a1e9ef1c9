//! The call pipeline, whatever the transport: find the tool, prompt or resource, check the arguments, wait for a slot,
//! run the guest, check its output, count and log.
//!
//! Knows neither MCP's types nor wasm's.
//!
//! - `execute`: what happens to one call once its target is found;
//! - `output`, `contents`, `size`: the checks of what a plugin returns;
//! - `failure`: why a call failed, in the result shape that all tools share;
//! - `workers`: the threads on which calls run.

mod contents;
mod execute;
mod failure;
mod output;
mod size;
mod workers;

use std::{
    fmt,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures::FutureExt as _;
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Instrument as _;

pub(crate) use lamplighter_report::ErrorCode;

pub(crate) use contents::{PromptMessages, ResourceContents};
pub(crate) use failure::CallFailure;
pub(crate) use output::ToolResult;
use workers::Workers;

use crate::{
    capability::Progress,
    health::metrics::{CallOutcome, InProgress, Metrics},
    plugin::{DEFAULT_CALL_TIMEOUT, Plugin},
    registry::{ItemName, Loading, Reader, Snapshot},
};

/// The maximum length of a name in an error, in characters.
const MAX_NAME_CHARS: usize = 200;

/// Stands for the reason of a failure without one.
const NO_REASON: &str = "the tool failed and did not say why";

/// Serves calls. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Calls {
    registry: Reader,
    metrics: Arc<Metrics>,
    workers: Arc<Workers>,
}

/// The side that waits for a result.
pub(crate) struct Caller {
    /// Is cancelled when the caller gives up.
    pub(crate) cancelled: CancellationToken,
    /// Receives progress, if the caller asked for it.
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
}

/// Why a prompt or a resource has no result.
#[derive(Debug)]
pub(crate) enum CallError {
    Unknown(UnknownItem),
    Failed(CallFailure),
}

/// No plugin serves an item of this name.
#[derive(Debug)]
pub(crate) struct UnknownItem {
    kind: &'static str,
    name: String,
    /// The plugins that are loading.
    loading: Loading,
    /// Whether one of them may bring the item.
    may_come: bool,
}

/// An item that is called, and its plugin, which is not stopped before this is dropped.
struct Target<T> {
    plugin: Arc<Plugin>,
    item: T,
    /// Is when the call came. It may have waited for its plugin since.
    began: Instant,
    _in_flight: TaskTrackerToken,
}

impl Calls {
    pub(crate) fn new(registry: Reader, metrics: Arc<Metrics>) -> Self {
        Self { registry, metrics, workers: Arc::default() }
    }

    /// Calls a tool. Whatever goes wrong once the tool is found is a result that says so. MCP clients omit the arguments
    /// of a tool that needs none.
    pub(crate) async fn call_tool(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        caller: Caller,
    ) -> Result<ToolResult, UnknownItem> {
        let target = self
            .target("tool named", ItemName::Plain(name), &caller, |snapshot| snapshot.tools.get(name).cloned())
            .await?;
        let (plugin, tool, id) = (target.plugin.clone(), target.item.clone(), call_id());
        let span = tracing::info_span!("call", %id, plugin = %plugin.name, tool = %tool.name);
        let work = execute::call_tool(target, arguments, caller, id);
        let result = self.run(&plugin, &tool.name, |result: &ToolResult| !result.is_error, span, work).await;
        Ok(result.unwrap_or_else(|failure| failure.into_result(tool.output.as_ref())))
    }

    /// Fills in a prompt.
    pub(crate) async fn get_prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        caller: Caller,
    ) -> Result<PromptMessages, CallError> {
        let target = self
            .target("prompt named", ItemName::Plain(name), &caller, |snapshot| snapshot.prompts.get(name).cloned())
            .await?;
        let (plugin, id) = (target.plugin.clone(), call_id());
        let span = tracing::info_span!("call", %id, plugin = %plugin.name, prompt = %target.item.name);
        let work = execute::get_prompt(target, arguments, caller, id);
        Ok(self.run(&plugin, &format!("prompt {name}"), |_| true, span, work).await?)
    }

    /// Reads a resource.
    pub(crate) async fn read_resource(&self, uri: &str, caller: Caller) -> Result<ResourceContents, CallError> {
        let target = self.target("resource", ItemName::Uri(uri), &caller, |snapshot| snapshot.resource(uri)).await?;
        let (plugin, id, path) = (target.plugin.clone(), call_id(), target.item.resource.path.clone());
        let span = tracing::info_span!("call", %id, plugin = %plugin.name, resource = path);
        let work = execute::read_resource(target, uri.to_owned(), caller, id);
        Ok(self.run(&plugin, &format!("resource {path}"), |_| true, span, work).await?)
    }

    /// Finds an item in the present snapshot. Waits for it while a plugin is loading that may bring it, within the time of
    /// a call.
    async fn target<T>(
        &self,
        kind: &'static str,
        name: ItemName<'_>,
        caller: &Caller,
        look_up: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>,
    ) -> Result<Target<T>, UnknownItem> {
        let began = Instant::now();
        let find = self.registry.find(name, || self.find(&look_up, began));
        let found = tokio::select! {
            found = timeout_at(began + DEFAULT_CALL_TIMEOUT, find) => found.ok(),
            () = caller.cancelled.cancelled() => None,
        };
        found
            .unwrap_or_else(|| Err(self.registry.loading().borrow().clone()))
            .map_err(|loading| UnknownItem::new(kind, name, loading))
    }

    fn find<T>(&self, look_up: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>, began: Instant) -> Option<Target<T>> {
        loop {
            let (plugin, item) = look_up(&self.registry.snapshot())?;
            let in_flight = plugin.calls.token();
            // A version that was replaced between the two lines above may have been stopped already: take its
            // successor, which is in the registry before the old one is closed.
            if !plugin.calls.is_closed() {
                return Some(Target { plugin, item, began, _in_flight: in_flight });
            }
            if Arc::ptr_eq(&plugin, &look_up(&self.registry.snapshot())?.0) {
                return None;
            }
        }
    }

    /// Runs a call on the thread where it holds up no other.
    async fn run<T: Send + 'static>(
        &self,
        plugin: &Plugin,
        counted_as: &str,
        is_good: impl Fn(&T) -> bool + Send + 'static,
        span: tracing::Span,
        work: impl Future<Output = Result<T, CallFailure>> + Send + 'static,
    ) -> Result<T, CallFailure> {
        let counted = self.metrics.begin(counted_as, &plugin.name);
        let observed = observe(counted, is_good, work).instrument(span);
        self.workers.run(plugin.computes_long(), observed).await.unwrap_or_else(|_| Err(host_failure()))
    }
}

/// Counts and logs a call, and survives a panic in it.
async fn observe<T>(
    counted: InProgress,
    is_good: impl Fn(&T) -> bool,
    work: impl Future<Output = Result<T, CallFailure>>,
) -> Result<T, CallFailure> {
    let began = Instant::now();
    let ended = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("the host panicked in this call");
        Err(host_failure())
    });
    let is_good = ended.as_ref().map(is_good);
    counted.finish(if matches!(is_good, Ok(true)) { CallOutcome::Ok } else { CallOutcome::Failed });
    log_end(is_good, began);
    ended
}

fn host_failure() -> CallFailure {
    CallFailure::new(ErrorCode::Unknown, "the host failed in this call; its log says more")
}

impl UnknownItem {
    fn new(kind: &'static str, name: ItemName<'_>, loading: Loading) -> Self {
        let (ItemName::Plain(text) | ItemName::Uri(text)) = name;
        let may_come = loading.may_bring(name);
        Self { kind, name: text.chars().take(MAX_NAME_CHARS).collect(), loading, may_come }
    }
}

impl fmt::Display for UnknownItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, loading, may_come } = self;
        write!(f, "there is no {kind} {name:?}")?;
        match (loading.is_empty(), may_come) {
            (true, _) => Ok(()),
            (false, true) => write!(f, " yet; still loading: {loading}. Try again in a moment."),
            (false, false) => write!(f, "; still loading, without it: {loading}"),
        }
    }
}

impl std::error::Error for UnknownItem {}

impl From<UnknownItem> for CallError {
    fn from(unknown: UnknownItem) -> Self {
        Self::Unknown(unknown)
    }
}

impl From<CallFailure> for CallError {
    fn from(failure: CallFailure) -> Self {
        Self::Failed(failure)
    }
}

/// Returns a new call's id, as it stands in the log.
fn call_id() -> Arc<str> {
    // Each new state has other keys, of which the first are random: an id needs no system call.
    let random = RandomState::new().build_hasher().finish();
    format!("{:012x}", random >> 16).into()
}

fn log_end(is_good: Result<bool, &CallFailure>, began: Instant) {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match is_good {
        Ok(is_good) => tracing::info!(ms, is_error = !is_good, "call ended"),
        Err(failure) => tracing::warn!(ms, code = failure.code.as_str(), reason = failure.message, "call failed"),
    }
    if began.elapsed() > crate::health::SLOW_CALL_THRESHOLD {
        tracing::warn!(ms, "slow call");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_no_longer_than_a_call_may_take_and_says_what_is_loading() {
        let (writer, reader) = registry::new();
        writer.set_loading(Loading::default().awaiting("almanac".into()));
        let calls = Calls::new(reader, Arc::new(Metrics::new()));
        let (began, caller) = (Instant::now(), Caller { cancelled: CancellationToken::new(), progress: None });
        let refused = calls.call_tool("look_up", Map::new(), caller).await.err().map(|error| error.to_string());
        assert_eq!(began.elapsed(), DEFAULT_CALL_TIMEOUT);
        let expected = r#"there is no tool named "look_up" yet; still loading: almanac. Try again in a moment."#;
        assert_eq!(refused.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn a_cancelled_call_does_not_wait_for_what_is_loading() {
        let (writer, reader) = registry::new();
        writer.set_loading(Loading::default().awaiting("almanac".into()));
        let calls = Calls::new(reader, Arc::new(Metrics::new()));
        let caller = Caller { cancelled: CancellationToken::new(), progress: None };
        caller.cancelled.cancel();
        assert!(calls.call_tool("look_up", Map::new(), caller).await.is_err());
    }
}
