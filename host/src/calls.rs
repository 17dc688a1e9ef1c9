//! One call, from arguments to answer, whatever the transport: find the tool, prompt or resource, check the arguments,
//! wait for a slot, run the guest, check what it answers, count and log.
//!
//! Knows neither MCP's types nor wasm's.

mod answer;
mod document;

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Instrument as _;

pub(crate) use answer::{Answer, Code, Problem};
pub(crate) use document::{Conversation, Document};

use crate::{
    capability::{Call, Progress},
    health::metrics::{Metrics, Outcome},
    plugin::{Failure, Plugin, Prompt, PutAside, Tool, schema, wit::types},
    registry::{Reader, Reading, Snapshot},
};

/// Serves calls.
#[derive(Clone)]
pub(crate) struct Calls {
    registry: Reader,
    metrics: Arc<Metrics>,
}

/// What a caller asks.
pub(crate) struct Request {
    pub(crate) tool: String,
    /// MCP clients leave them out where a tool needs none.
    pub(crate) arguments: Map<String, Value>,
    pub(crate) caller: Caller,
}

/// Who waits for the answer.
pub(crate) struct Caller {
    /// Cancelled when the caller gives up.
    pub(crate) cancelled: CancellationToken,
    /// Where progress goes, if the caller wants it.
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
}

/// There is nothing of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no {kind} {name:?}")]
pub(crate) struct Unknown {
    kind: &'static str,
    name: String,
}

/// A plugin that will not be stopped before this is dropped, and what is called of it.
struct Target<T> {
    plugin: Arc<Plugin>,
    item: T,
    _in_flight: TaskTrackerToken,
}

impl Calls {
    pub(crate) fn new(registry: Reader, metrics: Arc<Metrics>) -> Self {
        Self { registry, metrics }
    }

    /// Calls a tool. Whatever goes wrong after the tool was found is an answer that says so.
    pub(crate) async fn call(&self, request: Request) -> Result<Answer, Unknown> {
        let name = &request.tool;
        let target = self.target("tool named", name, |snapshot| snapshot.tools.get(name).cloned()).await?;
        let id = call_id();
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, tool = %target.item.name);
        let work = serve(&target, request, id);
        let called = self.observe(&target.item.name, &target.plugin.name, |answer: &Answer| !answer.is_error, work);
        let answer = called.instrument(span).await;
        Ok(answer.unwrap_or_else(|problem| problem.into_answer(target.item.output.as_ref())))
    }

    /// Fills in a prompt.
    pub(crate) async fn prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
        caller: Caller,
    ) -> Result<Result<Conversation, Problem>, Unknown> {
        let target = self.target("prompt named", name, |snapshot| snapshot.prompts.get(name).cloned()).await?;
        let id = call_id();
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, prompt = %target.item.name);
        let work = fill_in(&target, arguments, caller, id);
        Ok(self.observe(&format!("prompt {name}"), &target.plugin.name, |_| true, work).instrument(span).await)
    }

    /// Reads a resource.
    pub(crate) async fn read(&self, uri: &str, caller: Caller) -> Result<Result<Document, Problem>, Unknown> {
        let target = self.target("resource", uri, |snapshot| snapshot.resource(uri)).await?;
        let (id, path) = (call_id(), target.item.resource.path.clone());
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, resource = path);
        let work = read(&target, uri, caller, id);
        Ok(self.observe(&format!("resource {path}"), &target.plugin.name, |_| true, work).instrument(span).await)
    }

    /// Finds something in the present snapshot; while plugins still load at start, in the one that is to come.
    async fn target<T>(
        &self,
        kind: &'static str,
        name: &str,
        look: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>,
    ) -> Result<Target<T>, Unknown> {
        if let Some(target) = self.find(&look) {
            return Ok(target);
        }
        self.registry.settled().await;
        self.find(&look).ok_or_else(|| Unknown { kind, name: name.chars().take(200).collect() })
    }

    fn find<T>(&self, look: impl Fn(&Snapshot) -> Option<(Arc<Plugin>, T)>) -> Option<Target<T>> {
        loop {
            let (plugin, item) = look(&self.registry.snapshot())?;
            let in_flight = plugin.calls.token();
            // A version that was replaced between the two lines above may have been stopped already: take its
            // successor, which is in the registry before the old one is closed.
            if !plugin.calls.is_closed() {
                return Some(Target { plugin, item, _in_flight: in_flight });
            }
            if Arc::ptr_eq(&plugin, &look(&self.registry.snapshot())?.0) {
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
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let began = Instant::now();
        let counted = self.metrics.begin(name, plugin);
        let ended = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("the host panicked in this call");
            Err(Problem::new(Code::Unknown, "the host failed in this call; its log says more"))
        });
        let is_good = ended.as_ref().map(is_good);
        counted.finish(if matches!(is_good, Ok(true)) { Outcome::Ok } else { Outcome::Failed });
        report(is_good, began);
        ended
    }
}

