//! A private folder of files that can be made again, evicted by the time of their last use.
//!
//! A file is `<key>-<digest of its contents>.<extension>`. Its digest is checked through the very file that is opened,
//! and a file is only ever replaced by a rename. So a file may be mapped into memory and run.

use std::{
    fs::{self, File, FileTimes},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tempfile::NamedTempFile;

use crate::state;

/// An unfinished file of this age is removed: its writer was killed.
const MAX_UNFINISHED_AGE: Duration = Duration::from_hours(1);

/// A folder that only this user can read and only the host writes.
pub(super) struct DiskCache {
    folder: PathBuf,
    options: CacheOptions,
}

/// Configures one cache.
#[derive(Clone, Copy)]
pub(super) struct CacheOptions {
    /// Is the extension of its files.
    pub(super) extension: &'static str,
    /// Limits the bytes of one file; a larger one is not read.
    pub(super) max_file_bytes: u64,
    /// Limits the bytes of all files together.
    pub(super) max_total_bytes: u64,
}

/// A file of the cache whose digest was checked, held open.
#[derive(Debug)]
pub(crate) struct CachedFile {
    pub(super) file: File,
    path: PathBuf,
}

/// A file that is being written; it is removed unless it is committed.
pub(super) struct CacheWriter {
    cache: Arc<DiskCache>,
    key: String,
    file: NamedTempFile,
    digest: blake3::Hasher,
}

impl DiskCache {
    /// Opens the folder, and makes it if there is none, with mode 0700.
    pub(super) fn open(folder: PathBuf, options: CacheOptions) -> io::Result<Arc<Self>> {
        state::create_private_dir(&folder)?;
        Ok(Arc::new(Self { folder, options }))
    }

    /// Returns the file of a key, and marks it as used. A file whose contents have changed is removed instead.
    pub(super) fn get(&self, key: &str) -> Option<CachedFile> {
        let (path, digest) = self.find(key)?;
        match self.open_verified(&path, &digest) {
            Ok(file) => {
                // Marks the file as used. A file system without times is no reason to make the contents again.
                let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
                Some(CachedFile { file, path })
            }
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "cached file is corrupted and was removed");
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Returns whether there is a file of a key. Its contents are not checked.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Begins a file for a key.
    pub(super) fn begin(self: &Arc<Self>, key: String) -> io::Result<CacheWriter> {
        // tempfile makes it with mode 0600.
        let file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        Ok(CacheWriter { cache: self.clone(), key, file, digest: blake3::Hasher::new() })
    }

    /// Removes the file that a key has.
    pub(super) fn remove(&self, key: &str) {
        if let Some((path, _)) = self.find(key) {
            let _ = fs::remove_file(path);
        }
    }

    /// Finds the file of a key, and the digest in its name.
    fn find(&self, key: &str) -> Option<(PathBuf, String)> {
        self.files().find_map(|path| self.digest_in_name(&path, key).map(|digest| (path, digest)))
    }

    fn digest_in_name(&self, path: &Path, key: &str) -> Option<String> {
        let digest = path.file_stem()?.to_str()?.strip_prefix(key)?.strip_prefix('-')?.to_owned();
        (path.extension()? == self.options.extension).then_some(digest)
    }

    fn open_verified(&self, path: &Path, digest: &str) -> io::Result<File> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() > self.options.max_file_bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&file)?;
        file.rewind()?;
        if hasher.finalize().to_hex().as_str() == digest {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "its digest has changed"))
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path()))
    }

    /// Removes old unfinished files, and the least recently used ones beyond the total size.
    fn evict(&self) {
        let stat = |path: PathBuf| {
            let metadata = path.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), path))
        };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = self.files().filter_map(stat).collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        let is_abandoned = |path: &Path, since: &SystemTime| {
            path.extension().is_none() && since.elapsed().is_ok_and(|age| age > MAX_UNFINISHED_AGE)
        };
        for (since, length, path) in &files {
            if (total > self.options.max_total_bytes || is_abandoned(path, since)) && fs::remove_file(path).is_ok() {
                total -= length;
            }
        }
    }
}

impl CacheWriter {
    /// Appends bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Puts the file in place of the key's former one, and evicts.
    pub(super) fn commit(self) -> io::Result<CachedFile> {
        let Self { cache, key, file, digest } = self;
        let name = format!("{key}-{}.{}", digest.finalize().to_hex(), cache.options.extension);
        let path = cache.folder.join(name);
        // Not synced to the disk: a crash may tear the file, which its digest shows.
        let file = file.persist(&path)?;
        let is_former = |other: &PathBuf| *other != path && cache.digest_in_name(other, &key).is_some();
        for former in cache.files().filter(is_former) {
            let _ = fs::remove_file(former);
        }
        cache.evict();
        Ok(CachedFile { file, path })
    }
}

impl CachedFile {
    /// Returns a path that opens this very file, whatever its name stands for by now.
    pub(crate) fn path(&self) -> PathBuf {
        if cfg!(target_os = "linux") {
            return descriptor_path(&self.file);
        }
        self.path.clone()
    }
}

#[cfg(unix)]
fn descriptor_path(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(not(unix))]
fn descriptor_path(_: &File) -> PathBuf {
    PathBuf::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST_OPTIONS: CacheOptions = CacheOptions { extension: "cwasm", max_file_bytes: 100, max_total_bytes: 1_000 };

    fn cache(folder: &Path) -> Arc<DiskCache> {
        DiskCache::open(folder.join("compiled"), TEST_OPTIONS).unwrap()
    }

    fn put(cache: &Arc<DiskCache>, key: &str, contents: &[u8]) -> PathBuf {
        let mut writer = cache.begin(key.to_owned()).unwrap();
        writer.write(contents).unwrap();
        writer.commit().unwrap().path
    }

    #[test]
    fn a_file_is_found_by_its_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let path = put(&cache, "key", b"code");
        let found = cache.get("key").unwrap();
        assert_eq!(fs::read(found.path()).unwrap(), b"code");
        assert_eq!(found.path, path);
        assert!(cache.get("ke").is_none() && cache.get("other").is_none());
    }

    #[test]
    fn a_file_whose_contents_have_changed_is_not_found_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let path = put(&cache, "key", b"code");
        fs::write(&path, b"evil").unwrap();
        assert!(cache.get("key").is_none());
        assert!(!path.exists());
    }

    #[test]
    fn a_key_has_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let old = put(&cache, "key", b"old");
        put(&cache, "key", b"new");
        assert!(!old.exists());
        assert_eq!(fs::read(cache.get("key").unwrap().path()).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_was_not_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let mut writer = cache.begin("key".to_owned()).unwrap();
        writer.write(b"half").unwrap();
        drop(writer);
        assert_eq!(cache.files().count(), 0);
    }

    #[test]
    fn the_least_recently_used_file_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let small = CacheOptions { max_total_bytes: 25, ..TEST_OPTIONS };
        let cache = DiskCache::open(dir.path().join("compiled"), small).unwrap();
        let old = put(&cache, "1", &[1; 10]);
        let used = put(&cache, "2", &[2; 10]);
        for (path, age) in [(&old, 20), (&used, 30)] {
            let time = SystemTime::now() - Duration::from_secs(age);
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }
        cache.get("2").unwrap();
        let new = put(&cache, "3", &[3; 10]);
        assert_eq!((old.exists(), used.exists(), new.exists()), (false, true, true));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_and_its_files_are_closed_to_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let file = put(&cache, "key", b"code");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache.folder), mode(&file)), (0o700, 0o600));
    }
}
