//! The state that the store of an instance holds: rights, limits and a view of WASI.

use std::time::Duration;

use wasmtime::{Store, UpdateDeadline, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::{
    limits::{CpuLimit, MemoryLimit},
    output::{GuestOutput, OutputKind},
};
use crate::capability::InstanceContext;

/// The interval at which a computing guest yields to other tasks, and its processor time is counted.
pub(super) const EPOCH_TICK: Duration = Duration::from_millis(10);

/// The bytes that the host copies for a guest in one call between the two. More where the plugin's results may be larger.
/// Without this limit, a list of strings that all lie in the same place would become gigabytes.
const MIN_COPY_BYTES: usize = 16 * 1024 * 1024;

/// The bytes that are copied for a result beside its text.
const RESULT_OVERHEAD_BYTES: usize = 1024 * 1024;

/// The random bytes that a guest may ask for at once. They are made without a pause, so nothing could interrupt it.
const MAX_RANDOM_BYTES: u64 = 1024 * 1024;

/// The WASI resources (streams, pollables) that a guest may hold at once.
const MAX_WASI_RESOURCES: usize = 1_000;

/// Holds the state of a store that serves one call.
pub(super) struct StoreState {
    pub(super) context: InstanceContext,
    pub(super) stdout: GuestOutput,
    pub(super) stderr: GuestOutput,
    pub(super) memory: MemoryLimit,
    pub(super) cpu: CpuLimit,
    /// The bytes that the host copies for the guest in one call.
    pub(super) copy_limit: usize,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl StoreState {
    fn new(context: InstanceContext) -> Self {
        let limits = context.limits();
        let stdout = GuestOutput::new(OutputKind::Stdout, context.log_limiter().clone());
        let stderr = GuestOutput::new(OutputKind::Stderr, context.log_limiter().clone());
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_WASI_RESOURCES);
        Self {
            memory: MemoryLimit::new(limits.memory_bytes),
            cpu: CpuLimit::new(limits.cpu),
            copy_limit: MIN_COPY_BYTES.max(limits.output_bytes.saturating_add(RESULT_OVERHEAD_BYTES)),
            // Only clocks, random numbers and the two output streams.
            wasi: WasiCtxBuilder::new()
                .stdout(stdout.clone())
                .stderr(stderr.clone())
                .max_random_size(MAX_RANDOM_BYTES)
                .allow_tcp(false)
                .allow_udp(false)
                .allow_ip_name_lookup(false)
                .build(),
            table,
            context,
            stdout,
            stderr,
        }
    }
}

impl WasiView for StoreState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Makes a store whose guest yields with every tick, and whose memory and time are limited.
pub(super) fn new_store(engine: &wasmtime::Engine, context: InstanceContext) -> Store<StoreState> {
    let mut store = Store::new(engine, StoreState::new(context));
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(store.data().copy_limit);
    store.set_epoch_deadline(1);
    // Yields through tokio: a bare wake-up would be polled again before other tasks (spin#3278).
    store.epoch_deadline_callback(|mut store| {
        store.data_mut().cpu.spend(EPOCH_TICK)?;
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    store
}
