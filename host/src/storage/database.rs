//! The `SQLite` file of the store. Every function here waits for the disk, and for other hosts of the same user.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 256;
/// The number of keys in one page.
const KEYS_PER_PAGE: usize = 1_000;
/// The bytes that an entry counts beside its key and value.
const ENTRY_OVERHEAD: u64 = 64;
/// The longest wait for another host that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Marks the file as this program's ("LAMP").
const APPLICATION_ID: i32 = 0x4c41_4d50;
const SCHEMA_VERSION: i32 = 1;

/// Versions come from one counter per plugin: a key that is deleted and written again does not repeat a version.
const CREATE_TABLES: &str = "
    CREATE TABLE plugin (
        name TEXT PRIMARY KEY,
        used INTEGER NOT NULL DEFAULT 0,
        version INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE entry (
        plugin TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        version INTEGER NOT NULL,
        PRIMARY KEY (plugin, key)
    ) WITHOUT ROWID;
";

/// The database that holds the entries of all plugins.
pub(super) struct Database(Connection);

/// A value that is stored, with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: Vec<u8>,
    pub(crate) version: u64,
}

/// Tells how a compare-and-swap ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Swapped {
    /// The swap was done. Holds the new version, or none if the entry was deleted.
    Done(Option<u64>),
    /// Another version is stored than was expected. Holds the stored entry.
    Conflict(Option<Entry>),
}

/// Holds one page of a plugin's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPage {
    pub(crate) keys: Vec<String>,
    /// Whether further keys follow.
    pub(crate) more: bool,
}

/// How many bytes a plugin has stored, and how many it may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) used: u64,
    pub(crate) limit: u64,
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StorageError {
    /// The plugin's arguments are invalid.
    #[error("{0}")]
    Invalid(String),
    /// The plugin's quota does not hold the value.
    #[error("its storage is full: {} of {} bytes are used", .0.used, .0.limit)]
    Quota(Usage),
    /// The file cannot be used.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Database {
    pub(super) fn open(file: &Path) -> Result<Self, StorageError> {
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode, only FULL syncs before a transaction returns.
        connection.pragma_update(None, "synchronous", "FULL")?;
        prepare_file(&mut connection)?;
        Ok(Self(connection))
    }

    pub(super) fn get(&self, plugin: &str, key: &str) -> Result<Option<Entry>, StorageError> {
        check_key(key)?;
        entry(&self.0, plugin, key)
    }

    pub(super) fn set(&mut self, plugin: &str, key: &str, value: &[u8], quota: u64) -> Result<u64, StorageError> {
        check_key(key)?;
        self.write(plugin, |write| {
            let old = write.entry(key)?;
            write.put(key, value, old.as_ref(), quota)
        })
    }

    pub(super) fn delete(&mut self, plugin: &str, key: &str) -> Result<bool, StorageError> {
        check_key(key)?;
        self.write(plugin, |write| {
            let old = write.entry(key)?;
            old.as_ref().map_or(Ok(false), |old| write.remove(key, old).map(|()| true))
        })
    }

    pub(super) fn compare_and_swap(
        &mut self,
        plugin: &str,
        key: &str,
        version: Option<u64>,
        value: Option<&[u8]>,
        quota: u64,
    ) -> Result<Swapped, StorageError> {
        check_key(key)?;
        self.write(plugin, |write| {
            let old = write.entry(key)?;
            if old.as_ref().map(|old| old.version) != version {
                return Ok(Swapped::Conflict(old));
            }
            match (value, &old) {
                (Some(value), old) => write.put(key, value, old.as_ref(), quota).map(|new| Swapped::Done(Some(new))),
                (None, Some(old)) => write.remove(key, old).map(|()| Swapped::Done(None)),
                (None, None) => Ok(Swapped::Done(None)),
            }
        })
    }

    pub(super) fn keys(&self, plugin: &str, prefix: &str, after: Option<&str>) -> Result<KeyPage, StorageError> {
        let after = after.unwrap_or_default();
        let mut query = self.0.prepare_cached(
            "SELECT CAST(key AS TEXT) FROM entry
             WHERE plugin = ?1 AND key >= ?2 AND key > ?3 AND substr(key, 1, ?4) = ?2
             ORDER BY key LIMIT ?5",
        )?;
        let parameters = params![plugin, prefix.as_bytes(), after.as_bytes(), prefix.len(), KEYS_PER_PAGE + 1];
        let mut keys =
            query.query_map(parameters, |row| row.get(0))?.collect::<Result<Vec<String>, rusqlite::Error>>()?;
        let more = keys.len() > KEYS_PER_PAGE;
        keys.truncate(KEYS_PER_PAGE);
        Ok(KeyPage { keys, more })
    }

    pub(super) fn usage(&self, plugin: &str, limit: u64) -> Result<Usage, StorageError> {
        Ok(Usage { used: used(&self.0, plugin)?, limit })
    }

    /// Runs `work` in one transaction, which is rolled back if it fails.
    fn write<T>(
        &mut self,
        plugin: &str,
        work: impl FnOnce(&Write<'_>) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let write = Write { transaction, plugin };
        let done = work(&write)?;
        write.transaction.commit()?;
        Ok(done)
    }
}

/// A transaction that changes the entries of one plugin.
struct Write<'a> {
    transaction: Transaction<'a>,
    plugin: &'a str,
}

