//! The call pipeline, whatever the transport: find the tool, prompt or resource, check the arguments, wait for a slot,
//! run the guest, check its output, count and log.
//!
//! Knows neither MCP's types nor wasm's.
//!
//! - `execute`: what happens to one call once its target is found;
//! - `output`, `contents`, `size`: the checks of what a plugin returns;
//! - `failure`: why a call failed, in the result shape that all tools share.

mod contents;
mod execute;
mod failure;
mod output;
mod size;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use serde_json::{Map, Value};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Instrument as _;

pub(crate) use lamplighter_report::ErrorCode;

pub(crate) use contents::{PromptMessages, ResourceContents};
pub(crate) use failure::CallFailure;
pub(crate) use output::ToolResult;

use crate::{
    capability::Progress,
    health::metrics::{CallOutcome, Metrics},
    plugin::Plugin,
    registry::{Reader, Snapshot},
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
#[derive(Debug, thiserror::Error)]
#[error("there is no {kind} {name:?}")]
pub(crate) struct UnknownItem {
    kind: &'static str,
    name: String,
}

/// An item that is called, and its plugin, which is not stopped before this is dropped.
struct Target<T> {
    plugin: Arc<Plugin>,
    item: T,
    _in_flight: TaskTrackerToken,
}

impl Calls {
    pub(crate) fn new(registry: Reader, metrics: Arc<Metrics>) -> Self {
        Self { registry, metrics }
    }

    /// Calls a tool. Whatever goes wrong once the tool is found is a result that says so. MCP clients omit the arguments
    /// of a tool that needs none.
    pub(crate) async fn call_tool(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        caller: Caller,
    ) -> Result<ToolResult, UnknownItem> {
        let target = self.target("tool named", name, |snapshot| snapshot.tools.get(name).cloned()).await?;
        let id = call_id();
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, tool = %target.item.name);
        let work = execute::call_tool(&target, arguments, caller, id);
        let is_good = |result: &ToolResult| !result.is_error;
        let result = self.observe(&target.item.name, &target.plugin.name, is_good, work).instrument(span).await;
        Ok(result.unwrap_or_else(|failure| failure.into_result(target.item.output.as_ref())))
    }

    /// Fills in a prompt.
    pub(crate) async fn get_prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        caller: Caller,
    ) -> Result<PromptMessages, CallError> {
        let target = self.target("prompt named", name, |snapshot| snapshot.prompts.get(name).cloned()).await?;
        let id = call_id();
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, prompt = %target.item.name);
        let work = execute::get_prompt(&target, arguments, caller, id);
        let counted_as = format!("prompt {name}");
        Ok(self.observe(&counted_as, &target.plugin.name, |_| true, work).instrument(span).await?)
    }

    /// Reads a resource.
    pub(crate) async fn read_resource(&self, uri: &str, caller: Caller) -> Result<ResourceContents, CallError> {
        let target = self.target("resource", uri, |snapshot| snapshot.resource(uri)).await?;
        let (id, path) = (call_id(), target.item.resource.path.clone());
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, resource = path);
        let work = execute::read_resource(&target, uri, caller, id);
        let counted_as = format!("resource {path}");
        Ok(self.observe(&counted_as, &target.plugin.name, |_| true, work).instrument(span).await?)
    }

    /// Finds an item in the present snapshot; while plugins still load at start, in the one that is to come.
    async fn target<T>(
        &self,
        kind: &'static str,
        name: &str,
        look_up: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>,
    ) -> Result<Target<T>, UnknownItem> {
        if let Some(target) = self.find(&look_up) {
            return Ok(target);
        }
        self.registry.wait_first_load().await;
        self.find(&look_up).ok_or_else(|| UnknownItem { kind, name: name.chars().take(MAX_NAME_CHARS).collect() })
    }

    fn find<T>(&self, look_up: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>) -> Option<Target<T>> {
        loop {
            let (plugin, item) = look_up(&self.registry.snapshot())?;
            let in_flight = plugin.calls.token();
            // A version that was replaced between the two lines above may have been stopped already: take its
            // successor, which is in the registry before the old one is closed.
            if !plugin.calls.is_closed() {
                return Some(Target { plugin, item, _in_flight: in_flight });
            }
            if Arc::ptr_eq(&plugin, &look_up(&self.registry.snapshot())?.0) {
                return None;
            }
        }
    }

    /// Counts and logs a call, and survives a panic in it.
    async fn observe<T>(
        &self,
        name: &str,
        plugin: &str,
        is_good: impl Fn(&T) -> bool,
        work: impl Future<Output = Result<T, CallFailure>>,
    ) -> Result<T, CallFailure> {
        let began = Instant::now();
        let counted = self.metrics.begin(name, plugin);
        let ended = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("the host panicked in this call");
            Err(CallFailure::new(ErrorCode::Unknown, "the host failed in this call; its log says more"))
        });
        let is_good = ended.as_ref().map(is_good);
        counted.finish(if matches!(is_good, Ok(true)) { CallOutcome::Ok } else { CallOutcome::Failed });
        log_end(is_good, began);
        ended
    }
}

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
    uuid::Uuid::new_v4().simple().to_string()[..12].into()
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
