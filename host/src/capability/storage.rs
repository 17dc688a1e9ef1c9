//! `storage`: the plugin's own durable keys and values.

use super::InstanceContext;
use crate::{
    config::Interface,
    contract::{storage, types},
    storage::{self as store, PluginStorage},
};

impl storage::Host for InstanceContext {
    async fn get(&mut self, key: String) -> Result<Option<storage::Entry>, storage::StorageError> {
        Ok(self.storage()?.get(key).await?.map(Into::into))
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> Result<u64, storage::StorageError> {
        Ok(self.storage()?.set(key, value).await?)
    }

    async fn delete(&mut self, key: String) -> Result<bool, storage::StorageError> {
        Ok(self.storage()?.delete(key).await?)
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        version: Option<u64>,
        value: Option<Vec<u8>>,
    ) -> Result<storage::Swapped, storage::StorageError> {
        Ok(match self.storage()?.compare_and_swap(key, version, value).await? {
            store::Swapped::Done(version) => storage::Swapped::Done(version),
            store::Swapped::Conflict(there) => storage::Swapped::Conflict(there.map(Into::into)),
        })
    }

    async fn keys(&mut self, prefix: String, after: Option<String>) -> Result<storage::KeyPage, storage::StorageError> {
        let store::KeyPage { keys, more } = self.storage()?.keys(prefix, after).await?;
        Ok(storage::KeyPage { keys, more })
    }

    async fn usage(&mut self) -> Result<storage::Quota, storage::StorageError> {
        Ok(self.storage()?.usage().await?.into())
    }
}

impl InstanceContext {
    /// Returns this plugin's part of the store.
    ///
    /// # Errors
    /// The interface is not granted, or the store could not be opened.
    fn storage(&self) -> Result<PluginStorage, storage::StorageError> {
        self.check_grant(Interface::Storage).map_err(|error| match error {
            types::Error::Denied(text) => storage::StorageError::Denied(text),
            other => storage::StorageError::Other(format!("{other:?}")),
        })?;
        match &self.services.storage {
            Ok(storage) => Ok(storage.for_plugin(self.plugin.clone(), self.config.limits.storage_bytes)),
            Err(error) => Err(storage::StorageError::Unavailable(error.to_string())),
        }
    }
}

impl From<store::Entry> for storage::Entry {
    fn from(entry: store::Entry) -> Self {
        Self { value: entry.value, version: entry.version }
    }
}

impl From<store::Usage> for storage::Quota {
    fn from(usage: store::Usage) -> Self {
        Self { used: usage.used, limit: usage.limit }
    }
}

impl From<store::StorageError> for storage::StorageError {
    fn from(error: store::StorageError) -> Self {
        match error {
            store::StorageError::Invalid(text) => Self::Invalid(text),
            store::StorageError::Quota(usage) => Self::Quota(usage.into()),
            store::StorageError::Unavailable(_) => {
                tracing::error!(%error, "storage failed");
                Self::Unavailable(error.to_string())
            }
        }
    }
}
