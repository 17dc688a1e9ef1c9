//! Reads the mirror, waits for its states, and asks it for a reload.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot, watch};

use super::snapshot::Snapshot;
use crate::error::Error;

/// Reads the newest snapshot and its revision. Cheap to clone.
#[derive(Clone)]
pub(crate) struct MirrorReader {
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) revision: watch::Receiver<u64>,
    pub(super) refresh_requests: mpsc::Sender<RefreshRequest>,
}

/// A reader's request to reload all resources, answered when that is done.
pub(super) type RefreshRequest = oneshot::Sender<Result<(), Error>>;

impl MirrorReader {
    /// Returns the snapshot that was published last.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Watches the revision of the snapshot that was published last.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.clone()
    }

    /// Reloads all resources, and returns when that is done.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        let (request, answer) = oneshot::channel();
        self.refresh_requests.send(request).await.map_err(|_| closed_error())?;
        answer.await.unwrap_or_else(|_| Err(closed_error()))
    }

    /// Waits until `find` returns a value. Level-triggered: looks at the present snapshot before it waits.
    pub(crate) async fn wait_for<T>(&self, mut find: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let mut revision = self.revision();
        loop {
            revision.mark_unchanged();
            if let Some(found) = find(&self.snapshot()) {
                return found;
            }
            if revision.changed().await.is_err() {
                // The writer is gone, so nothing will change any more. The caller's own deadline ends this wait.
                std::future::pending::<()>().await;
            }
        }
    }
}

pub(super) fn closed_error() -> Error {
    Error::Unavailable { reason: "the connection was closed".to_owned(), retry_after: None }
}
