//! Wakes the loader when something happens in the plugins folder, and `plugin dev` when something happens in a project.
//! The only file that names notify.
//!
//! A hint, no more: the loader looks at the folder itself, and looks again every two seconds, so that a missed event
//! heals.

use std::{
    collections::BTreeSet,
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
        let started = watcher(self.wake.clone()).and_then(|mut watcher| {
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

/// Watches several folders, each without those below it. A hint too: who waits looks by itself now and then.
pub(crate) struct Folders {
    wake: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
}

impl Folders {
    /// None yet.
    pub(crate) fn new() -> Self {
        let wake = Arc::new(Notify::new());
        Self { watcher: watcher(wake.clone()).ok(), wake, watched: BTreeSet::new() }
    }

    /// Watches these, and no others any more.
    pub(crate) fn watch(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.watched.difference(&folders) {
            let _ = watcher.unwatch(gone);
        }
        for new in folders.difference(&self.watched) {
            // Or there are too many to watch.
            let _ = watcher.watch(new, RecursiveMode::NonRecursive);
        }
        self.watched = folders;
    }

    /// Completes when something may have changed since it last completed.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }
}

fn watcher(wake: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // An error means that events were lost.
        if event.map_or(true, |event| matters(event.kind)) {
            wake.notify_one();
        }
    })
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
