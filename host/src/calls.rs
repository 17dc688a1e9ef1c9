//! One tool call, from arguments to answer, whatever the transport: find the tool, check the arguments, wait for a
//! slot, run the guest, check what it answers, count and log.
//!
//! Knows neither MCP's types nor wasm's.

mod answer;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use serde_json::{Map, Value};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};
use tracing::Instrument as _;

pub(crate) use answer::{Answer, Code, Problem};

use crate::{
    capability::{Call, Progress},
    health::metrics::{Metrics, Outcome},
    plugin::{Failure, Plugin, PutAside, Tool, schema},
    registry::Reader,
};

/// Serves tool calls.
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
    /// Cancelled when the caller gives up.
    pub(crate) cancelled: CancellationToken,
    /// Where progress goes, if the caller wants it.
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
}

/// There is no tool of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no tool named {0:?}")]
pub(crate) struct UnknownTool(String);

/// A plugin that will not be stopped before this is dropped, and one of its tools.
struct Target {
    plugin: Arc<Plugin>,
    tool: Arc<Tool>,
    _in_flight: TaskTrackerToken,
}

impl Calls {
    pub(crate) fn new(registry: Reader, metrics: Arc<Metrics>) -> Self {
        Self { registry, metrics }
    }

    /// Calls a tool. Whatever goes wrong after the tool was found is an answer that says so.
    pub(crate) async fn call(&self, request: Request) -> Result<Answer, UnknownTool> {
        let target = self.target(&request.tool).await?;
        let id: Arc<str> = uuid::Uuid::new_v4().simple().to_string()[..12].into();
        let span = tracing::info_span!("call", %id, plugin = %target.plugin.name, tool = %target.tool.name);
        Ok(self.run(&target, request, id).instrument(span).await)
    }

    /// Finds a tool in the present snapshot; while plugins still load at start, in the one that is to come.
    async fn target(&self, name: &str) -> Result<Target, UnknownTool> {
        if let Some(target) = self.find(name) {
            return Ok(target);
        }
        self.registry.settled().await;
        self.find(name).ok_or_else(|| UnknownTool(name.chars().take(80).collect()))
    }

    fn find(&self, name: &str) -> Option<Target> {
        loop {
            let (plugin, tool) = self.registry.snapshot().tools.get(name).cloned()?;
            let in_flight = plugin.calls.token();
            // A version that was replaced between the two lines above may have been stopped already: take its
            // successor, which is in the registry before the old one is closed.
            if !plugin.calls.is_closed() {
                return Some(Target { plugin, tool, _in_flight: in_flight });
            }
            if Arc::ptr_eq(&plugin, &self.registry.snapshot().tools.get(name)?.0) {
                return None;
            }
        }
    }

    async fn run(&self, target: &Target, request: Request, id: Arc<str>) -> Answer {
        let began = Instant::now();
        let counted = self.metrics.begin(&target.tool.name, &target.plugin.name);
        let work = AssertUnwindSafe(serve(target, request, id)).catch_unwind().await;
        let answer = work.unwrap_or_else(|_| {
            tracing::error!("the host panicked in this call");
            Err(Problem::new(Code::Unknown, "the host failed in this call; its log says more"))
        });
        counted.finish(if answer.as_ref().is_ok_and(|answer| !answer.is_error) {
            Outcome::Ok
        } else {
            Outcome::Failed
        });
        report(&answer, began);
        answer.unwrap_or_else(|problem| problem.into_answer(target.tool.output.as_ref()))
    }
}

async fn serve(target: &Target, request: Request, id: Arc<str>) -> Result<Answer, Problem> {
    let Target { plugin, tool, .. } = target;
    plugin.breaker.check().map_err(|aside| of_put_aside(&aside, plugin))?;
    let deadline = plugin.deadline(tool);
    let _slot = slot(plugin, deadline, &request.cancelled).await?;
    let checked = {
        let tool = tool.clone();
        aside(deadline, move || checked_arguments(&tool, request.arguments)).await?
    };
    let call = Call { id, began: Instant::now(), deadline, cancelled: request.cancelled, progress: request.progress };
    let called = plugin.call(tool, checked?, call).await;
    if called.is_ok() {
        plugin.breaker.succeeded();
    }
    match called {
        Ok(Ok(output)) => {
            let (plugin, tool) = (plugin.clone(), tool.clone());
            aside(deadline, move || Answer::of_output(output, &tool, &plugin)).await?
        }
        Ok(Err(error)) => Err(Problem::of_tool_error(error)),
        Err(failure) => {
            if failure.is_crash()
                && let Some(pause) = plugin.breaker.crashed(&failure.to_string())
            {
                tracing::error!(pause_s = pause.as_secs(), "the plugin crashes again and again and is put aside");
            }
            Err(of_failure(&failure, target))
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
fn checked_arguments(tool: &Tool, arguments: Map<String, Value>) -> Result<String, Problem> {
    let arguments = Value::Object(arguments);
    if schema::depth(&arguments) > schema::MAX_VALUE_DEPTH {
        let message = format!("the arguments are nested deeper than {}", schema::MAX_VALUE_DEPTH);
        return Err(Problem::new(Code::ValidationError, message));
    }
    let violations = tool.input.violations(&arguments);
    if violations.is_empty() { Ok(arguments.to_string()) } else { Err(Problem::of_violations(violations)) }
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
        permit = timeout_at(deadline, plugin.slots.acquire()) => match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy()),
        },
        () = cancelled.cancelled() => Err(Problem::new(Code::Timeout, "the call was cancelled before it began")),
    }
}

fn of_failure(failure: &Failure, Target { plugin, tool, .. }: &Target) -> Problem {
    let (code, setting) = match failure {
        Failure::Deadline(_) if plugin.is_cut_short(tool) => (Code::Timeout, " (the setting `wall_seconds`)"),
        Failure::Deadline(_) | Failure::Cancelled => (Code::Timeout, ""),
        Failure::Trap(_)
        | Failure::Memory(_)
        | Failure::Stack(_)
        | Failure::Handover(_)
        | Failure::Cpu(_)
        | Failure::Host(_) => (Code::Unknown, ""),
    };
    Problem::new(code, format!("the plugin {} failed: {failure}{setting}", plugin.name))
}

fn report(answer: &Result<Answer, Problem>, began: Instant) {
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match answer {
        Ok(answer) => tracing::info!(ms, is_error = answer.is_error, "call ended"),
        Err(problem) => tracing::warn!(ms, code = problem.code.as_str(), reason = problem.message, "call failed"),
    }
    if began.elapsed() > crate::health::SLOW_CALL {
        tracing::warn!(ms, "slow call");
    }
}
