//! One load of one file, aside from everything else: read, hash, compile, describe, validate; or `start`.

use std::{panic::AssertUnwindSafe, path::PathBuf, sync::Arc};

use anyhow::anyhow;
use futures::FutureExt as _;

use super::folder::{self, Content, Stamp};
use crate::{
    approval::{Approval, Approvals},
    capability::Services,
    config::PluginConfig,
    plugin::{ComponentSource, Engine, Plugin, PluginCandidate, PluginError},
};

/// What a load needs.
pub(super) struct Job {
    pub(super) name: Arc<str>,
    pub(super) source: Source,
    /// Bytes that need no load: those that are served, or wait.
    pub(super) known: Vec<blake3::Hash>,
    /// Whether what an earlier run found good need not be loaded now: at start. Later, who drops a file wants to know
    /// whether it works before it replaces what does.
    pub(super) may_recall: bool,
    pub(super) engine: Engine,
    pub(super) config: Arc<PluginConfig>,
    pub(super) services: Arc<Services>,
}

/// Where the bytes come from.
pub(super) enum Source {
    /// From the folder; and as the file was when it was listed.
    File(PathBuf, Stamp),
    /// From the approved ones, since those of the file wait.
    Approved(Approvals, Approval),
}

/// A job's end.
pub(super) struct Done {
    pub(super) name: Arc<str>,
    pub(super) end: End,
}

pub(super) enum End {
    /// The bytes are known.
    Same(Stamp, blake3::Hash),
    Loaded(Arc<Plugin>, Stamp),
    /// From the approved bytes.
    Kept(Arc<Plugin>),
    Started(Arc<Plugin>),
    Refused(Refusal),
    /// It changed or vanished while it was read: look again.
    Again,
}

/// Why a file is not served.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) digest: Option<blake3::Hash>,
    pub(super) stamp: Option<Stamp>,
    /// Whether the same bytes may be good another time.
    pub(super) may_pass: bool,
}

impl Refusal {
    pub(super) fn final_(reason: String) -> Self {
        Self { reason, digest: None, stamp: None, may_pass: false }
    }
}

impl Job {
    /// Does it; a panic on the way is a refusal, so that the name is free again.
    pub(super) async fn load(self) -> Done {
        let name = self.name.clone();
        let listed = if let Source::File(_, stamp) = &self.source { Some(*stamp) } else { None };
        let end = AssertUnwindSafe(self.read_and_load()).catch_unwind().await;
        let mut end = end.unwrap_or_else(|_| panicked());
        if let End::Refused(refusal) = &mut end {
            // Or it would be looked at again at once.
            refusal.stamp = refusal.stamp.or(listed);
        }
        Done { name, end }
    }

    async fn read_and_load(self) -> End {
        let path = match &self.source {
            Source::File(path, _) => path.clone(),
            Source::Approved(approvals, approval) => {
                let (approvals, approval) = (approvals.clone(), approval.clone());
                return self.load_approved(approvals, approval).await;
            }
        };
        match self.digest(path.clone()).await {
            Some(Content::Whole(digest, stamp)) if self.known.contains(&digest) => End::Same(stamp, digest),
            Some(Content::Whole(digest, stamp)) => self.load_file(path, stamp, digest).await,
            Some(Content::Changing | Content::Gone) => End::Again,
            Some(Content::Refused(reason, stamp)) => {
                End::Refused(Refusal { may_pass: stamp.is_none(), stamp, ..Refusal::final_(reason) })
            }
            None => panicked(),
        }
    }

    /// Nothing if it panicked.
    async fn digest(&self, path: PathBuf) -> Option<Content<blake3::Hash>> {
        let _turn = self.engine.load_slot().await;
        tokio::task::spawn_blocking(move || folder::digest(&path)).await.ok()
    }

    async fn load_file(self, path: PathBuf, stamp: Stamp, digest: blake3::Hash) -> End {
        let source = ComponentSource::new(digest, move || match folder::read(&path) {
            Content::Whole(bytes, _) => Ok(bytes),
            Content::Changing => Err(anyhow!("it changed while it was read")),
            Content::Gone => Err(anyhow!("it is gone")),
            Content::Refused(reason, _) => Err(anyhow!(reason)),
        });
        match self.recalled_or_loaded(source).await {
            Ok(plugin) => End::Loaded(Arc::new(plugin), stamp),
            Err(PluginError::Changed(_)) => End::Again,
            Err(error) => End::Refused(Refusal { digest: Some(digest), stamp: Some(stamp), ..Refusal::from(error) }),
        }
    }

    async fn load_approved(self, approvals: Approvals, approval: Approval) -> End {
        let read = tokio::task::spawn_blocking(move || {
            approvals.bytes(&approval).map(|bytes| (blake3::hash(&bytes), approvals, approval))
        });
        let (digest, approvals, approval) = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return End::Refused(Refusal::final_(format!("the approved bytes: {error:#}"))),
            Err(_) => return panicked(),
        };
        let source = ComponentSource::new(digest, move || approvals.bytes(&approval));
        match self.recalled_or_loaded(source).await {
            Ok(plugin) => End::Kept(Arc::new(plugin)),
            Err(error) => End::Refused(Refusal::from(error)),
        }
    }

    async fn recalled_or_loaded(self, source: ComponentSource) -> Result<Plugin, PluginError> {
        let Self { engine, name, config, services, may_recall, .. } = self;
        let candidate = PluginCandidate { name, source, config, services };
        if may_recall && let Some(plugin) = candidate.clone().load_cached(&engine).await {
            return Ok(plugin);
        }
        candidate.load_and_cache(&engine).await
    }
}

/// Lets a plugin start.
pub(super) async fn start(plugin: Arc<Plugin>) -> Done {
    let name = plugin.name.clone();
    let started = AssertUnwindSafe(plugin.start()).catch_unwind().await;
    let end = match started {
        Ok(Ok(())) => End::Started(plugin),
        Ok(Err(error)) => End::Refused(Refusal { digest: Some(plugin.digest), ..Refusal::from(error) }),
        Err(_) => panicked(),
    };
    Done { name, end }
}

impl From<PluginError> for Refusal {
    fn from(error: PluginError) -> Self {
        Self { may_pass: error.is_transient(), ..Self::final_(error.to_string()) }
    }
}

fn panicked() -> End {
    let reason = "the host failed while it loaded this; that is a fault of the host, see its log".to_owned();
    End::Refused(Refusal { may_pass: true, ..Refusal::final_(reason) })
}
