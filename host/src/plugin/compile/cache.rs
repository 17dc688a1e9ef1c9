//! Machine code on disk: private, named by what it came from and what it is, never changed in place.
//!
//! A file is `<digest of the component>-<engine>-<digest of the file>.cwasm`. It is mapped into memory and run, so its
//! digest is checked through the very file that is opened, and it is replaced by a rename only.

use std::{
    fs::{self, File, FileTimes},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tempfile::NamedTempFile;

use crate::state;

/// All files together; what was used longest ago goes first.
const MOST: u64 = 1 << 30;
const EXTENSION: &str = "cwasm";
/// A file that is being written is older than this only if its writer was killed.
const LEFT_OVER: Duration = Duration::from_hours(1);

/// The folder of what was compiled.
pub(super) struct Cache {
    folder: PathBuf,
    /// 16 hexadecimal digits that differ where wasmtime's version or a setting that matters differs.
    engine: String,
    most: u64,
}

/// A file that is being written; gone if it is not kept.
pub(super) struct Sink {
    cache: Arc<Cache>,
    component: blake3::Hash,
    file: NamedTempFile,
    digest: blake3::Hasher,
}

/// Machine code whose digest was checked, held open.
#[derive(Debug)]
pub(crate) struct Artifact {
    file: File,
    path: PathBuf,
}

impl Cache {
    pub(super) fn new(folder: PathBuf, engine: &wasmtime::Engine) -> io::Result<Self> {
        state::private_dir(&folder)?;
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder, engine: format!("{:016x}", hasher.finish()), most: MOST })
    }

    /// The machine code of a component, if it is there and is what it was.
    pub(super) fn find(&self, component: blake3::Hash) -> Option<Artifact> {
        let (path, digest) = self.entry(component)?;
        let opened = open_checked(&path, &digest);
        match opened {
            Ok(file) => {
                // So that it counts as used; a file system that does not want to is no reason to compile.
                let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
                Some(Artifact { file, path })
            }
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "a compiled plugin is not what it was; it is compiled anew");
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Whether there is machine code of a component, whatever it is by now.
    pub(super) fn has(&self, component: blake3::Hash) -> bool {
        self.entry(component).is_some()
    }

    /// Begins a new file.
    pub(super) fn begin(self: &Arc<Self>, component: blake3::Hash) -> io::Result<Sink> {
        let file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        Ok(Sink { cache: self.clone(), component, file, digest: blake3::Hasher::new() })
    }

    pub(super) fn forget(&self, component: blake3::Hash) {
        if let Some((path, _)) = self.entry(component) {
            let _ = fs::remove_file(path);
        }
    }

    /// The file of a component, with the digest that its name promises.
    fn entry(&self, component: blake3::Hash) -> Option<(PathBuf, String)> {
        let prefix = self.prefix(component);
        let promised = |path: &Path| {
            let digest = path.file_stem()?.to_str()?.strip_prefix(&prefix)?.to_owned();
            (path.extension()? == EXTENSION).then_some(digest)
        };
        self.files().find_map(|path| promised(&path).map(|digest| (path, digest)))
    }

    fn prefix(&self, component: blake3::Hash) -> String {
        format!("{}-{}-", component.to_hex(), self.engine)
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path()))
    }

    /// Removes what was used longest ago, and what a host left that was killed while it wrote.
    fn trim(&self) {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = self
            .files()
            .filter_map(|path| {
                let metadata = path.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), path))
            })
            .collect();
        let left_over = |path: &Path, since: SystemTime| {
            path.extension().is_none() && since.elapsed().is_ok_and(|age| age > LEFT_OVER)
        };
        for (_, _, path) in files.extract_if(.., |(since, _, path)| left_over(path, *since)) {
            let _ = fs::remove_file(path);
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in &files {
            if total <= self.most {
                return;
            }
            if fs::remove_file(path).is_ok() {
                total -= length;
            }
        }
    }
}

impl Sink {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    /// Puts the file in its place, on disk.
    pub(super) fn keep(self) -> io::Result<Artifact> {
        let name = format!("{}{}.{EXTENSION}", self.cache.prefix(self.component), self.digest.finalize().to_hex());
        let path = self.cache.folder.join(name);
        self.file.as_file().sync_all()?;
        let file = self.file.persist(&path)?;
        // The name is on disk when the folder is.
        File::open(&self.cache.folder)?.sync_all()?;
        self.cache.trim();
        Ok(Artifact { file, path })
    }
}

impl Artifact {
    /// A path that opens this very file, whatever its name stands for by now.
    pub(crate) fn path(&self) -> PathBuf {
        if cfg!(target_os = "linux") {
            return own_descriptor(&self.file);
        }
        self.path.clone()
    }
}

#[cfg(unix)]
fn own_descriptor(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(not(unix))]
fn own_descriptor(_: &File) -> PathBuf {
    PathBuf::new()
}

fn open_checked(path: &Path, digest: &str) -> io::Result<File> {
    let file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&file)?;
    if hasher.finalize().to_hex().as_str() == digest {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "its digest is another one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(folder: &Path) -> Arc<Cache> {
        Arc::new(Cache::new(folder.join("compiled"), &wasmtime::Engine::default()).unwrap())
    }

    fn keep(cache: &Arc<Cache>, component: &[u8], code: &[u8]) -> PathBuf {
        let mut sink = cache.begin(blake3::hash(component)).unwrap();
        sink.write(code).unwrap();
        sink.keep().unwrap().path
    }

    #[test]
    fn what_was_kept_is_found_by_its_component_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let path = keep(&cache, b"component", b"code");
        let found = cache.find(blake3::hash(b"component")).unwrap();
        assert_eq!(fs::read(found.path()).unwrap(), b"code");
        assert_eq!(found.path, path);
        assert!(cache.find(blake3::hash(b"another")).is_none());
    }

    #[test]
    fn a_file_that_is_not_what_it_was_is_not_found_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let path = keep(&cache, b"component", b"code");
        fs::write(&path, b"evil").unwrap();
        assert!(cache.find(blake3::hash(b"component")).is_none());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_not_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let mut sink = cache.begin(blake3::hash(b"component")).unwrap();
        sink.write(b"half").unwrap();
        drop(sink);
        assert_eq!(cache.files().count(), 0);
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut small = Cache::new(dir.path().join("compiled"), &wasmtime::Engine::default()).unwrap();
        small.most = 25;
        let cache = Arc::new(small);
        let old = keep(&cache, b"1", &[1; 10]);
        let used = keep(&cache, b"2", &[2; 10]);
        for (path, age) in [(&old, 20), (&used, 30)] {
            let time = SystemTime::now() - Duration::from_secs(age);
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }
        cache.find(blake3::hash(b"2")).unwrap();
        let new = keep(&cache, b"3", &[3; 10]);
        assert_eq!((old.exists(), used.exists(), new.exists()), (false, true, true));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_closed_to_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        assert_eq!(fs::metadata(&cache.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
