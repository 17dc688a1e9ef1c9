//! One instance of a component: made for one call, bounded by it, thrown away after it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::time::{sleep, sleep_until, timeout_at};
use tracing::Instrument as _;
use wasmtime::{Store, Trap, component};

use super::{
    error::PluginError,
    exports::Guest,
    limits::CpuTimeExceeded,
    ready_component::{PoolPermit, ReadyComponent},
    store::{StoreState, new_store},
};
use crate::capability::InstanceContext;

/// A guest may go on for this time after its caller gave up, so that it can finish what it began.
const CANCEL_GRACE: Duration = Duration::from_millis(500);

/// Limits the characters that are kept of a message of wasmtime's.
const MAX_TRAP_CHARS: usize = 500;

/// Says what is known of an abort that the guest's last words do not explain.
const UNEXPLAINED_ABORT: &str = "it panicked or aborted; its last words are in the log";

/// The message of wasmtime's private type `HostcallFuelExhausted`, which cannot be downcast to (wasmtime 48).
const HOSTCALL_FUEL_EXHAUSTED: &str = "fuel allocated for hostcalls has been exhausted";

/// Holds a store, and its place in the pool.
pub(super) struct Instance {
    component: Arc<ReadyComponent>,
    store: Store<StoreState>,
    /// Is given back after the store is dropped: fields are dropped in their order.
    _permit: PoolPermit,
}

/// An instance on which nothing was called yet.
pub(super) struct WarmInstance {
    instance: Instance,
    raw: component::Instance,
}

/// Everything that is needed to make another warm instance.
pub(super) struct InstanceTemplate {
    component: Arc<ReadyComponent>,
    context: InstanceContext,
}

/// Calls exports of an instance, and returns their result.
pub(super) type Work<'s, T> = Pin<Box<dyn Future<Output = wasmtime::Result<T>> + Send + 's>>;

enum EndCause {
    Failed(wasmtime::Error),
    Deadline,
    Cancelled,
}

impl InstanceTemplate {
    /// Returns the name that the plugin has.
    pub(super) fn plugin(&self) -> &str {
        self.context.plugin()
    }

    /// Makes a warm instance; none if the pool is full, or the instance cannot be made in time.
    pub(super) async fn instantiate(&self) -> Option<WarmInstance> {
        let permit = self.component.try_reserve()?;
        let context = self.context.for_warm_instance();
        let (deadline, span) = (context.call().deadline, tracing::info_span!("warm-up", plugin = context.plugin()));
        let mut instance = Instance::new(self.component.clone(), permit, context);
        let raw = timeout_at(deadline, instance.instantiate()).instrument(span).await.ok()?.ok()?;
        Some(WarmInstance { instance, raw })
    }
}

impl WarmInstance {
    /// Serves a call.
    pub(super) fn begin_call(self, context: InstanceContext) -> (Instance, Option<component::Instance>) {
        let Self { mut instance, raw } = self;
        instance.store.data_mut().context = context;
        // The deadline was set when the store was made, and the epoch went on.
        instance.store.set_epoch_deadline(1);
        (instance, Some(raw))
    }
}

impl Instance {
    /// Makes a store in which the component will be instantiated.
    pub(super) fn new(component: Arc<ReadyComponent>, permit: PoolPermit, context: InstanceContext) -> Self {
        let store = new_store(component.pre.engine(), context);
        Self { component, store, _permit: permit }
    }

    /// Returns the template of further instances, if this one served a call.
    pub(super) fn template(&self) -> Option<InstanceTemplate> {
        let context = &self.store.data().context;
        context
            .is_serving()
            .then(|| InstanceTemplate { component: self.component.clone(), context: context.for_warm_instance() })
    }

    /// Returns whether the guest computed through a tick of the epoch.
    pub(super) fn has_computed(&self) -> bool {
        !self.store.data().cpu.spent().is_zero()
    }

    async fn instantiate(&mut self) -> wasmtime::Result<component::Instance> {
        self.component.pre.instantiate_async(&mut self.store).await
    }

    /// Runs the work until it ends, or the call's deadline or its caller does.
    ///
    /// A guest that computes returns here with every tick of the epoch; a guest that waits in a host function is dropped
    /// there. Either way nothing of it goes on.
    pub(super) async fn run<T>(
        &mut self,
        raw: Option<component::Instance>,
        work: impl for<'s> FnOnce(Guest<'s>) -> Work<'s, T>,
    ) -> Result<T, PluginError> {
        let call = self.store.data().context.call().clone();
        let result = tokio::select! {
            // Most calls end without waiting, and need no timer.
            biased;
            result = async {
                let instance = match raw {
                    Some(raw) => raw,
                    None => self.instantiate().await?,
                };
                work(Guest { exports: &self.component.exports, store: &mut self.store, instance }).await
            } => result.map_err(EndCause::Failed),
            () = sleep_until(call.deadline) => Err(EndCause::Deadline),
            () = async { call.cancelled.cancelled().await; sleep(CANCEL_GRACE).await } => Err(EndCause::Cancelled),
        };
        self.report_dropped_output();
        result.map_err(|cause| match cause {
            EndCause::Failed(error) => self.explain_failure(&error),
            EndCause::Deadline => PluginError::Deadline(call.deadline.saturating_duration_since(call.began)),
            EndCause::Cancelled => PluginError::Cancelled,
        })
    }

    /// Writes one log line for all output that was dropped.
    fn report_dropped_output(&self) {
        let state = self.store.data();
        let (out, err) = (state.stdout.finish(), state.stderr.finish());
        let logged = state.context.dropped_log_lines();
        if out.bytes + err.bytes + logged > 0 {
            tracing::warn!(
                target: "lamplighter::guest",
                bytes = out.bytes + err.bytes,
                lines = out.lines + err.lines + logged,
                "output beyond the plugin's limit was dropped"
            );
        }
    }

    /// Finds the limit that the guest broke, from typed errors and the limits' own state; a crash otherwise.
    fn explain_failure(&self, error: &wasmtime::Error) -> PluginError {
        let state = self.store.data();
        tracing::error!(
            target: "lamplighter::guest",
            error = %format!("{error:#}"),
            stderr = ?state.stderr.last_lines(),
            "the guest crashed"
        );
        if error.is::<CpuTimeExceeded>() {
            return PluginError::CpuTime(state.cpu.limit());
        }
        if state.memory.was_refused() {
            return PluginError::Memory(state.memory.mebibytes());
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => PluginError::Stack(self.store.engine().get_max_wasm_stack() >> 10),
            Some(Trap::UnreachableCodeReached) => {
                PluginError::Trap(state.stderr.explain_abort().unwrap_or_else(|| UNEXPLAINED_ABORT.to_owned()))
            }
            Some(trap) => PluginError::Trap(trap.to_string()),
            None => {
                let cause = error.root_cause().to_string();
                if cause.contains(HOSTCALL_FUEL_EXHAUSTED) {
                    return PluginError::CopyLimit(state.copy_limit >> 20);
                }
                PluginError::Trap(cause.chars().take(MAX_TRAP_CHARS).collect())
            }
        }
    }
}
