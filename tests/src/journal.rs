//! A list that grows, and that can be waited on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::sync::watch;

use crate::PATIENCE;

/// Everything of one kind that has happened so far, in order. Nothing is ever taken out, so a wait cannot miss what came
/// before it began.
#[derive(Debug)]
pub struct Journal<T> {
    /// A std mutex: held to push or to look, never across an await.
    entries: Mutex<Vec<T>>,
    length: watch::Sender<usize>,
}

impl<T> Default for Journal<T> {
    fn default() -> Self {
        Self { entries: Mutex::new(Vec::new()), length: watch::Sender::new(0) }
    }
}

impl<T: Clone> Journal<T> {
    /// Adds an entry and wakes who waits.
    pub fn push(&self, entry: T) {
        let mut entries = self.lock();
        entries.push(entry);
        self.length.send_replace(entries.len());
    }

    /// Number of entries: a mark from which to look on.
    pub fn mark(&self) -> usize {
        self.lock().len()
    }

    /// All entries.
    pub fn all(&self) -> Vec<T> {
        self.lock().clone()
    }

    /// The first entry since `mark` for which `wanted` answers something.
    pub fn find<U>(&self, mark: usize, wanted: impl Fn(&T) -> Option<U>) -> Option<U> {
        self.lock().iter().skip(mark).find_map(wanted)
    }

    /// Waits until there is an entry since `mark` for which `wanted` answers something. An error if none comes.
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
        tokio::time::timeout(PATIENCE, found).await.with_context(|| format!("waited {PATIENCE:?} in vain for {what}"))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
