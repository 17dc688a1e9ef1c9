//! Compilation of a component to machine code, once: in a child process, with the result in a disk cache.
//!
//! The first-party plugins were compiled when the host was built: their code is unpacked.
//!
//! The compiler is large, and a component may be hostile or a whole Python interpreter. Inside the host it could crash
//! it, read its secrets or take hundreds of megabytes. So a child process compiles and gets nothing but the bytes; the
//! parent alone writes the cache.

mod child;
mod sniff;
pub(crate) mod worker;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub(super) use child::own_program;

use super::{
    bundle::BundledCode,
    component_source::ComponentSource,
    disk_cache::{CacheOptions, CachedFile, DiskCache},
    error::PluginError,
};

/// Limits the compilations side by side.
const MAX_COMPILATIONS: usize = 2;

const CACHE_OPTIONS: CacheOptions =
    CacheOptions { extension: "cwasm", max_file_bytes: child::MAX_CODE_BYTES, max_total_bytes: 1 << 30 };

/// Compiles components, or finds their machine code. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Compiler {
    cache: Arc<DiskCache>,
    /// 16 hexadecimal digits that differ where wasmtime's version or a setting that matters differs.
    engine_id: Arc<str>,
    /// Is run as the child: it is this program.
    program: Arc<PathBuf>,
    slots: Arc<Semaphore>,
    bundle: &'static [BundledCode],
    /// The components whose bundled code is not used, because this machine cannot run it.
    refused: Arc<Mutex<HashSet<blake3::Hash>>>,
}

/// The machine code of a component.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) file: CachedFile,
    /// Tells whether this program compiled it just now.
    pub(super) is_new: bool,
    /// The time that it took to compile or to find, without the wait for other compilations.
    pub(super) time: Duration,
}

impl Compiler {
    /// Makes a compiler for engines that are compatible with `engine`. It keeps machine code in `folder`, and has the
    /// machine code in `bundle` already.
    ///
    /// # Errors
    /// The folder cannot be used, or this program cannot find its own file.
    pub(super) fn new(
        folder: PathBuf,
        engine: &wasmtime::Engine,
        bundle: &'static [BundledCode],
    ) -> anyhow::Result<Self> {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self {
            cache: DiskCache::open(folder, CACHE_OPTIONS)?,
            engine_id: format!("{:016x}", hasher.finish()).into(),
            program: Arc::new(own_program()?),
            slots: Arc::new(Semaphore::new(MAX_COMPILATIONS)),
            bundle,
            refused: Arc::default(),
        })
    }

    /// Returns the machine code of a component, from the cache, from the bundle or from the compiler.
    ///
    /// # Errors
    /// The bytes are not a component that can be compiled, have changed, or the host failed.
    pub(super) async fn find_or_compile(&self, source: &ComponentSource) -> Result<Code, PluginError> {
        let (compiler, component, began) = (self.clone(), source.digest, Instant::now());
        let find = move || compiler.cache.get(&compiler.key(component)).or_else(|| compiler.unpack(component));
        match run_blocking(find).await? {
            Some(file) => Ok(Code { file, is_new: false, time: began.elapsed() }),
            None => self.compile(source).await,
        }
    }

    /// Compiles a component, and keeps its machine code.
    async fn compile(&self, source: &ComponentSource) -> Result<Code, PluginError> {
        // A file that is not a component does not wait for a slot. The bytes are dropped meanwhile: they may be large.
        sniff::check_header(&source.read().await?)?;
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await;
        let bytes = source.read().await?;
        let began = Instant::now();
        let (cache, key) = (self.cache.clone(), self.key(source.digest));
        let writer = run_blocking(move || cache.begin(key)).await?.map_err(cannot_compile)?;
        let writer = child::compile(&self.program, bytes, writer).await?;
        let file = run_blocking(move || writer.commit()).await?.map_err(cannot_compile)?;
        Ok(Code { file, is_new: true, time: began.elapsed() })
    }

    /// Returns whether there is machine code of a component. It is not checked. Waits for the disk.
    pub(super) fn has(&self, component: blake3::Hash) -> bool {
        self.bundled(component).is_some() || self.cache.contains(&self.key(component))
    }

    /// Removes machine code that cannot be loaded, so that it is compiled again.
    pub(super) fn remove(&self, component: blake3::Hash) {
        if self.bundled(component).is_some() {
            self.refused.lock().insert(component);
        }
        self.cache.remove(&self.key(component));
    }

    /// Puts the bundled code of a component into the cache, from where it is mapped: so all processes share its memory.
    fn unpack(&self, component: blake3::Hash) -> Option<CachedFile> {
        let bundled = self.bundled(component)?;
        let write = || -> io::Result<CachedFile> {
            let mut writer = self.cache.begin(self.key(component))?;
            writer.write(bundled.code)?;
            writer.commit()
        };
        write().inspect_err(|error| tracing::warn!(%error, "bundled code cannot be unpacked")).ok()
    }

    /// Returns the code of a component that was compiled when the host was built.
    fn bundled(&self, component: blake3::Hash) -> Option<&'static BundledCode> {
        let found = self.bundle.iter().find(|bundled| component.to_hex().as_str() == bundled.component)?;
        (!self.refused.lock().contains(&component)).then_some(found)
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