impl Write<'_> {
    fn entry(&self, key: &str) -> Result<Option<Entry>, StorageError> {
        entry(&self.transaction, self.plugin, key)
    }

    fn put(&self, key: &str, value: &[u8], old: Option<&Entry>, limit: u64) -> Result<u64, StorageError> {
        let before = used(&self.transaction, self.plugin)?;
        let freed = old.map_or(0, |old| entry_bytes(key, &old.value));
        let after = before.saturating_sub(freed) + entry_bytes(key, value);
        // A value that frees space is accepted, even where the quota was lowered meanwhile.
        if after > limit && after > before {
            return Err(StorageError::Quota(Usage { used: before, limit }));
        }
        let version = self.record_usage(after)?;
        self.transaction
            .prepare_cached("INSERT OR REPLACE INTO entry (plugin, key, value, version) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.plugin, key.as_bytes(), value, version])?;
        Ok(version)
    }

    fn remove(&self, key: &str, old: &Entry) -> Result<(), StorageError> {
        let before = used(&self.transaction, self.plugin)?;
        self.record_usage(before.saturating_sub(entry_bytes(key, &old.value)))?;
        self.transaction
            .prepare_cached("DELETE FROM entry WHERE plugin = ?1 AND key = ?2")?
            .execute(params![self.plugin, key.as_bytes()])?;
        Ok(())
    }

    /// Records the bytes that the plugin uses now, and returns the version of this write.
    fn record_usage(&self, used: u64) -> Result<u64, StorageError> {
        let sql = "INSERT INTO plugin (name, used, version) VALUES (?1, ?2, 1)
                   ON CONFLICT (name) DO UPDATE SET used = ?2, version = version + 1
                   RETURNING version";
        Ok(self.transaction.prepare_cached(sql)?.query_row(params![self.plugin, used], |row| row.get(0))?)
    }
}

/// Makes the tables in a new file. Refuses a file of another program, or of a newer version of this one.
fn prepare_file(connection: &mut Connection) -> Result<(), StorageError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let application: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, version) {
        (APPLICATION_ID, SCHEMA_VERSION) => return Ok(()),
        (APPLICATION_ID, newer) if newer > SCHEMA_VERSION => {
            return Err(StorageError::Unavailable("it was written by a newer Lamplighter".to_owned()));
        }
        (0, 0) => {}
        _ => return Err(StorageError::Unavailable("its file belongs to another program".to_owned())),
    }
    transaction.execute_batch(CREATE_TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(transaction.commit()?)
}

fn entry(connection: &Connection, plugin: &str, key: &str) -> Result<Option<Entry>, StorageError> {
    let mut query = connection.prepare_cached("SELECT value, version FROM entry WHERE plugin = ?1 AND key = ?2")?;
    let found =
        query.query_row(params![plugin, key.as_bytes()], |row| Ok(Entry { value: row.get(0)?, version: row.get(1)? }));
    Ok(found.optional()?)
}

