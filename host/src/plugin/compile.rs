//! Compilation of a component to machine code, once: in a child process, with the result in a disk cache.
//!
//! The compiler is large, and a component may be hostile or a whole Python interpreter. Inside the host it could crash
//! it, read its secrets or take hundreds of megabytes. So a child process compiles and gets nothing but the bytes; the
//! parent alone writes the cache.

mod child;
mod sniff;
pub(crate) mod worker;

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

pub(super) use child::own_program;

use super::{
    component_source::ComponentSource,
    disk_cache::{CacheOptions, CachedFile, DiskCache},
    error::PluginError,
};

/// Limits the compilations side by side.
const MAX_COMPILATIONS: usize = 2;

const CACHE_OPTIONS: CacheOptions = CacheOptions {
    extension: "cwasm",
    max_file_bytes: child::MAX_CODE_BYTES,
    max_total_bytes: 1 << 30,
    is_synced: true,
};

/// Compiles components, or finds their machine code in the cache. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Compiler {
    cache: Arc<DiskCache>,
    /// 16 hexadecimal digits that differ where wasmtime's version or a setting that matters differs.
    engine_id: Arc<str>,
    /// Is run as the child: it is this program.
    program: Arc<PathBuf>,
    slots: Arc<Semaphore>,
}

impl Compiler {
    /// Makes a compiler for engines that are compatible with `engine`. It keeps machine code in `folder`.
    ///
    /// # Errors
    /// The folder cannot be used, or this program cannot find its own file.
    pub(super) fn new(folder: PathBuf, engine: &wasmtime::Engine) -> anyhow::Result<Self> {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            cache: DiskCache::open(folder, CACHE_OPTIONS)?,
            engine_id: format!("{:016x}", hasher.finish()).into(),
            program: Arc::new(own_program()?),
            slots: Arc::new(Semaphore::new(MAX_COMPILATIONS)),
        })
    }

    /// Returns the machine code of a component, and the time it took without the wait for other compilations. The bytes
    /// are read only if the cache does not have it.
    ///
    /// # Errors
    /// The bytes are not a component that can be compiled, have changed, or the host failed.
    pub(super) async fn compile(&self, source: &ComponentSource) -> Result<(CachedFile, Duration), PluginError> {
        let (key, began) = (self.key(source.digest), Instant::now());
        let (cache, cached) = (self.cache.clone(), key.clone());
        if let Some(code) = run_blocking(move || cache.get(&cached)).await? {
            return Ok((code, began.elapsed()));
        }
        // A file that is not a component does not wait for a slot. The bytes are dropped meanwhile: they may be large.
        sniff::check_header(&source.read().await?)?;
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await;
        let bytes = source.read().await?;
        let began = Instant::now();
        let cache = self.cache.clone();
        let writer = run_blocking(move || cache.begin(key)).await?.map_err(cannot_compile)?;
        let writer = child::compile(&self.program, bytes, writer).await?;
        let code = run_blocking(move || writer.commit()).await?.map_err(cannot_compile)?;
        Ok((code, began.elapsed()))
    }

    /// Returns whether there is machine code of a component. It is not checked. Waits for the disk.
    pub(super) fn has(&self, component: blake3::Hash) -> bool {
        self.cache.contains(&self.key(component))
    }

    /// Removes machine code that cannot be loaded, so that it is compiled again.
    pub(super) fn remove(&self, component: blake3::Hash) {
        self.cache.remove(&self.key(component));
    }

    fn key(&self, component: blake3::Hash) -> String {
        format!("{}-{}", component.to_hex(), self.engine_id)
    }
}

/// Runs work that waits for the disk on a thread that may wait.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PluginError> {
    tokio::task::spawn_blocking(work).await.map_err(cannot_compile)
}

fn cannot_compile(error: impl std::fmt::Display) -> PluginError {
    PluginError::Host(format!("the host cannot compile it: {error}"))
}
