//! One linker and one clock for all plugins, and two ways to make room for an instance: from a pool, where the machine
//! allows it, and on demand.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, StoreContextMut,
    component::{Component, HasData, InstancePre, Linker},
};

use super::{
    compile::{Artifact, CompileError, Compiler},
    contract::Surface,
    instance::State,
    memory::{Key, Known, Memory},
    source::Source,
    wit,
};
use crate::{capability::Reach, config::PluginLimits};

/// How often a guest that computes is asked to let others run, and its deadline is looked at.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// What the host's own functions have left of the stack that they share with the guest that calls them.
const HOST_STACK: usize = 1024 * 1024;

/// Instances of all plugins together that may stand by for calls.
const STANDBY: usize = 16;

/// Instances that the pool has room for at the same time; each of the four memories of each reserves 4 GiB of address
/// space. Further ones are made on demand.
const POOL: u32 = 64;
const POOL_MEMORIES: u32 = 4;
const POOL_TABLES: u32 = 8;
/// As many as a guest's memory limit allows by default, so that it is that limit which ends its growth.
const POOL_TABLE_ELEMENTS: usize = 4 << 20;
/// A Python component has some dozens of core instances.
const POOL_CORE_INSTANCES: u32 = 64;
/// Bytes of a memory and of a table that stay with the pool when an instance ends, wiped: for the next instance they need
/// not be mapped anew, page by page, while all threads of the process wait.
const POOL_KEPT: usize = 512 * 1024;
const POOL_KEPT_OF_TABLE: usize = 64 * 1024;

/// Beside the cache: what compiled plugins say of themselves.
const DESCRIBED: &str = "described";

/// Components that are linked and list their tools side by side: many at once would take each other's time.
const LOADS: usize = 2;

/// Compiles components, and links them to everything the contract and WASI have. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    compiler: Compiler,
    pool: Option<Pool>,
    on_demand: Flavour,
    /// The ways on demand for stacks of other sizes, by bytes: wasmtime knows one size an engine.
    others: Arc<Mutex<BTreeMap<usize, Flavour>>>,
    loads: Arc<Semaphore>,
    standby: Arc<Semaphore>,
    /// None if its folder cannot be used.
    memory: Option<Arc<Memory>>,
    /// The cache's folder, where it is not kept.
    _temporary: Option<Arc<TempDir>>,
}

#[derive(Clone)]
struct Pool {
    flavour: Flavour,
    room: Arc<Semaphore>,
}

/// One way to make room, with its own linker: wasmtime binds a linker to an engine.
#[derive(Clone)]
struct Flavour {
    engine: wasmtime::Engine,
    linker: Linker<State>,
}

/// A component that is ready to be instantiated, in one of the two ways.
pub(super) struct Linked {
    pub(super) pre: InstancePre<State>,
    pub(super) surface: Surface,
    room: Option<Arc<Semaphore>>,
}

/// Room in the pool, held as long as its instance lives; none for an instance on demand.
pub(super) type Room = Option<OwnedSemaphorePermit>;

impl Engine {
    /// As [`Engine::new`], but what it compiles goes with it.
    pub(crate) fn without_state() -> anyhow::Result<Self> {
        let temporary = tempfile::tempdir().context("there is no room for compiled plugins")?;
        let engine = Self::new(temporary.path().join("compiled"))?;
        Ok(Self { _temporary: Some(Arc::new(temporary)), ..engine })
    }

    /// Makes the engine and starts its clock, which ends with the last clone of the engine. What it compiles is kept in
    /// `cache`.
    pub(crate) fn new(cache: PathBuf) -> anyhow::Result<Self> {
        let stack = PluginLimits::default().stack_bytes;
        let on_demand = Flavour::new(&config(stack))?;
        let pool = match Flavour::new(&pooling(stack)) {
            Ok(flavour) => Some(Pool { flavour, room: Arc::new(Semaphore::new(POOL as usize)) }),
            Err(error) => {
                tracing::info!(
                    error = format!("{error:#}"),
                    "no address space for a pool: instances are made on demand"
                );
                None
            }
        };
        if let Some(pool) = &pool {
            start_clock(&pool.flavour.engine)?;
        }
        start_clock(&on_demand.engine)?;
        let memory = Memory::new(cache.with_file_name(DESCRIBED))
            .inspect_err(|error| tracing::warn!(%error, "every plugin is asked at every start what it offers"));
        let compiler = Compiler::new(cache, &on_demand.engine).context("cannot keep compiled plugins")?;
        Ok(Self {
            compiler,
            pool,
            on_demand,
            others: Arc::default(),
            loads: Arc::new(Semaphore::new(LOADS)),
            standby: Arc::new(Semaphore::new(STANDBY)),
            memory: memory.ok().map(Arc::new),
            _temporary: None,
        })
    }

