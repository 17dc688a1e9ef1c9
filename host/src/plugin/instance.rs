//! One call in one instance: bounded by it, thrown away after it.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::time::{sleep, sleep_until, timeout_at};
use tracing::Instrument as _;
use wasmtime::{
    Store, Trap, UpdateDeadline,
    component::{Instance, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::{
    component::{Component, Exports, Ready},
    engine::{Room, TICK},
    limits::{CpuLimit, MemoryLimit, OutOfTime},
    output::{Output, Stream},
};
use crate::capability::Reach;

/// How long a guest may go on after its caller gave up, so that it can end what it began.
const GRACE: Duration = Duration::from_millis(500);

/// Bytes the host copies for a guest in one call from guest to host, and of what an export answers; more where the
/// plugin's answers may be larger. Without it, a list of strings that all lie in the same place would become gigabytes.
const HANDOVER: usize = 16 * 1024 * 1024;

/// What wasmtime says when that is used up; the error's type is its own.
const OUT_OF_HANDOVER: &str = "fuel allocated for hostcalls has been exhausted";

/// Random bytes a guest may ask for at once. They are made without a pause, so nothing could interrupt it.
const MOST_RANDOM: u64 = 1024 * 1024;

/// WASI resources (streams, pollables) a guest may hold at once.
const MAX_RESOURCES: usize = 1_000;

/// What a store holds for its one call.
pub(crate) struct State {
    pub(super) reach: Reach,
    stdout: Output,
    stderr: Output,
    memory: MemoryLimit,
    cpu: CpuLimit,
    /// Bytes that are copied for it at once.
    handover: usize,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    fn new(reach: Reach) -> Self {
        let limits = reach.limits();
        let stdout = Output::new(Stream::Stdout, reach.lines().clone());
        let stderr = Output::new(Stream::Stderr, reach.lines().clone());
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Self {
            memory: MemoryLimit::new(limits.memory_bytes),
            cpu: CpuLimit::new(limits.cpu),
            // What an answer costs beside its text.
            handover: HANDOVER.max(limits.output_bytes.saturating_add(1024 * 1024)),
            // Nothing but clocks, random numbers and the two output streams.
            wasi: WasiCtxBuilder::new()
                .stdout(stdout.clone())
                .stderr(stderr.clone())
                .max_random_size(MOST_RANDOM)
                .allow_tcp(false)
                .allow_udp(false)
                .allow_ip_name_lookup(false)
                .build(),
            table,
            reach,
            stdout,
            stderr,
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Why a guest did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It crashed; in the words of the machine.
    #[error("it crashed: {0}")]
    Trap(String),
    /// It wanted more than its limit, in MiB.
    #[error("it needs more than its limit of {0} MiB of memory (the setting `memory_mib`)")]
    Memory(usize),
    /// It went deeper than its limit, in KiB.
    #[error("its stack overflowed its limit of {0} KiB (the setting `stack_kib`): recursion without end?")]
    Stack(usize),
    /// It handed the host more in one go than the host copies, in MiB.
    #[error("it handed over more than the {0} MiB that the host takes at once")]
    Handover(usize),
    /// Its time ran out.
    #[error("it took longer than the {:.1} s it may", .0.as_secs_f64())]
    Deadline(Duration),
    /// It computed for longer than its limit.
    #[error("it needs more than its limit of {} s of processor time (the setting `cpu_seconds`)", .0.as_secs())]
    Cpu(Duration),
    /// Its caller gave up, and it did not end by itself.
    #[error("it was cancelled")]
    Cancelled,
    /// It is still being loaded, which the caller had no time to wait for.
    #[error("it is still being compiled: try again in a moment")]
    NotLoaded,
    /// The host could not make an instance of what it made instances of before.
    #[error("the host failed to load it: {0}")]
    Host(String),
}

impl Failure {
    /// Whether the guest is to blame, and not its caller, the bridge or the time.
    pub(crate) fn is_crash(&self) -> bool {
        matches!(self, Self::Trap(_) | Self::Memory(_) | Self::Stack(_) | Self::Handover(_) | Self::Cpu(_))
    }
}

/// An instance to be: what it may reach is known.
pub(super) struct Prepared<'a> {
    component: &'a Component,
    reach: Reach,
}

/// A store, and the room it takes.
pub(super) struct Guest {
    ready: Arc<Ready>,
    store: Store<State>,
    /// Given back after the store is gone: fields are dropped in their order.
    _room: Room,
}

/// An instance on which nothing was called yet.
pub(super) struct Fresh {
    guest: Guest,
    instance: Instance,
}

/// What it takes to make an instance that stands by.
pub(super) struct Pattern {
    ready: Arc<Ready>,
    reach: Reach,
}

impl Pattern {
    /// Whose instances these are.
    pub(super) fn plugin(&self) -> &str {
        self.reach.plugin()
    }
}

/// What is done with an instance: exports are called on it, and the result taken away.
pub(super) type Work<'s, T> = Pin<Box<dyn Future<Output = wasmtime::Result<T>> + Send + 's>>;

impl<'a> Prepared<'a> {
    pub(super) fn new(component: &'a Component, reach: Reach) -> Self {
        Self { component, reach }
    }

    /// Does the work on an instance of its own, made now unless one stands by, for as long as the call may take.
    pub(super) async fn run<T>(
        self,
        work: impl for<'s> FnOnce(&'s Exports, &'s mut Store<State>, Instance) -> Work<'s, T>,
    ) -> Result<T, Failure> {
        let standby = self.component.standby();
        let (mut guest, instance) = match standby.take() {
            Some(fresh) => fresh.for_call(self.reach),
            None => (Guest::new(self.component, self.reach)?, None),
        };
        let ended = guest.run(instance, work).await;
        standby.ended(guest);
        ended
    }
}

impl Fresh {
    /// One more instance of what a guest is one of; none if there is no room, or it cannot be made.
    pub(super) async fn like(pattern: &Pattern) -> Option<Self> {
        let room = pattern.ready.room()?;
        let reach = pattern.reach.standing_by();
        let (deadline, span) = (reach.call().deadline, tracing::info_span!("standby", plugin = reach.plugin()));
        let mut guest = Guest::with(pattern.ready.clone(), room, reach);
        let made = timeout_at(deadline, guest.instantiate()).instrument(span).await;
        let instance = made.ok()?.ok()?;
        Some(Self { guest, instance })
    }

    fn for_call(self, reach: Reach) -> (Guest, Option<Instance>) {
        let Self { mut guest, instance } = self;
        guest.store.data_mut().reach = reach;
        // It was set when the store was made, and the clock went on.
        guest.store.set_epoch_deadline(1);
        (guest, Some(instance))
    }
}

impl Guest {
    fn new(component: &Component, reach: Reach) -> Result<Self, Failure> {
        let (ready, room) = component.ready().map_err(Failure::Host)?;
        Ok(Self::with(ready, room, reach))
    }

    fn with(ready: Arc<Ready>, room: Room, reach: Reach) -> Self {
        let store = store(ready.pre().engine(), State::new(reach));
        Self { ready, store, _room: room }
    }

    /// What it takes to make more of it, if it served a call.
    pub(super) fn pattern(&self) -> Option<Pattern> {
        let reach = &self.store.data().reach;
        reach.serves().then(|| Pattern { ready: self.ready.clone(), reach: reach.standing_by() })
    }

    async fn instantiate(&mut self) -> wasmtime::Result<Instance> {
        self.ready.pre().instantiate_async(&mut self.store).await
    }

    /// A guest that computes comes back here with every tick of the clock; one that waits in a host function is
    /// dropped there. Either way nothing of it goes on.
    async fn run<T>(
        &mut self,
        instance: Option<Instance>,
        work: impl for<'s> FnOnce(&'s Exports, &'s mut Store<State>, Instance) -> Work<'s, T>,
    ) -> Result<T, Failure> {
        let call = self.store.data().reach.call().clone();
        let result = tokio::select! {
            // Most end without waiting, and need no timer.
            biased;
            result = async {
                let instance = match instance {
                    Some(instance) => instance,
                    None => self.instantiate().await?,
                };
                work(&self.ready.exports, &mut self.store, instance).await
            } => result.map_err(Ended::Trapped),
            () = sleep_until(call.deadline) => Err(Ended::Deadline),
            () = async { call.cancelled.cancelled().await; sleep(GRACE).await } => Err(Ended::Cancelled),
        };
        self.close(result, call.deadline.saturating_duration_since(call.began))
    }

    fn close<T>(&self, result: Result<T, Ended>, allowed: Duration) -> Result<T, Failure> {
        self.report_dropped();
        result.map_err(|ended| match ended {
            Ended::Trapped(error) => self.trapped(&error),
            Ended::Deadline => Failure::Deadline(allowed),
            Ended::Cancelled => Failure::Cancelled,
        })
    }

    /// One log line for all that was printed and not logged.
    fn report_dropped(&self) {
        let state = self.store.data();
        let (out, err) = (state.stdout.finish(), state.stderr.finish());
        let logged = state.reach.log_dropped();
        if out.bytes + err.bytes + logged > 0 {
            tracing::warn!(
                target: "lamplighter::guest",
                bytes = out.bytes + err.bytes,
                lines = out.lines + err.lines + logged,
                "output beyond the plugin's limit was dropped"
            );
        }
    }

    fn trapped(&self, error: &wasmtime::Error) -> Failure {
        tracing::error!(
            target: "lamplighter::guest",
            error = %format!("{error:#}"),
            stderr = ?self.store.data().stderr.last_lines(),
            "the guest crashed"
        );
        if error.is::<OutOfTime>() {
            return Failure::Cpu(self.store.data().cpu.limit());
        }
        let memory = &self.store.data().memory;
        if memory.was_refused() {
            return Failure::Memory(memory.mebibytes());
        }
        if matches!(error.downcast_ref(), Some(Trap::StackOverflow)) {
            return Failure::Stack(self.store.engine().get_max_wasm_stack() >> 10);
        }
        if error.root_cause().to_string().contains(OUT_OF_HANDOVER) {
            return Failure::Handover(self.store.data().handover >> 20);
        }
        Failure::Trap(crash(error))
    }
}

enum Ended {
    Trapped(wasmtime::Error),
    Deadline,
    Cancelled,
}

/// A store whose guest yields with every tick, and whose growth is bounded.
fn store(engine: &wasmtime::Engine, state: State) -> Store<State> {
    let handover = state.handover;
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(handover);
    store.set_epoch_deadline(1);
    // Through tokio's own yield: a bare wake-up would be polled again before other tasks (spin#3278).
    store.epoch_deadline_callback(|mut store| {
        store.data_mut().cpu.spend(TICK)?;
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    store
}

/// A crash in words that say what to look for.
fn crash(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it panicked or aborted; its last words are in the log".to_owned(),
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string().chars().take(500).collect(),
    }
}
