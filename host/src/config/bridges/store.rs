//! Reads and changes the file of the bridges.
//!
//! A change takes a lock, reads the file, and replaces it atomically. Two processes that pair at the same time are both
//! stored, and a reader finds either the old or the new file, whole.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{Bridges, ConfigError, LookupError};
use crate::state;

/// The file that stores the bridges.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    path: PathBuf,
}

/// Why the file was not read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The file exists and is invalid.
    #[error(transparent)]
    Content(#[from] ConfigError),
    /// There is no such bridge, or more than one.
    #[error("`{wanted}` {source}")]
    Lookup {
        /// The id or name that was looked up.
        wanted: String,
        source: LookupError,
    },
    /// The file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl Store {
    /// Uses the file at `path`. Neither it nor its folder need exist yet.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file. A missing one holds no bridges.
    pub(crate) fn read(&self) -> Result<Bridges, ConfigError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Bridges::parse(&self.path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Bridges::default()),
            Err(error) => Err(ConfigError::new(format!("{} cannot be read: {error}", self.path.display()))),
        }
    }

    /// Checks that a change will be possible, and makes the folder if need be. To be called before pairing: a key that
    /// cannot be stored is lost.
    pub(crate) fn prepare(&self) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        tempfile::NamedTempFile::new_in(self.folder()).map_err(|source| self.failed(source))?;
        self.read()?;
        Ok(())
    }

    /// Changes the file atomically and durably. Nothing is written if `change` fails or changes nothing.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Bridges) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _lock = self.lock()?;
        let old = self.read()?;
        let mut new = old.clone();
        let result = change(&mut new)?;
        if new != old {
            state::write_atomically(&self.path, new.to_text().as_bytes()).map_err(|source| self.failed(source))?;
        }
        Ok(result)
    }

    /// Locks the store until the result is dropped. The lock is a file of its own, since the bridges' file is replaced.
    fn lock(&self) -> Result<File, StoreError> {
        let lock = || -> std::io::Result<File> {
            make_private_folder(self.folder())?;
            let file = File::options().create(true).append(true).open(self.path.with_extension("lock"))?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| self.failed(source))
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    fn failed(&self, source: std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), source }
    }
}

/// Makes the folder with mode 0700 if there is none. The mode of an existing folder is left as it is.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use hue_bridge::{ApplicationKey, Identity};

    use super::*;
    use crate::config::StoredBridge;

    fn bridge(number: u8) -> StoredBridge {
        StoredBridge {
            id: format!("001788fffe0000{number:02x}"),
            name: format!("Bridge {number}"),
            host: "192.168.1.2".to_owned(),
            key: ApplicationKey::new("key"),
            identity: Identity::Signify,
        }
    }

    fn put(store: &Store, number: u8) {
        store
            .change(|bridges| {
                bridges.put(bridge(number));
                Ok(())
            })
            .expect("a folder of our own");
    }

    #[test]
    fn many_who_pair_at_the_same_time_are_all_stored() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bridges.toml");
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (path, barrier) = (path.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    put(&Store::at(path), number);
                });
            }
        });
        assert_eq!(Store::at(path).read().expect("a good file").all().count(), 8);
    }

    #[test]
    fn a_change_that_is_refused_changes_nothing_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path().join("bridges.toml"));
        put(&store, 1);
        let before = fs::read(store.path()).expect("the file");
        let result = store.change(|bridges| {
            bridges.put(bridge(2));
            bridges.forget("kitchen")
        });
        assert!(matches!(result, Err(StoreError::Lookup { .. })), "{result:?}");
        assert_eq!(fs::read(store.path()).expect("the file"), before);
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["bridges.lock", "bridges.toml"]);
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path().join("bridges.toml"));
        fs::write(store.path(), "not toml at all").expect("a file");
        assert!(matches!(store.prepare(), Err(StoreError::Content(_))));
        assert!(matches!(store.change(|_| Ok(())), Err(StoreError::Content(_))));
        assert_eq!(fs::read_to_string(store.path()).expect("the file"), "not toml at all");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone_and_so_is_a_folder_made_for_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path().join("new").join("lamplighter").join("bridges.toml"));
        put(&store, 1);
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(store.path()), mode(store.folder())), (0o600, 0o700));
        fs::set_permissions(store.path(), fs::Permissions::from_mode(0o644)).expect("our own file");
        put(&store, 2);
        assert_eq!(mode(store.path()), 0o600, "a new file closes what was open");
    }
}
