//! What plugins said of themselves, kept between runs: one that is known is listed before it is loaded, and loaded when it
//! is called.
//!
//! A file is `<digest of the component>-<digest of the circumstances>.json`. Only what was checked is kept; its first line
//! is the digest of the rest.

use std::{
    fs::{self, File, FileTimes},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{contract::Surface, offer::Described};
use crate::{config::PluginConfig, state};

const EXTENSION: &str = "json";
/// All files together; what was used longest ago goes first.
const MOST: u64 = 32 << 20;
/// Larger ones are not kept, nor read.
const MOST_OF_ONE: u64 = 2 << 20;
/// A file that is being written is older than this only if its writer was killed.
const LEFT_OVER: Duration = Duration::from_hours(1);

/// All that what a plugin says depends on, but for the clock and chance.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) component: blake3::Hash,
    circumstances: blake3::Hash,
}

/// What is known of a plugin.
#[derive(Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) surface: Surface,
    pub(super) has_lifecycle: bool,
    pub(super) described: Described,
}

/// The folder of what is known.
pub(super) struct Memory {
    folder: PathBuf,
    most: u64,
}

impl Key {
    /// While it describes itself, a plugin sees its settings and nothing else that differs from one configuration to the
    /// other. But its limits decide whether it comes to an end, and a refusal names the plugin; so all of the
    /// configuration counts.
    pub(super) fn new(component: blake3::Hash, plugin: &str, config: &PluginConfig) -> Self {
        let circumstances = format!("{}\n{plugin}\n{config:?}", program());
        Self { component, circumstances: blake3::hash(circumstances.as_bytes()) }
    }
}

/// This very program: another one, also one that was built a minute later with the same version, may check otherwise.
fn program() -> String {
    let own = super::compile::program().and_then(fs::metadata);
    let stamp = own.and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
    format!("{} {:?}", env!("CARGO_PKG_VERSION"), stamp.ok())
}

impl Memory {
    /// Made if need be, closed to other users.
    pub(super) fn new(folder: PathBuf) -> io::Result<Self> {
        state::private_dir(&folder)?;
        Ok(Self { folder, most: MOST })
    }

    /// What is known under this key. Waits for the disk.
    pub(super) fn recall(&self, key: &Key) -> Option<Known> {
        let path = self.path(key);
        let file = File::open(&path).ok()?;
        // So that it counts as used.
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        let known = read(file);
        if known.is_none() {
            tracing::debug!(file = %path.display(), "what was known of a plugin is not what it was: it is asked anew");
            let _ = fs::remove_file(&path);
        }
        known
    }

    /// Keeps it for the next time.
    ///
    /// # Errors
    /// It cannot be kept, which is no reason not to serve.
    pub(super) fn keep(&self, key: &Key, known: &Known) -> io::Result<()> {
        let json = serde_json::to_string(known)?;
        if json.len() as u64 > MOST_OF_ONE {
            return Ok(());
        }
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.folder)?;
        // Not synced: what a crash tears is not what it was, and asked anew.
        file.write_all(format!("{}\n{json}", blake3::hash(json.as_bytes()).to_hex()).as_bytes())?;
        self.place(file, &self.path(key))
    }

    fn place(&self, file: NamedTempFile, path: &Path) -> io::Result<()> {
        file.persist(path)?;
        self.trim();
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}-{}.{EXTENSION}", key.component.to_hex(), &key.circumstances.to_hex()[..32]))
    }

    /// Removes what was used longest ago, and what a host left that was killed while it wrote.
    fn trim(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let seen = |path: PathBuf| {
            let metadata = path.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), path))
        };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries.filter_map(seen).collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (since, length, path) in &files {
            let is_left_over = path.extension().is_none() && since.elapsed().is_ok_and(|age| age > LEFT_OVER);
            if (total > self.most || is_left_over) && fs::remove_file(path).is_ok() {
                total -= length;
            }
        }
    }
}

fn read(file: File) -> Option<Known> {
    let mut text = String::new();
    file.take(MOST_OF_ONE + 128).read_to_string(&mut text).ok()?;
    let (digest, json) = text.split_once('\n')?;
    let is_whole = blake3::hash(json.as_bytes()).to_hex().as_str() == digest;
    if is_whole { serde_json::from_str(json).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(dir: &Path) -> Memory {
        Memory::new(dir.join("described")).unwrap()
    }

    fn key(component: &[u8], plugin: &str, config: &PluginConfig) -> Key {
        Key::new(blake3::hash(component), plugin, config)
    }

    fn usual(component: &[u8]) -> Key {
        key(component, "mine", &PluginConfig::default_for("mine"))
    }

    fn known() -> Known {
        Known { surface: Surface::default(), has_lifecycle: true, described: Described::default() }
    }

    #[test]
    fn what_was_kept_is_known_of_these_bytes_under_this_name_and_configuration_alone() {
        let dir = tempfile::tempdir().unwrap();
        let memory = memory(dir.path());
        memory.keep(&usual(b"one"), &known()).unwrap();
        assert!(memory.recall(&usual(b"one")).is_some_and(|known| known.has_lifecycle));
        assert!(memory.recall(&usual(b"two")).is_none());

        let config = PluginConfig::default_for("mine");
        assert!(memory.recall(&key(b"one", "yours", &config)).is_none());
        let settings = serde_json::Map::from_iter([("a".to_owned(), 1.into())]);
        assert!(memory.recall(&key(b"one", "mine", &PluginConfig { settings, ..config.clone() })).is_none());
        let mut narrower = config;
        narrower.limits.memory_bytes -= 1;
        assert!(memory.recall(&key(b"one", "mine", &narrower)).is_none());
    }

    #[test]
    fn what_is_not_as_it_was_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let memory = memory(dir.path());
        memory.keep(&usual(b"one"), &known()).unwrap();
        let path = memory.path(&usual(b"one"));
        let text = fs::read_to_string(&path).unwrap();
        for torn in [text.replace("true", "false"), text[..text.len() / 2].to_owned(), String::new()] {
            fs::write(&path, torn).unwrap();
            assert!(memory.recall(&usual(b"one")).is_none());
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let memory = memory(dir.path());
        memory.keep(&usual(b"one"), &known()).unwrap();
        memory.keep(&usual(b"two"), &known()).unwrap();
        for component in [b"one", b"two"] {
            let long_ago = SystemTime::now() - Duration::from_hours(2);
            File::options().write(true).open(memory.path(&usual(component))).unwrap().set_modified(long_ago).unwrap();
        }
        memory.recall(&usual(b"one")).unwrap();
        let one = memory.path(&usual(b"one")).metadata().unwrap().len();
        let small = Memory { most: 2 * one, ..memory };
        small.keep(&usual(b"three"), &known()).unwrap();
        let there = |component| small.path(&usual(component)).exists();
        assert_eq!((there(b"one"), there(b"two"), there(b"three")), (true, false, true));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_closed_to_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(fs::metadata(memory(dir.path()).folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
