//! The plugin's own key-value store, which outlives calls, reloads and restarts.
//!
//! A value is anything that serde writes as JSON. Calls of one plugin run concurrently, so a read-modify-write goes
//! through [`update`].

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ToolError;
use crate::backend::storage as host;
pub use crate::bindings::lamplighter::plugin::storage::{Entry, KeyPage, Quota, StorageError, Swapped};

/// The number of times that [`update`] tries before it gives up because other calls were faster.
const MAX_UPDATE_ATTEMPTS: usize = 100;

/// Reads a value; `None` means that the key has none.
///
/// ```
/// use lamplighter_plugin::{prelude::*, storage};
///
/// # lamplighter_plugin::testing::FakeHost::new().install();
/// fn count() -> Result<u64, ToolError> {
///     storage::update("calls", |calls: Option<u64>| calls.unwrap_or(0) + 1)
/// }
/// ```
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, ToolError> {
    host::get(key)?.map(|entry| read(key, &entry)).transpose()
}

/// Writes a value in place of any other.
pub fn set<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<(), ToolError> {
    host::set(key, &written(value)?)?;
    Ok(())
}

/// Deletes a key and returns whether it had a value.
pub fn delete(key: &str) -> Result<bool, ToolError> {
    Ok(host::delete(key)?)
}

/// Reads a value, changes it and writes it back, with no other write in between (optimistic compare-and-swap). Returns the
/// new value.
pub fn update<T: Serialize + DeserializeOwned>(key: &str, change: impl Fn(Option<T>) -> T) -> Result<T, ToolError> {
    let mut there = host::get(key)?;
    for _ in 0..MAX_UPDATE_ATTEMPTS {
        let value = change(there.as_ref().map(|entry| read(key, entry)).transpose()?);
        let version = there.as_ref().map(|entry| entry.version);
        match host::compare_and_swap(key, version, Some(&written(&value)?))? {
            Swapped::Done(_) => return Ok(value),
            Swapped::Conflict(now) => there = now,
        }
    }
    Err(ToolError::failed(format!("`{key}` was not written: too many other calls write it at the same time.")))
}

/// Returns all keys that begin with `prefix`, in order.
pub fn keys(prefix: &str) -> Result<Vec<String>, ToolError> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = host::keys(prefix, keys.last().map(String::as_str))?;
        keys.extend(page.keys);
        if !page.more {
            return Ok(keys);
        }
    }
}

/// Returns the used part of the quota, and the quota, in bytes.
pub fn usage() -> Result<Quota, ToolError> {
    Ok(host::usage()?)
}

/// Returns the entry of a key as the contract has it: bytes with a version.
pub fn entry(key: &str) -> Result<Option<Entry>, StorageError> {
    host::get(key)
}

/// Writes bytes, or deletes the key, only if the key still has this version. No version means that it has no entry.
pub fn compare_and_swap(key: &str, version: Option<u64>, value: Option<&[u8]>) -> Result<Swapped, StorageError> {
    host::compare_and_swap(key, version, value)
}

fn read<T: DeserializeOwned>(key: &str, entry: &Entry) -> Result<T, ToolError> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| ToolError::failed(format!("The stored value of `{key}` cannot be read: {error}")))
}

fn written<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, ToolError> {
    serde_json::to_vec(value).map_err(|error| ToolError::failed(format!("The value cannot be stored: {error}")))
}

/// Converts an error of the store into the error of the call.
impl From<StorageError> for ToolError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Denied(message) => Self::Denied(message),
            StorageError::Quota(Quota { used, limit }) => {
                Self::failed(format!("This plugin's storage is full: {used} of {limit} bytes are used."))
            }
            StorageError::Invalid(message) | StorageError::Unavailable(message) | StorageError::Other(message) => {
                Self::Failed(message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHost;

    #[test]
    fn a_value_comes_back_as_it_was_written() {
        let _host = FakeHost::new().install();
        set("a", &vec![1, 2]).unwrap();
        assert_eq!(get::<Vec<u8>>("a").unwrap(), Some(vec![1, 2]));
        assert_eq!(get::<u8>("b").unwrap(), None);
        assert!(get::<String>("a").is_err());
        assert!(delete("a").unwrap() && !delete("a").unwrap());
    }

    #[test]
    fn an_update_sees_what_is_there() {
        let _host = FakeHost::new().install();
        let count = || update("n", |n: Option<u32>| n.unwrap_or(0) + 1).unwrap();
        assert_eq!((count(), count()), (1, 2));
        assert_eq!(keys("").unwrap(), ["n"]);
    }
}
