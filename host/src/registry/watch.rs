//! Watches folders: wakes the loader when the plugins folder changes, and `plugin dev` when a project changes. The only
//! file that names notify.
//!
//! An event is only a hint. Its receiver looks at the folders itself, and again every two seconds, so that a missed event
//! heals.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

/// Watches folders, without their subfolders. They may go away and come back.
pub(crate) struct FolderWatcher {
    wake: Arc<Notify>,
    /// `None` if the system has no watcher for this process.
    watcher: Option<RecommendedWatcher>,
    /// The folders that are watched, or cannot be: an attempt is not repeated.
    known: BTreeMap<PathBuf, FolderId>,
}

/// Device and inode of a folder: they differ between two folders of the same name.
type FolderId = (u64, u64);

impl FolderWatcher {
    /// Makes a watcher that has no folder yet.
    pub(crate) fn new() -> Self {
        let wake = Arc::new(Notify::new());
        let on_event = wake.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // An error means that events were lost.
            if event.map_or(true, |event| may_be_change(event.kind)) {
                on_event.notify_one();
            }
        });
        Self { wake, watcher: watcher.inspect_err(log_failure).ok(), known: BTreeMap::new() }
    }

    /// Watches these folders, and no others any more. A folder that took the name of another one is watched anew.
    pub(crate) fn watch(&mut self, folders: impl IntoIterator<Item = PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        let present = folders.into_iter().filter_map(|folder| folder_id(&folder).map(|id| (folder, id)));
        let present: BTreeMap<_, _> = present.collect();
        for (gone, _) in self.known.iter().filter(|(folder, id)| present.get(*folder) != Some(*id)) {
            let _ = watcher.unwatch(gone);
        }
        for (new, _) in present.iter().filter(|(folder, id)| self.known.get(*folder) != Some(*id)) {
            let _ = watcher.watch(new, RecursiveMode::NonRecursive).inspect_err(log_failure);
            // The folder may have changed before it was watched.
            self.wake.notify_one();
        }
        self.known = present;
    }

    /// Completes when a folder may have changed since the last completion.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }
}

fn log_failure(error: &notify::Error) {
    tracing::warn!(target: "lamplighter::registry", %error, "cannot watch a folder; it is scanned every two seconds instead");
}

/// Returns whether an event may mean a change. Reading a file makes events too, and the reads of the loader must not wake
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
