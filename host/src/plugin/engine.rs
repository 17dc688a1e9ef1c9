//! What all plugins share: the compiler, the allocators of instances, and the cache of metadata.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    allocator::Allocator,
    bundle::{BUNDLE, BundledCode},
    compile::{Code, Compiler},
    component_source::ComponentSource,
    disk_cache::CachedFile,
    error::PluginError,
    metadata_cache::{CachedMetadata, MetadataCache, MetadataKey},
    ready_component::ReadyComponent,
};
use crate::{config::PluginLimits, contract::Invalid};

/// Limits the warm instances that all plugins have together.
const MAX_WARM_INSTANCES: usize = 16;

/// Names the folder of the metadata cache. It lies beside that of the compiler.
const METADATA_FOLDER: &str = "described";

/// Limits the components that are linked and list their tools side by side: more would take each other's time.
const MAX_LOADS: usize = 2;

/// Compiles and links components. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    compiler: Compiler,
    /// None where the machine does not have the address space.
    pool: Option<Allocator>,
    on_demand: Allocator,
    /// The allocators on demand for other stack sizes, by bytes: wasmtime knows one size per engine.
    other_stack_sizes: Arc<Mutex<BTreeMap<usize, Allocator>>>,
    load_slots: Arc<Semaphore>,
    warm_permits: Arc<Semaphore>,
    /// None if its folder cannot be used.
    metadata: Option<Arc<MetadataCache>>,
    /// The folder of the caches, where no state is kept.
    _temporary: Option<Arc<TempDir>>,
}

/// Why machine code was not linked.
pub(super) enum LinkError {
    /// wasmtime refuses the machine code: it is of another version, or for another machine.
    CodeRefused(wasmtime::Error),
    /// The component does not fit the contract.
    Contract(PluginError),
}

impl From<PluginError> for LinkError {
    fn from(error: PluginError) -> Self {
        Self::Contract(error)
    }
}

impl From<LinkError> for PluginError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::CodeRefused(error) => Invalid::new(format!("cannot be loaded: {error:#}")).into(),
            LinkError::Contract(error) => error,
        }
    }
}

impl Engine {
    /// Makes an engine whose caches are removed with it.
    pub(crate) fn without_state() -> anyhow::Result<Self> {
        Self::temporary(BUNDLE)
    }

    /// Makes an engine with this bundled code, whose caches are removed with it.
    pub(super) fn temporary(bundle: &'static [BundledCode]) -> anyhow::Result<Self> {
        let temporary = tempfile::tempdir().context("there is no room for compiled plugins")?;
        let engine = Self::with_bundle(temporary.path().join("compiled"), bundle)?;
        Ok(Self { _temporary: Some(Arc::new(temporary)), ..engine })
    }

    /// Makes an engine that keeps machine code in `code_folder`.
    pub(crate) fn new(code_folder: PathBuf) -> anyhow::Result<Self> {
        Self::with_bundle(code_folder, BUNDLE)
    }

    fn with_bundle(code_folder: PathBuf, bundle: &'static [BundledCode]) -> anyhow::Result<Self> {
        let stack = PluginLimits::default().stack_bytes;
        let on_demand = Allocator::on_demand(stack)?;
        let pool = Allocator::pooled(stack).inspect_err(|error| {
            tracing::info!(error = format!("{error:#}"), "no address space for a pool: instances are made on demand");
        });
        let metadata = MetadataCache::open(code_folder.with_file_name(METADATA_FOLDER))
            .inspect_err(|error| tracing::warn!(%error, "no metadata cache: every plugin is loaded at every start"));
        Ok(Self {
            compiler: Compiler::new(code_folder, on_demand.engine(), bundle).context("cannot keep compiled plugins")?,
            pool: pool.ok(),
            on_demand,
            other_stack_sizes: Arc::default(),
            load_slots: Arc::new(Semaphore::new(MAX_LOADS)),
            warm_permits: Arc::new(Semaphore::new(MAX_WARM_INSTANCES)),
            metadata: metadata.ok().map(Arc::new),
            _temporary: None,
        })
    }

