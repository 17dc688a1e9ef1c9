//! A component that is compiled and linked, and makes an instance for each call.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    component_source::ComponentSource,
    disk_cache::CachedFile,
    engine::Engine,
    error::PluginError,
    exports::Guest,
    instance::{Instance, Work},
    ready_component::{PoolPermit, ReadyComponent},
    warm_pool::WarmPool,
};
use crate::{capability::InstanceContext, contract::Surface};

/// A loaded component. Its instances come from the pool while it has room, and are made on demand otherwise.
pub(super) struct Component {
    engine: Engine,
    code: CachedFile,
    compile_time: Duration,
    /// Is linked in the pool, where there is one.
    primary: Arc<ReadyComponent>,
    /// Is linked when the pool is full for the first time.
    on_demand: OnceLock<Result<Arc<ReadyComponent>, PluginError>>,
    warm_pool: WarmPool,
}

impl Component {
    /// Compiles and links.
    ///
    /// # Errors
    /// The component cannot be compiled, does not fit the contract, or the host failed.
    pub(super) async fn load(engine: Engine, source: ComponentSource) -> Result<Self, PluginError> {
        let (code, compile_time) = engine.compile(&source).await?;
        let _slot = engine.load_slot().await;
        let linked = tokio::task::spawn_blocking(move || {
            let linked = engine.link(&code).inspect_err(|_| engine.remove_code(source.digest));
            linked.map(|ready| Self::new(engine, code, compile_time, ready))
        });
        linked.await.map_err(PluginError::host)?
    }

    fn new(engine: Engine, code: CachedFile, compile_time: Duration, primary: ReadyComponent) -> Self {
        let warm_pool = WarmPool::new(engine.warm_permits());
        Self { engine, code, compile_time, primary: Arc::new(primary), on_demand: OnceLock::new(), warm_pool }
    }

    /// Returns the time that the compiler took.
    pub(super) fn compile_time(&self) -> Duration {
        self.compile_time
    }

    /// Returns the component's imports and exports.
    pub(super) fn surface(&self) -> &Surface {
        &self.primary.surface
    }

    /// Returns the component's types and code.
    pub(super) fn definition(&self) -> &wasmtime::component::Component {
        self.primary.pre.component()
    }

    /// Returns whether the component exports `lifecycle`.
    pub(super) fn has_lifecycle(&self) -> bool {
        self.primary.exports.has_lifecycle()
    }

    /// Returns whether the call that ended last computed through a tick of the epoch.
    pub(super) fn has_computed(&self) -> bool {
        self.warm_pool.has_computed()
    }

    /// Runs the work on an instance of its own: a warm one if there is one, a new one otherwise.
    pub(super) async fn run<T>(
        &self,
        context: InstanceContext,
        work: impl for<'s> FnOnce(Guest<'s>) -> Work<'s, T>,
    ) -> Result<T, PluginError> {
        let (mut instance, raw) = if let Some(warm) = self.warm_pool.take() {
            warm.begin_call(context)
        } else {
            let (ready, permit) = self.reserve()?;
            (Instance::new(ready, permit, context), None)
        };
        let result = instance.run(raw, work).await;
        self.warm_pool.recycle(instance);
        result
    }

    /// Chooses the allocator of the next instance, and takes its place in the pool.
    ///
    /// # Errors
    /// The component was loaded once and cannot be loaded on demand.
    fn reserve(&self) -> Result<(Arc<ReadyComponent>, PoolPermit), PluginError> {
        if let Some(permit) = self.primary.try_reserve() {
            return Ok((self.primary.clone(), permit));
        }
        let ready = self.on_demand.get_or_init(|| self.engine.link_on_demand(&self.code).map(Arc::new)).clone();
        ready.map(|ready| (ready, None)).map_err(PluginError::into_host_error)
    }
}
