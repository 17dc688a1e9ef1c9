//! The two ways to allocate instances, from a pool and on demand, each with a linker of the host's functions.

use std::{sync::Arc, thread};

use anyhow::Context as _;
use tokio::sync::Semaphore;
use wasmtime::{
    Config, StoreContextMut,
    component::{Component, HasData, Linker},
};

use super::{
    disk_cache::CachedFile,
    engine_config::{POOL_INSTANCES, into_anyhow, on_demand_config, pool_config},
    store::{EPOCH_TICK, StoreState},
};
use crate::{
    capability::InstanceContext,
    contract::{Contract, ContractVersion, call, clip, content, draft, home, log, settings, status, storage, types},
};

/// A way to allocate instances, with its own linker: wasmtime binds a linker to an engine.
#[derive(Clone)]
pub(super) struct Allocator {
    engine: wasmtime::Engine,
    /// The linker of the contract's and WASI's imports.
    pub(super) linker: Linker<StoreState>,
    /// One permit for each instance in the pool; none where instances are made on demand.
    pub(super) pool_permits: Option<Arc<Semaphore>>,
}

impl Allocator {
    /// Makes a pool for instances whose own stack has `stack` bytes.
    ///
    /// # Errors
    /// The machine does not have the address space.
    pub(super) fn pooled(stack: usize) -> anyhow::Result<Self> {
        let pool = Self::new(&pool_config(stack))?;
        Ok(Self { pool_permits: Some(Arc::new(Semaphore::new(POOL_INSTANCES as usize))), ..pool })
    }

    /// Makes an allocator on demand for instances whose own stack has `stack` bytes.
    pub(super) fn on_demand(stack: usize) -> anyhow::Result<Self> {
        Self::new(&on_demand_config(stack))
    }

    fn new(config: &Config) -> anyhow::Result<Self> {
        let engine = wasmtime::Engine::new(config).map_err(into_anyhow)?;
        let linker = link_imports(&engine).map_err(into_anyhow).context("cannot link the contract")?;
        start_epoch_clock(&engine)?;
        Ok(Self { engine, linker, pool_permits: None })
    }

    /// Returns the engine.
    pub(super) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// Loads machine code.
    pub(super) fn load(&self, code: &CachedFile) -> wasmtime::Result<Component> {
        // SAFETY: the file holds the output of this program's own compiler, in a folder that only this user can write
        // to. Its digest was checked through the descriptor that this path opens, and such a file is never changed.
        unsafe { Component::deserialize_file(&self.engine, code.path()) }
    }
}

/// Gives the capabilities the part of the store's state that they work on.
struct HasContext;

impl HasData for HasContext {
    type Data<'a> = &'a mut InstanceContext;
}

/// Links every interface for every plugin: an interface that is not granted answers `denied` when it is called. Guests
/// from Python and JavaScript import all of their world and of WASI, used or not.
fn link_imports(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<StoreState>> {
    let mut linker = Linker::<StoreState>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Contract::add_to_linker::<_, HasContext>(&mut linker, |state| &mut state.context)?;
    link_draft(&mut linker)?;
    // `lights` is linked again, without a copy of all lights for each call.
    linker.allow_shadowing(true);
    for version in ContractVersion::ALL {
        let mut home = linker.instance(&version.interface("home"))?;
        home.func_wrap("lights", |mut store: StoreContextMut<'_, StoreState>, (): ()| {
            Ok((store.data_mut().context.shared_lights(),))
        })?;
    }
    Ok(linker)
}

/// Links the interfaces of the draft: those that 0.1.0 has in the same form are implemented once.
fn link_draft(linker: &mut Linker<StoreState>) -> wasmtime::Result<()> {
    macro_rules! link {
        ($($interface:ident),*) => {$(
            let mut interface = linker.instance(&ContractVersion::Draft.interface(stringify!($interface)))?;
            $interface::add_to_linker_instance::<_, HasContext>(&mut interface, |state| &mut state.context)?;
        )*};
    }
    use draft::{control, scenes, selection};
    link!(types, content, log, call, settings, home, selection, status, storage, clip, control, scenes);
    Ok(())
}

/// Advances the engine's epoch with every tick, until the engine is dropped. In a thread of its own: a task would starve
/// on a machine with one busy core.
fn start_epoch_clock(engine: &wasmtime::Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(EPOCH_TICK);
            }
        })
        .context("cannot start the thread that counts the guests' time")?;
    Ok(())
}
