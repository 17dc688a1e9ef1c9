//! The plugins folder as it is now: which files are plugins by name, and reading one without being fooled.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, Read as _, Take},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::config::is_plugin_name;

/// Larger files are not read: a Python plugin has 18 MB.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

/// A file that changed less than this ago is probably being written.
pub(super) const SETTLE: Duration = Duration::from_millis(50);

/// What tells one content of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    identity: (u64, u64, i64, i64),
}

/// A file that ends in `.wasm`.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Or why the file is not looked at.
    pub(crate) stamp: Result<Stamp, String>,
}

/// What reading a file gave.
pub(crate) enum Content<T> {
    Whole(T, Stamp),
    /// It changed while it was read.
    Changing,
    Gone,
    Refused(String, Option<Stamp>),
}

/// On file systems that tell `a.wasm` from `a.WASM`.
const TWICE: &str = "two files have this name but for the case of .wasm: remove one";

/// All files of the folder that end in `.wasm`, by their names without it.
pub(crate) fn list(dir: &Path) -> io::Result<BTreeMap<Arc<str>, Found>> {
    let home = dir.canonicalize()?;
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&home)? {
        let path = entry?.path();
        let is_plugin = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wasm"));
        let Some(stem) = path.file_stem().filter(|_| is_plugin) else { continue };
        let name: Arc<str> = stem.to_string_lossy().as_ref().into();
        let Some(stamp) = look(&home, &path, &name) else { continue };
        let stamp = if found.contains_key(&name) { Err(TWICE.to_owned()) } else { stamp };
        found.insert(name, Found { path, stamp });
    }
    Ok(found)
}

/// None if the file is gone again.
fn look(home: &Path, path: &Path, name: &str) -> Option<Result<Stamp, String>> {
    if !is_plugin_name(name) {
        return Some(Err("a plugin's file name is [a-z0-9][a-z0-9-]{0,31} before .wasm: rename the file".to_owned()));
    }
    match path.canonicalize() {
        Ok(real) if real.starts_with(home) => {}
        Ok(_) => return Some(Err("it is a link that leaves the plugins folder: put the file itself there".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(Err(format!("it cannot be read: {error}"))),
    }
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => Some(Err("it is not a file".to_owned())),
        Ok(metadata) => Some(Ok(Stamp::of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(format!("it cannot be read: {error}"))),
    }
}

/// Reads a file once, and notices if it changed meanwhile.
pub(crate) fn read(path: &Path) -> Content<Arc<[u8]>> {
    whole(path, |file, length| {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        let read = bytes.len() as u64;
        Ok((bytes.into(), read))
    })
}

/// As [`read`], but keeps nothing of it: which bytes they are is enough to know whether they are known.
pub(crate) fn digest(path: &Path) -> Content<blake3::Hash> {
    whole(path, |file, _| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        Ok((hasher.finalize(), hasher.count()))
    })
}

/// What `take` makes of a file, and how many bytes of it that was made of.
fn whole<T>(path: &Path, take: impl FnOnce(&mut Take<&mut File>, u64) -> io::Result<(T, u64)>) -> Content<T> {
    match try_whole(path, take) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Gone,
        Err(error) => Content::Refused(format!("it cannot be read: {error}"), None),
    }
}

fn try_whole<T>(
    path: &Path,
    take: impl FnOnce(&mut Take<&mut File>, u64) -> io::Result<(T, u64)>,
) -> io::Result<Content<T>> {
    let mut file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    if before.length > MAX_BYTES {
        let reason = format!("it has {} bytes; at most {MAX_BYTES} are read", before.length);
        return Ok(Content::Refused(reason, Some(before)));
    }
    let (taken, length) = take(&mut (&mut file).take(MAX_BYTES + 1), before.length)?;
    // The name may be another file by now; that one is looked at the next time.
    if Stamp::of(&file.metadata()?) == before && length == before.length {
        Ok(Content::Whole(taken, before))
    } else {
        Ok(Content::Changing)
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }

    /// Whether it was written a moment ago. A time in the future is no moment ago.
    pub(super) fn is_hot(&self) -> bool {
        self.modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age < SETTLE)
    }
}

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
        list(dir).unwrap()[name].stamp.clone().unwrap_err()
    }

    #[test]
    fn only_wasm_files_are_plugins() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.wasm"), "x").unwrap();
        fs::write(dir.path().join("a.wasm.tmp"), "x").unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let names: Vec<_> = list(dir.path()).unwrap().into_keys().collect();
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