/// As it stands in the log.
fn call_id() -> Arc<str> {
    uuid::Uuid::new_v4().simple().to_string()[..12].into()
}

async fn serve(target: &Target<Arc<Tool>>, request: Request, id: Arc<str>) -> Result<Answer, Problem> {
    let Target { plugin, item: tool, .. } = target;
    let (deadline, caller) = (plugin.deadline(tool.expected), request.caller);
    let _slot = admitted(plugin, deadline, &caller).await?;
    let arguments = checked_arguments(tool, request.arguments, deadline).await?;
    let output = ended(plugin, tool.expected, plugin.call(tool, arguments, call(id, deadline, caller)).await)?;
    if Answer::is_quick_of(&output, tool) {
        return Answer::of_output(output, tool, plugin);
    }
    let (plugin, tool) = (plugin.clone(), tool.clone());
    aside(deadline, move || Answer::of_output(output, &tool, &plugin)).await?
}

async fn fill_in(
    target: &Target<Arc<Prompt>>,
    arguments: Map<String, Value>,
    caller: Caller,
    id: Arc<str>,
) -> Result<Conversation, Problem> {
    let Target { plugin, item: prompt, .. } = target;
    let deadline = plugin.deadline(None);
    let _slot = admitted(plugin, deadline, &caller).await?;
    let filled = prompt.filled(arguments).map_err(|(field, reason)| Problem::of_field(field, reason))?;
    let output = ended(plugin, None, plugin.prompt(prompt, filled, call(id, deadline, caller)).await)?;
    Conversation::of_output(output, plugin)
}

async fn read(target: &Target<Reading>, uri: &str, caller: Caller, id: Arc<str>) -> Result<Document, Problem> {
    let Target { plugin, item: Reading { resource, variables }, .. } = target;
    let deadline = plugin.deadline(None);
    let _slot = admitted(plugin, deadline, &caller).await?;
    let output = ended(plugin, None, plugin.read(resource, variables.clone(), call(id, deadline, caller)).await)?;
    Document::of_output(output, resource, uri, plugin)
}

fn call(id: Arc<str>, deadline: Instant, caller: Caller) -> Call {
    Call { id, began: Instant::now(), deadline, cancelled: caller.cancelled, progress: caller.progress }
}

/// Waits until the plugin may be called.
async fn admitted<'a>(
    plugin: &'a Plugin,
    deadline: Instant,
    caller: &Caller,
) -> Result<tokio::sync::SemaphorePermit<'a>, Problem> {
    plugin.breaker.check().map_err(|aside| of_put_aside(&aside, plugin))?;
    slot(plugin, deadline, &caller.cancelled).await
}

/// What a guest answered, or whose fault it is that it did not.
fn ended<T>(
    plugin: &Plugin,
    expected: Option<Duration>,
    called: Result<Result<T, types::ToolError>, Failure>,
) -> Result<T, Problem> {
    match called {
        Ok(answered) => {
            plugin.breaker.succeeded();
            answered.map_err(Problem::of_tool_error)
        }
        Err(failure) => {
            if failure.is_crash()
                && let Some(pause) = plugin.breaker.crashed(&failure.to_string())
            {
                tracing::error!(pause_s = pause.as_secs(), "the plugin crashes again and again and is put aside");
            }
            Err(of_failure(&failure, plugin, expected))
        }
    }
}

