//! Reads the plugins folder: lists the files that are plugins by name, and reads one of them safely.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, Read as _, Take},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::config::is_plugin_name;

/// The largest file that is read, in bytes. A Python plugin has 18 MB.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// A file that changed less than this ago is probably still being written.
pub(super) const SETTLE_DELAY: Duration = Duration::from_millis(50);

/// File metadata that differs between two contents of a file, compared instead of reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    length: u64,
    modified: Option<SystemTime>,
    identity: (u64, u64, i64, i64),
}

/// A file that ends in `.wasm`.
#[derive(Debug)]
pub(crate) struct ListedFile {
    pub(crate) path: PathBuf,
    /// The stamp, or why the file is not read.
    pub(crate) stamp: Result<FileStamp, FileError>,
}

/// Why a file of the plugins folder is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("a plugin's file name is [a-z0-9][a-z0-9-]{{0,31}} before .wasm: rename the file")]
    BadName,
    /// Some file systems distinguish `a.wasm` from `a.WASM`.
    #[error("two files have this name but for the case of .wasm: remove one")]
    Duplicate,
    #[error("it is a link that leaves the plugins folder: put the file itself there")]
    LeavesFolder,
    #[error("it is not a file")]
    NotAFile,
    #[error("it has {0} bytes; at most {MAX_FILE_BYTES} are read")]
    TooLarge(u64),
    #[error("it changed while it was read")]
    Changing,
    #[error("it is gone")]
    Gone,
    #[error("it cannot be read: {0}")]
    Io(io::Error),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Io(error) }
    }
}

/// Lists all files of the folder that end in `.wasm`. They are keyed by their names without it.
pub(crate) fn list_files(dir: &Path) -> io::Result<BTreeMap<Arc<str>, ListedFile>> {
    let home = dir.canonicalize()?;
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&home)? {
        let path = entry?.path();
        let is_plugin = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
        let Some(stem) = path.file_stem().filter(|_| is_plugin) else { continue };
        let name: Arc<str> = stem.to_string_lossy().as_ref().into();
        let stamp = match inspect(&home, &path, &name) {
            Err(FileError::Gone) => continue,
            _ if found.contains_key(&name) => Err(FileError::Duplicate),
            stamp => stamp,
        };
        found.insert(name, ListedFile { path, stamp });
    }
    Ok(found)
}

fn inspect(home: &Path, path: &Path, name: &str) -> Result<FileStamp, FileError> {
    if !is_plugin_name(name) {
        return Err(FileError::BadName);
    }
    if !path.canonicalize()?.starts_with(home) {
        return Err(FileError::LeavesFolder);
    }
    let metadata = path.metadata()?;
    if metadata.is_file() { Ok(FileStamp::new(&metadata)) } else { Err(FileError::NotAFile) }
}

/// Reads a file once, and notices if it changes meanwhile.
pub(crate) fn read_file(path: &Path) -> Result<Arc<[u8]>, FileError> {
    read_stable(path, |file, length| {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        let read = bytes.len() as u64;
        Ok((bytes.into(), read))
    })
}

/// Hashes a file without keeping its bytes in memory.
pub(crate) fn hash_file(path: &Path) -> Result<blake3::Hash, FileError> {
    read_stable(path, |file, _| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        Ok((hasher.finalize(), hasher.count()))
    })
}

/// Passes a file to `consume`, which returns its result and how many bytes it read.
fn read_stable<T>(
    path: &Path,
    consume: impl FnOnce(&mut Take<&mut File>, u64) -> io::Result<(T, u64)>,
) -> Result<T, FileError> {
    let mut file = File::open(path)?;
    let before = FileStamp::new(&file.metadata()?);
    if before.length > MAX_FILE_BYTES {
        return Err(FileError::TooLarge(before.length));
    }
    let (consumed, length) = consume(&mut (&mut file).take(MAX_FILE_BYTES + 1), before.length)?;
    // The name may belong to another file by now; that one is seen by the next scan.
    if FileStamp::new(&file.metadata()?) == before && length == before.length {
        Ok(consumed)
    } else {
        Err(FileError::Changing)
    }
}

impl FileStamp {
    fn new(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }

    #[cfg(test)]
    pub(super) fn for_test(length: u64, modified: SystemTime) -> Self {
        Self { length, modified: Some(modified), identity: (0, 0, 0, 0) }
    }

    /// Whether the file was written a moment ago. A time in the future does not count.
    pub(super) fn is_hot(&self) -> bool {
        self.modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age < SETTLE_DELAY)
    }
}

/// Returns the device, the inode, and the time at which the metadata was changed last, in seconds and nanoseconds.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(dir: &Path, name: &str) -> String {
        list_files(dir).unwrap()[name].stamp.as_ref().unwrap_err().to_string()
    }

    #[test]
    fn only_wasm_files_are_plugins() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.wasm"), "x").unwrap();
        fs::write(dir.path().join("a.wasm.tmp"), "x").unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let names: Vec<_> = list_files(dir.path()).unwrap().into_keys().collect();
        assert_eq!(names, ["a".into()]);
    }

    #[test]
    fn a_name_that_could_be_mistaken_for_another_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Lights.wasm"), "x").unwrap();
        assert!(reason(dir.path(), "Lights").contains("rename the file"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leaves_the_folder_is_refused() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("x.wasm"), "x").unwrap();
        std::os::unix::fs::symlink(other.path().join("x.wasm"), dir.path().join("x.wasm")).unwrap();
        assert!(reason(dir.path(), "x").contains("link"));
    }

    #[test]
    fn a_folder_named_like_a_plugin_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("x.wasm")).unwrap();
        assert!(reason(dir.path(), "x").contains("not a file"));
    }
}
