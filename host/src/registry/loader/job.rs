//! Jobs: read, hash, compile, describe and validate one file, or run a plugin's `start`, beside everything else.

use std::{future::Future, panic::AssertUnwindSafe, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use futures::FutureExt as _;

use crate::{
    approval::{Approval, Approvals},
    capability::Services,
    config::PluginConfig,
    plugin::{ComponentSource, Engine, Plugin, PluginCandidate, PluginError},
    registry::folder::{self, FileError},
};

/// A job that loads one plugin.
pub(super) struct Job {
    pub(super) name: Arc<str>,
    /// Whether a plugin that an earlier run found good may be served before it is loaded.
    pub(super) may_recall: bool,
    pub(super) engine: Engine,
    pub(super) config: Arc<PluginConfig>,
    pub(super) services: Arc<Services>,
}

/// A job that has ended.
pub(super) struct JobDone {
    pub(super) name: Arc<str>,
    pub(super) outcome: LoadOutcome,
}

/// Tells how a job ended.
pub(super) enum LoadOutcome {
    /// The file holds the bytes that are served.
    Unchanged(blake3::Hash),
    /// The file's bytes are good.
    Loaded(Arc<Plugin>),
    /// The approved bytes are good.
    LoadedApproved(Arc<Plugin>),
    /// The plugin's `start` succeeded.
    Started(Arc<Plugin>),
    Refused(Refusal),
    /// The file changed or vanished while it was read.
    Retry,
}

/// Why a file is not served.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) digest: Option<blake3::Hash>,
    /// Whether the same bytes may be good another time.
    pub(super) may_pass: bool,
}

impl Job {
    /// Loads a file, unless it holds the bytes that are `serving`.
    pub(super) async fn load_file(self, path: PathBuf, serving: Option<blake3::Hash>) -> JobDone {
        let name = self.name.clone();
        catch_panics(name, async move {
            match self.digest(path.clone()).await {
                Ok(digest) if serving == Some(digest) => LoadOutcome::Unchanged(digest),
                Ok(digest) => self.load_bytes(path, digest).await,
                Err(FileError::Changing | FileError::Gone) => LoadOutcome::Retry,
                Err(error) => LoadOutcome::Refused(Refusal {
                    may_pass: matches!(error, FileError::Io(_)),
                    ..Refusal::permanent(error.to_string())
                }),
            }
        })
        .await
    }

    async fn digest(&self, path: PathBuf) -> Result<blake3::Hash, FileError> {
        let _slot = self.engine.load_slot().await;
        tokio::task::spawn_blocking(move || folder::hash_file(&path)).await.expect("hashing a file does not panic")
    }

    async fn load_bytes(self, path: PathBuf, digest: blake3::Hash) -> LoadOutcome {
        let source = ComponentSource::new(digest, move || Ok(folder::read_file(&path)?));
        match self.recall_or_load(source).await {
            Ok(plugin) => LoadOutcome::Loaded(Arc::new(plugin)),
            Err(PluginError::Changed(_)) => LoadOutcome::Retry,
            Err(error) => LoadOutcome::Refused(Refusal { digest: Some(digest), ..Refusal::from(error) }),
        }
    }

    /// Loads the approved bytes of a file whose own bytes are held.
    pub(super) async fn load_approved(self, approvals: Approvals, approval: Approval) -> JobDone {
        let name = self.name.clone();
        catch_panics(name, async move {
            let read = move || approvals.read_bytes(&approval).context("the approved bytes");
            let first = tokio::task::spawn_blocking(read.clone()).await.expect("reading a file does not panic");
            let source = match first {
                Ok(bytes) => ComponentSource::new(blake3::hash(&bytes), read),
                Err(error) => return LoadOutcome::Refused(Refusal::permanent(format!("{error:#}"))),
            };
            match self.recall_or_load(source).await {
                Ok(plugin) => LoadOutcome::LoadedApproved(Arc::new(plugin)),
                Err(error) => LoadOutcome::Refused(Refusal::from(error)),
            }
        })
        .await
    }

    async fn recall_or_load(self, source: ComponentSource) -> Result<Plugin, PluginError> {
        let Self { engine, name, config, services, may_recall } = self;
        let candidate = PluginCandidate { name, source, config, services };
        if may_recall && let Some(plugin) = candidate.clone().load_cached(&engine).await {
            return Ok(plugin);
        }
        candidate.load_and_cache(&engine).await
    }
}

/// Runs a plugin's `start`.
pub(super) async fn start(plugin: Arc<Plugin>) -> JobDone {
    catch_panics(plugin.name.clone(), async move {
        match plugin.start().await {
            Ok(()) => LoadOutcome::Started(plugin),
            Err(error) => LoadOutcome::Refused(Refusal { digest: Some(plugin.digest), ..Refusal::from(error) }),
        }
    })
    .await
}

/// Runs a job. A panic counts as a refusal, so that the name is free again.
async fn catch_panics(name: Arc<str>, job: impl Future<Output = LoadOutcome>) -> JobDone {
    let outcome = AssertUnwindSafe(job).catch_unwind().await.unwrap_or_else(|_| {
        let reason = "the host panicked while it loaded this plugin; please report its log".to_owned();
        LoadOutcome::Refused(Refusal { may_pass: true, ..Refusal::permanent(reason) })
    });
    JobDone { name, outcome }
}

impl Refusal {
    /// A reason that holds as long as the bytes are the same.
    pub(super) fn permanent(reason: String) -> Self {
        Self { reason, digest: None, may_pass: false }
    }
}

impl From<PluginError> for Refusal {
    fn from(error: PluginError) -> Self {
        Self { may_pass: error.is_transient(), ..Self::permanent(error.to_string()) }
    }
}
