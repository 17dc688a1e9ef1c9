//! One call of a target that is found: admission, arguments, the guest, its output.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, timeout_at},
};

use super::{CallFailure, Caller, ErrorCode, PromptMessages, ResourceContents, Target, ToolResult};
use crate::{
    capability::Call,
    contract::json,
    plugin::{Plugin, PluginError, Prompt, Tool, schema::Conversion},
    registry::ResourceMatch,
};

/// Calls a tool.
pub(super) async fn call_tool(
    target: Target<Arc<Tool>>,
    arguments: Map<String, Value>,
    caller: Caller,
    id: Arc<str>,
) -> Result<ToolResult, CallFailure> {
    let Target { plugin, item: tool, .. } = &target;
    let deadline = plugin.deadline(target.began, tool.expected);
    let _slot = admit(plugin, deadline, &caller).await?;
    let arguments = check_arguments(tool, arguments, deadline).await?;
    let outcome = plugin.call_tool(tool, arguments, context(id, deadline, caller)).await;
    let output = record_outcome(plugin, tool.expected, outcome)?;
    if ToolResult::is_quick_to_check(&output, tool) {
        return ToolResult::from_output(output, tool, plugin).map_err(|error| CallFailure::from_output(&error, plugin));
    }
    let (plugin, tool) = (plugin.clone(), tool.clone());
    run_blocking(deadline, move || {
        ToolResult::from_output(output, &tool, &plugin).map_err(|error| CallFailure::from_output(&error, &plugin))
    })
    .await
}

/// Fills in a prompt.
pub(super) async fn get_prompt(
    target: Target<Arc<Prompt>>,
    arguments: Map<String, Value>,
    caller: Caller,
    id: Arc<str>,
) -> Result<PromptMessages, CallFailure> {
    let Target { plugin, item: prompt, .. } = &target;
    let deadline = plugin.deadline(target.began, None);
    let _slot = admit(plugin, deadline, &caller).await?;
    let filled =
        prompt.check_filled(arguments).map_err(|error| CallFailure::from_fields([(error.field, error.reason)]))?;
    let output = record_outcome(plugin, None, plugin.get_prompt(prompt, filled, context(id, deadline, caller)).await)?;
    PromptMessages::from_output(output, plugin).map_err(|error| CallFailure::from_output(&error, plugin))
}

/// Reads a resource.
pub(super) async fn read_resource(
    target: Target<ResourceMatch>,
    uri: String,
    caller: Caller,
    id: Arc<str>,
) -> Result<ResourceContents, CallFailure> {
    let Target { plugin, item: ResourceMatch { resource, variables }, .. } = &target;
    let deadline = plugin.deadline(target.began, None);
    let _slot = admit(plugin, deadline, &caller).await?;
    let read = plugin.read_resource(resource, variables.clone(), context(id, deadline, caller)).await;
    let output = record_outcome(plugin, None, read)?;
    ResourceContents::from_output(output, resource, &uri, plugin)
        .map_err(|error| CallFailure::from_output(&error, plugin))
}

fn context(id: Arc<str>, deadline: Instant, caller: Caller) -> Call {
    Call { id, began: Instant::now(), deadline, cancelled: caller.cancelled, progress: caller.progress }
}

/// Waits until the plugin may be called: its circuit is closed and one of its slots is free.
async fn admit<'a>(plugin: &'a Plugin, deadline: Instant, caller: &Caller) -> Result<SemaphorePermit<'a>, CallFailure> {
    plugin
        .breaker
        .check()
        .map_err(|open| CallFailure::new(ErrorCode::Unknown, format!("the plugin {} is {open}", plugin.name)))?;
    tokio::select! {
        // Most calls find a slot free.
        biased;
        permit = timeout_at(deadline, plugin.slots.acquire()) => match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(busy(plugin)),
        },
        () = caller.cancelled.cancelled() => {
            Err(CallFailure::new(ErrorCode::Timeout, "the call was cancelled before it began"))
        }
    }
}

fn busy(plugin: &Plugin) -> CallFailure {
    let limit = plugin.config.limits.concurrent_calls;
    let message = format!(
        "the plugin {} is busy: {limit} calls are under way (the setting `concurrent_calls`), and none ended in time",
        plugin.name
    );
    CallFailure::new(ErrorCode::RateLimited, message)
}

/// Tells the circuit breaker how the guest ended, and returns its output or whose fault it is that there is none.
fn record_outcome<T>(
    plugin: &Plugin,
    expected: Option<Duration>,
    called: Result<T, PluginError>,
) -> Result<T, CallFailure> {
    match &called {
        Ok(_) | Err(PluginError::Tool(_)) => plugin.breaker.record_success(),
        Err(error) if error.is_crash() => {
            if let Some(pause) = plugin.breaker.record_crash(&error.to_string()) {
                tracing::error!(pause_s = pause.as_secs(), "the plugin is disabled after repeated crashes");
            }
        }
        Err(_) => {}
    }
    called.map_err(|error| CallFailure::from_plugin_error(error, plugin, expected))
}

/// Runs work whose duration a plugin's schema chooses on a thread of its own, until the call's deadline at most.
async fn run_blocking<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> Result<T, CallFailure> + Send + 'static,
) -> Result<T, CallFailure> {
    let span = tracing::Span::current();
    match timeout_at(deadline, tokio::task::spawn_blocking(move || span.in_scope(work))).await {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => {
            tracing::error!(%error, "checking a value failed");
            Err(CallFailure::new(ErrorCode::Unknown, "the host failed to check a value; its log says more"))
        }
        Err(_) => Err(CallFailure::new(ErrorCode::Timeout, "checking a value against the tool's schema took too long")),
    }
}

/// Returns the arguments as JSON text, converted where their types differ from the schema's, if they satisfy it.
async fn check_arguments(
    tool: &Arc<Tool>,
    arguments: Map<String, Value>,
    deadline: Instant,
) -> Result<String, CallFailure> {
    let arguments = Value::Object(arguments);
    let text = arguments.to_string();
    check_depth(&arguments)?;
    if tool.input.is_quick_for(text.len()) && tool.input.accepts_unchanged(&arguments) {
        return Ok(text);
    }
    let tool = tool.clone();
    run_blocking(deadline, move || convert_arguments(&tool, arguments)).await
}

fn convert_arguments(tool: &Tool, mut arguments: Value) -> Result<String, CallFailure> {
    for Conversion { field, from, to } in tool.input.convert(&mut arguments) {
        tracing::debug!(field, from, to, "the argument was converted to the type that the tool's schema asks for");
    }
    check_depth(&arguments)?;
    let violations = tool.input.violations(&arguments);
    if violations.is_empty() { Ok(arguments.to_string()) } else { Err(CallFailure::from_violations(violations)) }
}

fn check_depth(arguments: &Value) -> Result<(), CallFailure> {
    if json::depth(arguments) > json::MAX_VALUE_DEPTH {
        let message = format!("the arguments are nested deeper than {}", json::MAX_VALUE_DEPTH);
        return Err(CallFailure::new(ErrorCode::ValidationError, message));
    }
    Ok(())
}