    /// The same engine for guests whose stack has another size than the usual one: machine code is the same, instances
    /// are made on demand.
    ///
    /// # Errors
    /// There is no room for such an engine.
    pub(super) fn with_stack(&self, bytes: usize) -> anyhow::Result<Self> {
        if bytes == PluginLimits::default().stack_bytes {
            return Ok(self.clone());
        }
        // A std Mutex: held while an engine is made, a few milliseconds, never across an await.
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let on_demand = if let Some(there) = others.get(&bytes) {
            there.clone()
        } else {
            let new = Flavour::new(&config(bytes))?;
            start_clock(&new.engine)?;
            others.insert(bytes, new.clone());
            new
        };
        Ok(Self { pool: None, on_demand, ..self.clone() })
    }

    /// Compiles a component, or finds what was compiled before; and how long that took.
    pub(super) async fn compile(&self, source: &Source) -> Result<(Artifact, Duration), CompileError> {
        self.compiler.artifact(source).await
    }

    /// What is known of a plugin from an earlier run, if its machine code is there too: then it can be served, and loaded
    /// when it is called.
    pub(super) async fn recall(&self, key: Key) -> Option<Known> {
        let (memory, compiler) = (self.memory.clone()?, self.compiler.clone());
        let _turn = self.turn().await;
        let recall = move || compiler.has(key.component).then(|| memory.recall(&key)).flatten();
        tokio::task::spawn_blocking(recall).await.ok().flatten()
    }

    /// Keeps what is known of a plugin for later runs.
    pub(super) async fn remember(&self, key: Key, known: Known) {
        let Some(memory) = self.memory.clone() else { return };
        let kept = tokio::task::spawn_blocking(move || memory.keep(&key, &known)).await;
        let error = match kept {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::debug!(error, "what a plugin says of itself is not kept");
    }

    /// Waits for a turn to load what is compiled. Compiling has turns of its own: who waits for the compiler must not hold
    /// up those that do not need it.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.loads.clone().acquire_owned().await.ok()
    }

    /// One permit for each instance that stands by.
    pub(super) fn standby(&self) -> Arc<Semaphore> {
        self.standby.clone()
    }

    /// The component in the pool, if there is a pool and it fits.
    ///
    /// # Errors
    /// As of [`Engine::link_on_demand`].
    pub(super) fn link_pooled(&self, artifact: &Artifact) -> Option<Result<Linked, String>> {
        let pool = self.pool.as_ref()?;
        let component = pool.flavour.load(artifact).ok()?;
        Some(pool.flavour.link(&component, Some(pool.room.clone())))
    }

    /// The component on demand.
    ///
    /// # Errors
    /// What is wrong with it, in the words of an author.
    pub(super) fn link_on_demand(&self, artifact: &Artifact) -> Result<Linked, String> {
        let component = self.on_demand.load(artifact).map_err(|error| format!("cannot be loaded: {error:#}"))?;
        self.on_demand.link(&component, None)
    }

    /// Forgets what was compiled of a component, so that it is compiled anew.
    pub(crate) fn forget(&self, digest: blake3::Hash) {
        self.compiler.forget(digest);
    }
}

impl Flavour {
    fn new(config: &Config) -> anyhow::Result<Self> {
        let engine = wasmtime::Engine::new(config).map_err(into_anyhow)?;
        let linker = linker(&engine).map_err(into_anyhow).context("cannot link the contract")?;
        Ok(Self { engine, linker })
    }