    /// Returns the engine for guests whose stack has `bytes`. Machine code is the same. Sizes other than the default are
    /// allocated on demand.
    ///
    /// # Errors
    /// The engine for this size cannot be made.
    pub(super) fn with_stack(&self, bytes: usize) -> anyhow::Result<Self> {
        if bytes == PluginLimits::default().stack_bytes {
            return Ok(self.clone());
        }
        // Held while an engine is made, a few milliseconds, never across an await.
        let mut others = self.other_stack_sizes.lock();
        let on_demand = if let Some(there) = others.get(&bytes) {
            there.clone()
        } else {
            let new = Allocator::on_demand(bytes)?;
            others.insert(bytes, new.clone());
            new
        };
        Ok(Self { pool: None, on_demand, ..self.clone() })
    }

    /// Returns a component's machine code from the cache, the bundle or the compiler.
    pub(super) async fn find_or_compile(&self, source: &ComponentSource) -> Result<Code, PluginError> {
        self.compiler.find_or_compile(source).await
    }

    /// Returns the metadata of a plugin that loaded in an earlier run. None if its machine code is gone: then it could not
    /// be called soon.
    pub(super) async fn cached_metadata(&self, key: MetadataKey) -> Option<CachedMetadata> {
        let (metadata, compiler) = (self.metadata.clone()?, self.compiler.clone());
        let _slot = self.load_slot().await;
        let get = move || compiler.has(key.component).then(|| metadata.get(&key)).flatten();
        tokio::task::spawn_blocking(get).await.ok().flatten()
    }

    /// Keeps the metadata of a plugin for later runs.
    pub(super) async fn cache_metadata(&self, key: MetadataKey, metadata: CachedMetadata) {
        let Some(cache) = self.metadata.clone() else { return };
        let put = tokio::task::spawn_blocking(move || cache.put(&key, &metadata)).await;
        if let Err(error) = put.unwrap_or_else(|error| Err(error.into())) {
            tracing::debug!(%error, "cannot cache the plugin's metadata");
        }
    }

    /// Waits for a slot to load compiled components. The compiler has slots of its own, so that a slow compilation does
    /// not delay components that are compiled already.
    pub(crate) async fn load_slot(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.load_slots.clone().acquire_owned().await.ok()
    }

    /// Returns the semaphore that has one permit for each warm instance.
    pub(super) fn warm_permits(&self) -> Arc<Semaphore> {
        self.warm_permits.clone()
    }

    /// Links machine code in the pool; on demand if there is no pool, or the component is too large for it.
    pub(super) fn link(&self, code: &CachedFile) -> Result<ReadyComponent, LinkError> {
        let pooled = self.pool.as_ref().and_then(|pool| Some((pool, pool.load(code).ok()?)));
        match pooled {
            Some((pool, component)) => Ok(ReadyComponent::link(pool, &component)?),
            None => self.link_on_demand(code),
        }
    }

    /// Links machine code so that instances are made on demand.
    pub(super) fn link_on_demand(&self, code: &CachedFile) -> Result<ReadyComponent, LinkError> {
        let component = self.on_demand.load(code).map_err(LinkError::CodeRefused)?;
        Ok(ReadyComponent::link(&self.on_demand, &component)?)
    }

    /// Removes the machine code of a component, so that it is compiled again.
    pub(crate) fn remove_code(&self, component: blake3::Hash) {
        self.compiler.remove(component);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::engine_config::compiler_engine, *};

    #[test]
    fn stacks_of_another_size_take_the_same_machine_code_and_make_one_engine_a_size() {
        let engine = Engine::without_state().unwrap();
        let (small, again) = (engine.with_stack(64 << 10).unwrap(), engine.with_stack(64 << 10).unwrap());
        let hash = |engine: &wasmtime::Engine| {
            let mut hasher = std::hash::DefaultHasher::new();
            std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
            std::hash::Hasher::finish(&hasher)
        };
        assert_eq!(hash(small.on_demand.engine()), hash(&compiler_engine().unwrap()));
        assert!(wasmtime::Engine::same(small.on_demand.engine(), again.on_demand.engine()));
        assert!(small.pool.is_none());
        let default = engine.with_stack(PluginLimits::default().stack_bytes).unwrap();
        assert!(wasmtime::Engine::same(default.on_demand.engine(), engine.on_demand.engine()));
    }
}
