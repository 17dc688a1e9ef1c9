//! Wakes the loader when something happens in the plugins folder. The only file that names notify.
//!
//! A hint, no more: the loader looks at the folder itself, and looks again every two seconds, so that a missed event
//! heals.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

/// Watches one folder, which may go away and come back.
pub(super) struct Watch {
    dir: PathBuf,
    wake: Arc<Notify>,
    watching: Option<(RecommendedWatcher, FolderId)>,
    /// The folder that could not be watched: said once, not tried again.
    failed: Option<FolderId>,
}

/// What tells a folder from another of the same name.
type FolderId = (u64, u64);

impl Watch {
    pub(super) fn new(dir: &Path) -> Self {
        let mut watch = Self { dir: dir.to_owned(), wake: Arc::new(Notify::new()), watching: None, failed: None };
        watch.renew();
        watch
    }

    /// Completes when something may have changed since it last completed.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// Watches the folder anew if it is another than the one that is watched.
    pub(super) fn renew(&mut self) {
        let present = folder_id(&self.dir);
        if self.watching.as_ref().map(|(_, id)| *id) == present {
            return;
        }
        if self.failed == present {
            return;
        }
        self.watching = present.and_then(|id| self.start().map(|watcher| (watcher, id)));
        if self.watching.is_some() {
            self.wake.notify_one();
        } else {
            self.failed = present;
        }
    }

    fn start(&self) -> Option<RecommendedWatcher> {
        let wake = self.wake.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // An error means that events were lost.
            if event.map_or(true, |event| matters(event.kind)) {
                wake.notify_one();
            }
        });
        let started = watcher.and_then(|mut watcher| {
            watcher.watch(&self.dir, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        started
            .inspect_err(|error| {
                tracing::warn!(
                    target: "lamplighter::registry",
                    %error,
                    "the plugins folder cannot be watched; it is looked at every two seconds instead"
                );
            })
            .ok()
    }
}

/// Reading a file makes events too: our own reads must not wake us.
fn matters(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

#[cfg(unix)]
fn folder_id(dir: &Path) -> Option<FolderId> {
    use std::os::unix::fs::MetadataExt as _;
    dir.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn folder_id(dir: &Path) -> Option<FolderId> {
    dir.metadata().ok().map(|_| (0, 0))
}