    fn load(&self, artifact: &Artifact) -> wasmtime::Result<Component> {
        // SAFETY: the file holds what this program's own compiler wrote, in a folder that nobody else can write to; its
        // digest was checked through the descriptor that this path stands for, and nothing changes such a file in place.
        unsafe { Component::deserialize_file(&self.engine, artifact.path()) }
    }

    fn link(&self, component: &Component, room: Option<Arc<Semaphore>>) -> Result<Linked, String> {
        let surface = Surface::of(component);
        surface.check_version()?;
        surface.check_packages()?;
        let pre = self.linker.instantiate_pre(component);
        let pre = pre.map_err(|error| format!("it does not fit the contract lamplighter:plugin@0.1.0: {error:#}"))?;
        Ok(Linked { pre, surface, room })
    }
}

impl Linked {
    /// Room for one instance; none at all if this is the pool and it is full.
    pub(super) fn room(&self) -> Option<Room> {
        match &self.room {
            None => Some(None),
            Some(room) => room.clone().try_acquire_owned().ok().map(Some),
        }
    }
}

/// The engine of the compiler's child. Its output is good for every engine that differs in making room and in the size of
/// stacks only: the limit of a stack is looked up when it is entered.
pub(super) fn compiling() -> anyhow::Result<wasmtime::Engine> {
    wasmtime::Engine::new(&config(PluginLimits::default().stack_bytes)).map_err(into_anyhow)
}

/// `stack` is for the guest's own frames, in bytes.
fn config(stack: usize) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK)
        // All of a memory's addresses are reserved anyway.
        .memory_may_move(false)
        .wasm_component_model(true);
    config
}

fn pooling(stack: usize) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL)
        .total_stacks(POOL)
        .total_memories(POOL * POOL_MEMORIES)
        .max_memories_per_component(POOL_MEMORIES)
        .total_tables(POOL * POOL_TABLES)
        .max_tables_per_component(POOL_TABLES)
        .table_elements(POOL_TABLE_ELEMENTS)
        .total_core_instances(POOL * POOL_CORE_INSTANCES)
        .max_core_instances_per_component(POOL_CORE_INSTANCES);
    // Linux 6.7 tells which pages were written; without that, all that is kept would have to be wiped each time.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Auto).linear_memory_keep_resident(POOL_KEPT).table_keep_resident(POOL_KEPT_OF_TABLE);
    }
    let mut config = config(stack);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// What [`wit::add_to_linker`] hands to the capabilities: the part of the state that says what may be reached.
struct Reached;

impl HasData for Reached {
    type Data<'a> = &'a mut Reach;
}

/// Links every interface for every plugin: one that is not granted answers `denied` when it is called. Guests from
/// Python and JavaScript import all of their world and of WASI, used or not.
fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wit::add_to_linker::<_, Reached>(&mut linker, |state| &mut state.reach)?;
    // Once more, without a copy of them for each call.
    linker.allow_shadowing(true);
    linker.instance(wit::HOME)?.func_wrap("lights", |mut store: StoreContextMut<'_, State>, (): ()| {
        Ok((store.data_mut().reach.shared_lights(),))
    })?;
    Ok(linker)
}

/// An OS thread, because a task would starve on a machine with one busy core. Holds the engine weakly.
fn start_clock(engine: &wasmtime::Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })
        .context("cannot start the thread that keeps the guests' time")?;
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
pub(super) fn into_anyhow(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_of_another_size_take_the_same_machine_code_and_make_one_engine_a_size() {
        let engine = Engine::without_state().unwrap();
        let (small, again) = (engine.with_stack(64 << 10).unwrap(), engine.with_stack(64 << 10).unwrap());
        let hash = |engine: &wasmtime::Engine| {
            let mut hasher = std::hash::DefaultHasher::new();
            std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
            std::hash::Hasher::finish(&hasher)
        };
        assert_eq!(hash(&small.on_demand.engine), hash(&compiling().unwrap()));
        assert!(wasmtime::Engine::same(&small.on_demand.engine, &again.on_demand.engine));
        assert!(small.pool.is_none());
        let usual = engine.with_stack(PluginLimits::default().stack_bytes).unwrap();
        assert!(wasmtime::Engine::same(&usual.on_demand.engine, &engine.on_demand.engine));
    }
}
