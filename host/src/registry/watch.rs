//! Watches folders: wakes the loader when the plugins folder changes, and `plugin dev` when a project changes. The only
//! file that names notify.
//!
//! An event is only a hint. The loader scans the folder itself, and again every two seconds, so that a missed event
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
pub(super) struct FolderWatcher {
    dir: PathBuf,
    wake: Arc<Notify>,
    watching: Option<(RecommendedWatcher, FolderId)>,
    /// The folder that could not be watched: logged once, not tried again.
    failed: Option<FolderId>,
}

/// Device and inode of a folder: they differ between two folders of the same name.
type FolderId = (u64, u64);

impl FolderWatcher {
    pub(super) fn new(dir: &Path) -> Self {
        let mut watch = Self { dir: dir.to_owned(), wake: Arc::new(Notify::new()), watching: None, failed: None };
        watch.renew();
        watch
    }

    /// Completes when a folder may have changed since the last completion.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// Watches the folder again if another one has taken its name.
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
                    "cannot watch the plugins folder; it is scanned every two seconds instead"
                );
            })
            .ok()
    }
}

/// Watches several folders, without their subfolders. An event is only a hint here too.
pub(crate) struct FoldersWatcher {
    wake: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
}

impl FoldersWatcher {
    /// Watches no folder yet.
    pub(crate) fn new() -> Self {
        let wake = Arc::new(Notify::new());
        Self { watcher: watcher(wake.clone()).ok(), wake, watched: BTreeSet::new() }
    }

    /// Watches these folders, and no others any more.
    pub(crate) fn watch(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.watched.difference(&folders) {
            let _ = watcher.unwatch(gone);
        }
        for new in folders.difference(&self.watched) {
            // Fails if there are too many to watch; the rescans are enough then.
            let _ = watcher.watch(new, RecursiveMode::NonRecursive);
        }
        self.watched = folders;
    }

    /// Completes when a folder may have changed since the last completion.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }
}

fn watcher(wake: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // An error means that events were lost.
        if event.map_or(true, |event| may_be_change(event.kind)) {
            wake.notify_one();
        }
    })
}

/// Returns whether an event may mean a change. Reading a file makes events too, and the loader's own reads must not wake
/// it.
fn may_be_change(kind: EventKind) -> bool {
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