fn used(connection: &Connection, plugin: &str) -> Result<u64, StorageError> {
    let mut query = connection.prepare_cached("SELECT used FROM plugin WHERE name = ?1")?;
    Ok(query.query_row(params![plugin], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn entry_bytes(key: &str, value: &[u8]) -> u64 {
    key.len() as u64 + value.len() as u64 + ENTRY_OVERHEAD
}

fn check_key(key: &str) -> Result<(), StorageError> {
    if (1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Ok(());
    }
    Err(StorageError::Invalid(format!("a key has 1 to {MAX_KEY_BYTES} bytes; this one has {}", key.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_QUOTA: u64 = 1_000;

    fn database() -> (tempfile::TempDir, Database) {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("storage.sqlite")).unwrap();
        (dir, database)
    }

    #[test]
    fn what_was_written_is_there_after_a_reopening_and_only_for_its_plugin() {
        let (dir, mut database) = database();
        let version = database.set("a", "k", b"v", TEST_QUOTA).unwrap();
        drop(database);
        let database = Database::open(&dir.path().join("storage.sqlite")).unwrap();
        assert_eq!(database.get("a", "k").unwrap(), Some(Entry { value: b"v".to_vec(), version }));
        assert_eq!(database.get("b", "k").unwrap(), None);
    }

    #[test]
    fn a_swap_that_expects_something_else_changes_nothing_and_shows_what_is_there() {
        let (_dir, mut database) = database();
        assert_eq!(database.compare_and_swap("a", "k", None, Some(b"1"), TEST_QUOTA), Ok(Swapped::Done(Some(1))));
        let there = Entry { value: b"1".to_vec(), version: 1 };
        assert_eq!(
            database.compare_and_swap("a", "k", None, Some(b"2"), TEST_QUOTA),
            Ok(Swapped::Conflict(Some(there.clone())))
        );
        assert_eq!(database.compare_and_swap("a", "k", Some(7), None, TEST_QUOTA), Ok(Swapped::Conflict(Some(there))));
        assert_eq!(database.compare_and_swap("a", "k", Some(1), None, TEST_QUOTA), Ok(Swapped::Done(None)));
        assert_eq!(database.get("a", "k"), Ok(None));
    }

    #[test]
    fn a_key_that_was_deleted_and_written_anew_has_a_version_it_never_had() {
        let (_dir, mut database) = database();
        let first = database.set("a", "k", b"1", TEST_QUOTA).unwrap();
        database.delete("a", "k").unwrap();
        assert!(database.set("a", "k", b"1", TEST_QUOTA).unwrap() > first);
    }

    #[test]
    fn the_quota_counts_keys_values_and_entries_and_is_given_back() {
        let (_dir, mut database) = database();
        database.set("a", "k", &[0; 900], TEST_QUOTA).unwrap();
        let used = Usage { used: 965, limit: TEST_QUOTA };
        assert_eq!(database.usage("a", TEST_QUOTA), Ok(used));
        assert_eq!(database.set("a", "l", b"", TEST_QUOTA), Err(StorageError::Quota(used)));
        assert_eq!(database.set("b", "l", b"", TEST_QUOTA), Ok(1), "a neighbour has room of its own");
        // Smaller is let through even where the quota was lowered.
        database.set("a", "k", &[0; 800], 10).unwrap();
        assert!(database.delete("a", "k").unwrap());
        assert_eq!(database.usage("a", TEST_QUOTA).unwrap().used, 0);
    }

    #[test]
    fn keys_come_in_order_by_prefix_in_pages() {
        let (_dir, mut database) = database();
        for index in 0..1_005 {
            database.set("a", &format!("n/{index:04}"), b"", u64::MAX >> 1).unwrap();
        }
        database.set("a", "o", b"", u64::MAX >> 1).unwrap();
        let page = database.keys("a", "n/", None).unwrap();
        assert_eq!((page.keys.len(), page.keys[0].as_str(), page.more), (1_000, "n/0000", true));
        let page = database.keys("a", "n/", page.keys.last().map(String::as_str)).unwrap();
        assert_eq!((page.keys.len(), page.more), (5, false));
        assert_eq!(database.keys("a", "", Some("n/9")).unwrap().keys, ["o"]);
    }

    #[test]
    fn two_hosts_share_the_store() {
        let (dir, mut one) = database();
        let mut other = Database::open(&dir.path().join("storage.sqlite")).unwrap();
        let version = one.set("a", "k", b"1", TEST_QUOTA).unwrap();
        assert_eq!(
            other.compare_and_swap("a", "k", Some(version), Some(b"2"), TEST_QUOTA),
            Ok(Swapped::Done(Some(version + 1)))
        );
        assert_eq!(one.get("a", "k").unwrap().unwrap().value, b"2");
    }

    #[test]
    fn a_file_of_another_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("storage.sqlite");
        Connection::open(&file).unwrap().pragma_update(None, "application_id", 7).unwrap();
        assert!(matches!(Database::open(&file), Err(StorageError::Unavailable(_))));
    }

    #[test]
    fn a_key_is_short_and_not_empty() {
        let (_dir, mut database) = database();
        for key in ["", &"k".repeat(257)] {
            assert!(matches!(database.set("a", key, b"", TEST_QUOTA), Err(StorageError::Invalid(_))));
        }
    }
}
