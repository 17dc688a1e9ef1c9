//! The store behind the interface `storage`: keys and bytes of each plugin, durable, with a quota.
//!
//! `SQLite`, because every MCP client starts a host of its own, and they share the store: the embedded stores written in
//! Rust (redb, fjall) lock their file against a second process. Its write-ahead log with `synchronous = FULL` is on disk
//! before a write is answered, and a process that is killed leaves nothing to repair.

mod database;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Mutex as Turn;

use database::Database;
pub(crate) use database::{Entry, KeyPage, StorageError, Swapped, Usage};

/// The store of all plugins. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Storage {
    // A std Mutex: locked on a blocking thread, for one transaction.
    database: Arc<Mutex<Database>>,
    turns: Arc<Mutex<Turns>>,
}

/// Each plugin's own line, by its name.
type Turns = HashMap<Arc<str>, Arc<Turn<()>>>;

/// One plugin's part of it.
pub(crate) struct PluginStorage {
    storage: Storage,
    plugin: Arc<str>,
    quota: u64,
}

impl Storage {
    /// Opens the store, and makes it if there is none.
    ///
    /// # Errors
    /// What keeps it from being used, for the operator.
    pub(crate) fn open(file: &Path) -> Result<Self, StorageError> {
        let database = Arc::new(Mutex::new(Database::open(file)?));
        Ok(Self { database, turns: Arc::default() })
    }

    /// The part of the plugin with this name, of `quota` bytes at most.
    pub(crate) fn of(&self, plugin: Arc<str>, quota: u64) -> PluginStorage {
        PluginStorage { storage: self.clone(), plugin, quota }
    }

    /// Each plugin waits in a line of its own, so that one that floods the disk holds up its neighbours by one write.
    fn turn(&self, plugin: &Arc<str>) -> Arc<Turn<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(plugin.clone()).or_default().clone()
    }
}

impl PluginStorage {
    pub(crate) async fn get(&self, key: String) -> Result<Option<Entry>, StorageError> {
        self.run(move |database, plugin, _| database.get(plugin, &key)).await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<u64, StorageError> {
        self.run(move |database, plugin, quota| database.set(plugin, &key, &value, quota)).await
    }

    pub(crate) async fn delete(&self, key: String) -> Result<bool, StorageError> {
        self.run(move |database, plugin, _| database.delete(plugin, &key)).await
    }

    pub(crate) async fn compare_and_swap(
        &self,
        key: String,
        version: Option<u64>,
        value: Option<Vec<u8>>,
    ) -> Result<Swapped, StorageError> {
        self.run(move |database, plugin, quota| {
            database.compare_and_swap(plugin, &key, version, value.as_deref(), quota)
        })
        .await
    }

    pub(crate) async fn keys(&self, prefix: String, after: Option<String>) -> Result<KeyPage, StorageError> {
        self.run(move |database, plugin, _| database.keys(plugin, &prefix, after.as_deref())).await
    }

    pub(crate) async fn usage(&self) -> Result<Usage, StorageError> {
        self.run(|database, plugin, quota| database.usage(plugin, quota)).await
    }

    /// Does one thing on a thread that may wait for the disk. A caller that gives up does not undo it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database, &str, u64) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let turn = self.storage.turn(&self.plugin).lock_owned().await;
        let (database, plugin, quota) = (self.storage.database.clone(), self.plugin.clone(), self.quota);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut database = database.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut database, &plugin, quota)
        });
        done.await.unwrap_or_else(|error| Err(StorageError::Unavailable(error.to_string())))
    }
}