fn of_put_aside(aside: &PutAside, plugin: &Plugin) -> Problem {
    Problem::new(Code::Unknown, format!("the plugin {} is out of order: {aside}", plugin.name))
}

/// Does what takes time that a plugin's schema chooses, where it holds up nobody else, and for as long as the call may
/// take.
async fn aside<T: Send + 'static>(deadline: Instant, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let span = tracing::Span::current();
    match timeout_at(deadline, tokio::task::spawn_blocking(move || span.in_scope(work))).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "checking a value failed");
            Err(Problem::new(Code::Unknown, "the host failed to check a value; its log says more"))
        }
        Err(_) => Err(Problem::new(Code::Timeout, "checking a value against the tool's schema took too long")),
    }
}

/// The arguments as JSON text, if they satisfy the tool's schema.
async fn checked_arguments(
    tool: &Arc<Tool>,
    arguments: Map<String, Value>,
    deadline: Instant,
) -> Result<String, Problem> {
    let arguments = Value::Object(arguments);
    let text = arguments.to_string();
    if tool.input.is_quick_for(text.len()) {
        check_arguments(tool, &arguments)?;
    } else {
        let tool = tool.clone();
        aside(deadline, move || check_arguments(&tool, &arguments)).await??;
    }
    Ok(text)
}

fn check_arguments(tool: &Tool, arguments: &Value) -> Result<(), Problem> {
    if schema::depth(arguments) > schema::MAX_VALUE_DEPTH {
        let message = format!("the arguments are nested deeper than {}", schema::MAX_VALUE_DEPTH);
        return Err(Problem::new(Code::ValidationError, message));
    }
    let violations = tool.input.violations(arguments);
    if violations.is_empty() { Ok(()) } else { Err(Problem::of_violations(violations)) }
}

/// Waits for one of the plugin's slots.
async fn slot<'a>(
    plugin: &'a Plugin,
    deadline: Instant,
    cancelled: &CancellationToken,
) -> Result<tokio::sync::SemaphorePermit<'a>, Problem> {
    let limit = plugin.config.limits.concurrent_calls;
    let busy = || {
        let message = format!(
            "the plugin {} is busy: {limit} calls are under way (the setting `concurrent_calls`), and none ended in time",
            plugin.name
        );
        Problem::new(Code::RateLimited, message)
    };
    tokio::select! {
        // Most find one free.
        biased;
        permit = timeout_at(deadline, plugin.slots.acquire()) => match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy()),
        },
        () = cancelled.cancelled() => Err(Problem::new(Code::Timeout, "the call was cancelled before it began")),
    }
}

fn of_failure(failure: &Failure, plugin: &Plugin, expected: Option<Duration>) -> Problem {
    let (code, setting) = match failure {
        Failure::Deadline(_) if plugin.is_cut_short(expected) => (Code::Timeout, " (the setting `wall_seconds`)"),
        Failure::Deadline(_) | Failure::NotLoaded | Failure::Cancelled => (Code::Timeout, ""),
        Failure::Trap(_)
        | Failure::Memory(_)
        | Failure::Stack(_)
        | Failure::Handover(_)
        | Failure::Cpu(_)
        | Failure::Host(_) => (Code::Unknown, ""),
    };
    Problem::new(code, format!("the plugin {} failed: {failure}{setting}", plugin.name))
}

fn report(is_good: Result<bool, &Problem>, began: Instant) {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match is_good {
        Ok(is_good) => tracing::info!(ms, is_error = !is_good, "call ended"),
        Err(problem) => tracing::warn!(ms, code = problem.code.as_str(), reason = problem.message, "call failed"),
    }
    if began.elapsed() > crate::health::SLOW_CALL {
        tracing::warn!(ms, "slow call");
    }
}
