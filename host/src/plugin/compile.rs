//! From a component's bytes to machine code, once: compiled in a process of its own, kept in a cache.
//!
//! The compiler is large and a component may be hostile, or a Python interpreter: in here it could crash the host, read
//! its secrets or take hundreds of megabytes of it. So a child compiles, with nothing in its hands but the bytes; the
//! parent alone writes the cache.

mod cache;
mod child;
mod sniff;
pub(crate) mod worker;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

pub(super) use cache::Artifact;
use cache::Cache;
pub(super) use child::program;
use sniff::sniff;

use super::source::Source;

/// Compilations side by side.
const AT_ONCE: usize = 2;

/// Compiles components, or finds what was compiled before. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Compiler {
    cache: Arc<Cache>,
    /// What is run as the child: this program.
    program: Arc<PathBuf>,
    slots: Arc<Semaphore>,
}

/// Why there is no machine code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CompileError {
    /// The component's fault; in the words of the compiler.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// The file's fault: it holds no component; in the author's terms.
    #[error("{0}")]
    NotAComponent(String),
    /// The component's fault: it takes more than a compilation may.
    #[error("{0}")]
    TooMuch(String),
    /// The bytes are others by now, or cannot be read any more.
    #[error("{0}")]
    Gone(String),
    /// The machine's fault.
    #[error("the host cannot compile it: {0}")]
    Host(String),
}

impl Compiler {
    /// Keeps what it compiles in `folder`, which is made if need be, for engines that are compatible with `engine`.
    ///
    /// # Errors
    /// The folder cannot be used, or this program cannot find itself.
    pub(super) fn new(folder: PathBuf, engine: &wasmtime::Engine) -> anyhow::Result<Self> {
        Ok(Self {
            cache: Arc::new(Cache::new(folder, engine)?),
            program: Arc::new(program()?),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// The machine code of a component, and how long it took to get it, without the wait for others. Its bytes are read
    /// only if it was not compiled before.
    pub(super) async fn artifact(&self, source: &Source) -> Result<(Artifact, Duration), CompileError> {
        let (digest, began) = (source.digest, Instant::now());
        if let Some(artifact) = self.find(digest).await {
            return Ok((artifact, began.elapsed()));
        }
        // What is no component need not wait. The bytes are not kept while they wait: they may be large, and many.
        sniff(&source.bytes().await.map_err(CompileError::Gone)?)?;
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await;
        let bytes = source.bytes().await.map_err(CompileError::Gone)?;
        let began = Instant::now();
        let cache = self.cache.clone();
        let sink = aside(move || cache.begin(digest)).await?.map_err(host)?;
        let sink = child::compile(&self.program, bytes, sink).await?;
        let artifact = aside(move || sink.keep()).await?.map_err(host)?;
        Ok((artifact, began.elapsed()))
    }

    /// What was compiled before, if it is as it was.
    async fn find(&self, digest: blake3::Hash) -> Option<Artifact> {
        let cache = self.cache.clone();
        aside(move || cache.find(digest)).await.ok().flatten()
    }

    /// Whether there is machine code of it; not whether that is as it was. Waits for the disk.
    pub(super) fn has(&self, digest: blake3::Hash) -> bool {
        self.cache.has(digest)
    }

    /// Forgets machine code that cannot be loaded, so that it is compiled anew.
    pub(super) fn forget(&self, digest: blake3::Hash) {
        self.cache.forget(digest);
    }
}

/// Does what waits for the disk where it holds up nobody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CompileError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| CompileError::Host(error.to_string()))
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
fn host(error: std::io::Error) -> CompileError {
    CompileError::Host(error.to_string())
}
