//! A list that only grows, and whose next entries can be awaited.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::sync::watch;

use crate::WAIT_TIMEOUT;

/// Holds every entry so far, in order. No entry is ever removed, so a wait cannot miss one that came before it began.
#[derive(Debug)]
pub struct Journal<T> {
    /// Is a std mutex, because it is held for a push or a search and never across an await.
    entries: Mutex<Vec<T>>,
    length: watch::Sender<usize>,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { entries: Mutex::new(Vec::new()), length: watch::Sender::new(0) }
    }
}

impl<T: Clone> Journal<T> {
    /// Adds an entry and wakes every wait.
    pub fn push(&self, entry: T) {
        let mut entries = self.lock();
        entries.push(entry);
        self.length.send_replace(entries.len());
    }

    /// Returns the number of entries, as the mark from which to search on.
    pub fn mark(&self) -> usize {
        self.lock().len()
    }

    /// Returns a copy of all entries.
    pub fn all(&self) -> Vec<T> {
        self.lock().clone()
    }

    /// Returns what `wanted` answers for the first entry after `mark` for which it answers `Some`.
    pub fn find<U>(&self, mark: usize, wanted: impl Fn(&T) -> Option<U>) -> Option<U> {
        self.lock().iter().skip(mark).find_map(wanted)
    }

    /// Waits for the entry that [`find`](Self::find) returns. Fails if none comes within [`WAIT_TIMEOUT`].
    pub async fn wait<U>(&self, what: &str, mark: usize, wanted: impl Fn(&T) -> Option<U>) -> Result<U> {
        let mut length = self.length.subscribe();
        let found = async {
            loop {
                length.mark_unchanged();
                if let Some(found) = self.find(mark, &wanted) {
                    return found;
                }
                // The sender lives as long as `self`, so this cannot fail.
                let _ = length.changed().await;
            }
        };
        tokio::time::timeout(WAIT_TIMEOUT, found)
            .await
            .with_context(|| format!("waited {WAIT_TIMEOUT:?} in vain for {what}"))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
