//! `storage`: the plugin's own durable keys and values.

use super::Reach;
use crate::{
    config::Interface,
    plugin::wit::{storage, types},
    storage::{self as store, PluginStorage},
};

impl storage::Host for Reach {
    async fn get(&mut self, key: String) -> Result<Option<storage::Entry>, storage::StorageError> {
        Ok(self.storage()?.get(key).await.map_err(error)?.map(entry))
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> Result<u64, storage::StorageError> {
        self.storage()?.set(key, value).await.map_err(error)
    }

    async fn delete(&mut self, key: String) -> Result<bool, storage::StorageError> {
        self.storage()?.delete(key).await.map_err(error)
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        version: Option<u64>,
        value: Option<Vec<u8>>,
    ) -> Result<storage::Swapped, storage::StorageError> {
        let swapped = self.storage()?.compare_and_swap(key, version, value).await.map_err(error)?;
        Ok(match swapped {
            store::Swapped::Done(version) => storage::Swapped::Done(version),
            store::Swapped::Conflict(there) => storage::Swapped::Conflict(there.map(entry)),
        })
    }

    async fn keys(&mut self, prefix: String, after: Option<String>) -> Result<storage::KeyPage, storage::StorageError> {
        let store::KeyPage { keys, more } = self.storage()?.keys(prefix, after).await.map_err(error)?;
        Ok(storage::KeyPage { keys, more })
    }

    async fn usage(&mut self) -> Result<storage::Quota, storage::StorageError> {
        self.storage()?.usage().await.map(quota).map_err(error)
    }
}

impl Reach {
    /// This plugin's part of the store, if it may have one and there is one.
    fn storage(&self) -> Result<PluginStorage, storage::StorageError> {
        self.allow(Interface::Storage).map_err(|error| match error {
            types::Error::Denied(text) => storage::StorageError::Denied(text),
            other => storage::StorageError::Other(format!("{other:?}")),
        })?;
        match &self.services.storage {
            Ok(storage) => Ok(storage.of(self.plugin.clone(), self.config.limits.storage_bytes)),
            Err(reason) => Err(storage::StorageError::Unavailable(reason.clone())),
        }
    }
}

fn entry(entry: store::Entry) -> storage::Entry {
    storage::Entry { value: entry.value, version: entry.version }
}

fn quota(usage: store::Usage) -> storage::Quota {
    storage::Quota { used: usage.used, limit: usage.limit }
}

fn error(error: store::StorageError) -> storage::StorageError {
    match error {
        store::StorageError::Invalid(text) => storage::StorageError::Invalid(text),
        store::StorageError::Quota(usage) => storage::StorageError::Quota(quota(usage)),
        store::StorageError::Unavailable(_) => {
            tracing::error!(%error, "storage failed");
            storage::StorageError::Unavailable(error.to_string())
        }
    }
}
