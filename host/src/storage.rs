//! The durable key-value store behind the interface `storage`: each plugin has keys of its own, and a quota.
//!
//! The store is `SQLite`, because every MCP client starts a host of its own and all hosts share the store. The embedded
//! stores written in Rust (redb, fjall) lock their file against a second process. With a write-ahead log and
//! `synchronous = FULL`, a write is on disk before it is answered, and a killed process leaves nothing to repair.

mod database;

use std::{collections::HashMap, path::Path, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use database::Database;
pub(crate) use database::{Entry, KeyPage, StorageError, Swapped, Usage};

/// The store of all plugins. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Storage {
    /// Locked on a blocking thread, for one transaction.
    database: Arc<Mutex<Database>>,
    queues: Arc<Mutex<Queues>>,
}

/// Holds the queue of operations of each plugin, keyed by the plugin's name.
type Queues = HashMap<Arc<str>, Arc<AsyncMutex<()>>>;

/// The part of the store that belongs to one plugin.
pub(crate) struct PluginStorage {
    storage: Storage,
    plugin: Arc<str>,
    quota: u64,
}

impl Storage {
    /// Opens the store, and makes it if there is none.
    ///
    /// # Errors
    /// The file cannot be used.
    pub(crate) fn open(file: &Path) -> Result<Self, StorageError> {
        let database = Arc::new(Mutex::new(Database::open(file)?));
        Ok(Self { database, queues: Arc::default() })
    }

    /// Returns the part that belongs to this plugin, and may hold `quota` bytes.
    pub(crate) fn for_plugin(&self, plugin: Arc<str>, quota: u64) -> PluginStorage {
        PluginStorage { storage: self.clone(), plugin, quota }
    }

    /// Returns the queue of a plugin. A plugin that floods the disk delays others by one write, since it waits in its own
    /// queue.
    fn queue(&self, plugin: &Arc<str>) -> Arc<AsyncMutex<()>> {
        self.queues.lock().entry(plugin.clone()).or_default().clone()
    }
}

impl PluginStorage {
    pub(crate) async fn get(&self, key: String) -> Result<Option<Entry>, StorageError> {
        self.run_blocking(move |database, plugin, _| database.get(plugin, &key)).await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<u64, StorageError> {
        self.run_blocking(move |database, plugin, quota| database.set(plugin, &key, &value, quota)).await
    }

    pub(crate) async fn delete(&self, key: String) -> Result<bool, StorageError> {
        self.run_blocking(move |database, plugin, _| database.delete(plugin, &key)).await
    }

    pub(crate) async fn compare_and_swap(
        &self,
        key: String,
        version: Option<u64>,
        value: Option<Vec<u8>>,
    ) -> Result<Swapped, StorageError> {
        self.run_blocking(move |database, plugin, quota| {
            database.compare_and_swap(plugin, &key, version, value.as_deref(), quota)
        })
        .await
    }

    pub(crate) async fn keys(&self, prefix: String, after: Option<String>) -> Result<KeyPage, StorageError> {
        self.run_blocking(move |database, plugin, _| database.keys(plugin, &prefix, after.as_deref())).await
    }

    pub(crate) async fn usage(&self) -> Result<Usage, StorageError> {
        self.run_blocking(|database, plugin, quota| database.usage(plugin, quota)).await
    }

    /// Runs one operation on a thread that may wait for the disk. A caller that gives up does not undo it.
    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database, &str, u64) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let turn = self.storage.queue(&self.plugin).lock_owned().await;
        let (database, plugin, quota) = (self.storage.database.clone(), self.plugin.clone(), self.quota);
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&mut database.lock(), &plugin, quota)
        });
        done.await.unwrap_or_else(|error| Err(StorageError::Unavailable(error.to_string())))
    }
}
