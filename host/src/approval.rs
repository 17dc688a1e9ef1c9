//! Pinned plugins: which bytes of them the operator has approved, and what is new in others.
//!
//! A plugin's grants belong to its name, so whoever can replace the file gets them, and what the new bytes tell a model
//! about their tools may be poison. Approval answers that: it is the operator's, kept in the state folder, where neither
//! a plugin nor an MCP client can write.

mod surface;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::NamedTempFile;

pub(crate) use surface::{differences, of_catalog, of_plugin};

use crate::{plugin::Plugin, state};

/// What a pin holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pin {
    /// Any new bytes.
    Digest,
    /// New bytes whose tools, descriptions, schemas, hints or imported functions are other ones.
    Surface,
}

/// What the operator approved of one plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub(crate) pin: Pin,
    /// BLAKE3 of the approved bytes, which lie beside the record.
    pub(crate) digest: String,
    /// What those bytes showed of themselves.
    pub(crate) surface: Value,
}

/// Whether bytes may be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plugin is not pinned, or this is within its approval.
    Free,
    /// It waits for approval: what is new, a line each.
    Held(Vec<String>),
}

/// The folder of approvals.
#[derive(Clone, Debug)]
pub(crate) struct Approvals {
    folder: PathBuf,
}

impl Approvals {
    /// In the state folder.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { folder: state_dir.join("approved") }
    }

    /// Whether a plugin that loaded may be served. A record that cannot be read holds everything: it may have been
    /// damaged to let something through.
    pub(crate) fn judge(&self, plugin: &Plugin) -> Verdict {
        let pinned = plugin.config.pin;
        match (self.read(&plugin.name), pinned) {
            (Ok(None), None) => Verdict::Free,
            (Ok(None), Some(_)) => Verdict::Held(vec!["it was never approved".to_owned()]),
            (Ok(Some(approval)), pinned) => approval.judge(pinned.unwrap_or(approval.pin), plugin),
            (Err(error), _) => Verdict::Held(vec![format!("its approval cannot be read: {error:#}")]),
        }
    }

    /// The approval of a plugin, if there is one.
    pub(crate) fn read(&self, plugin: &str) -> anyhow::Result<Option<Approval>> {
        let file = self.record(plugin);
        let text = match fs::read(&file) {
            Ok(text) => text,
            // Nor can there be one where the folder is none.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(anyhow!(error).context(file.display().to_string())),
        };
        serde_json::from_slice(&text).with_context(|| file.display().to_string()).map(Some)
    }

    /// When the approval was last changed; `None` if there is none.
    pub(crate) fn stamp(&self, plugin: &str) -> Option<SystemTime> {
        fs::metadata(self.record(plugin)).and_then(|metadata| metadata.modified()).ok()
    }

    /// The bytes that were approved.
    ///
    /// # Errors
    /// They are gone, or not what they were.
    pub(crate) fn bytes(&self, approval: &Approval) -> anyhow::Result<Arc<[u8]>> {
        let file = self.kept(&approval.digest);
        let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
        let digest = blake3::hash(&bytes);
        ensure!(digest.to_hex().as_str() == approval.digest, "{} is not what was approved", file.display());
        Ok(bytes.into())
    }

    /// Approves these bytes. The record is written last, so that what it names is there.
    pub(crate) fn approve(&self, plugin: &str, bytes: &[u8], surface: Value, pin: Pin) -> anyhow::Result<()> {
        state::private_dir(&self.folder).with_context(|| self.folder.display().to_string())?;
        let digest = blake3::hash(bytes).to_hex().to_string();
        self.place(&self.kept(&digest), bytes)?;
        let record = serde_json::to_vec_pretty(&Approval { pin, digest, surface })?;
        self.place(&self.record(plugin), &record)?;
        self.sweep();
        Ok(())
    }

    /// Takes an approval back: the plugin is pinned no more, unless the configuration says so. Answers whether there was
    /// one.
    pub(crate) fn withdraw(&self, plugin: &str) -> io::Result<bool> {
        match fs::remove_file(self.record(plugin)) {
            Ok(()) => {
                self.sweep();
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn record(&self, plugin: &str) -> PathBuf {
        self.folder.join(format!("{plugin}.json"))
    }

    fn kept(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.wasm"))
    }

    /// All at once, and on disk.
    fn place(&self, to: &Path, bytes: &[u8]) -> anyhow::Result<()> {
        let place = || -> io::Result<()> {
            let mut file = NamedTempFile::new_in(&self.folder)?;
            io::Write::write_all(&mut file, bytes)?;
            file.as_file().sync_all()?;
            file.persist(to)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        place().with_context(|| format!("cannot write {}", to.display()))
    }

    /// Removes bytes that no record names any more.
    fn sweep(&self) {
        let files = || fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let with = |path: &Path, extension| path.extension().is_some_and(|its| its == extension);
        let mut named = Vec::new();
        for record in files().filter(|path| with(path, "json")) {
            let plugin = record.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match self.read(&plugin) {
                Ok(approval) => named.extend(approval.map(|approval| self.kept(&approval.digest))),
                // It may name any of them.
                Err(_) => return,
            }
        }
        for kept in files().filter(|path| with(path, "wasm") && !named.contains(path)) {
            let _ = fs::remove_file(kept);
        }
    }
}

impl Approval {
    fn judge(&self, pin: Pin, plugin: &Plugin) -> Verdict {
        let digest = plugin.digest.to_hex();
        self.compare(pin, &digest, &of_plugin(plugin))
    }

    /// Also the approved bytes themselves may show another surface: what they list can depend on the day, or on their
    /// settings.
    fn compare(&self, pin: Pin, digest: &str, surface: &Value) -> Verdict {
        let mut differences = differences(&self.surface, surface);
        let is_approved = digest == self.digest;
        if differences.is_empty() && (is_approved || pin == Pin::Surface) {
            return Verdict::Free;
        }
        if is_approved {
            differences.insert(0, "the approved bytes themselves show something else than they did".to_owned());
        } else if pin == Pin::Digest {
            differences.insert(0, format!("the bytes are {digest}, approved are {}", self.digest));
        }
        Verdict::Held(differences)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn approvals() -> (tempfile::TempDir, Approvals) {
        let dir = tempfile::tempdir().unwrap();
        let approvals = Approvals::new(dir.path());
        (dir, approvals)
    }

    #[test]
    fn approved_bytes_are_kept_until_others_are_approved() {
        let (_dir, approvals) = approvals();
        approvals.approve("a", b"one", json!({}), Pin::Surface).unwrap();
        let first = approvals.read("a").unwrap().unwrap();
        assert_eq!(&*approvals.bytes(&first).unwrap(), b"one");
        approvals.approve("a", b"two", json!({}), Pin::Digest).unwrap();
        assert!(approvals.bytes(&first).is_err());
        assert_eq!(&*approvals.bytes(&approvals.read("a").unwrap().unwrap()).unwrap(), b"two");
    }

    #[test]
    fn approved_bytes_that_show_another_surface_are_held() {
        let approval = |pin| Approval { pin, digest: "one".to_owned(), surface: json!({"tools": {"a": {}}}) };
        let other = json!({"tools": {"a": {"description": "poison"}}});
        for pin in [Pin::Digest, Pin::Surface] {
            assert_eq!(approval(pin).compare(pin, "one", &approval(pin).surface), Verdict::Free);
            let Verdict::Held(new) = approval(pin).compare(pin, "one", &other) else {
                panic!("{pin:?} lets it through")
            };
            assert!(new[0].contains("the approved bytes themselves") && new[1].contains("poison"), "{new:?}");
        }
    }

    #[test]
    fn bytes_that_two_plugins_share_stay_while_one_needs_them() {
        let (_dir, approvals) = approvals();
        approvals.approve("a", b"same", json!({}), Pin::Surface).unwrap();
        approvals.approve("b", b"same", json!({}), Pin::Surface).unwrap();
        assert!(approvals.withdraw("a").unwrap());
        assert!(approvals.bytes(&approvals.read("b").unwrap().unwrap()).is_ok());
        assert!(!approvals.withdraw("a").unwrap());
    }

    #[test]
    fn bytes_that_were_changed_are_not_what_was_approved() {
        let (_dir, approvals) = approvals();
        approvals.approve("a", b"good", json!({}), Pin::Surface).unwrap();
        let approval = approvals.read("a").unwrap().unwrap();
        fs::write(approvals.kept(&approval.digest), b"evil").unwrap();
        assert!(approvals.bytes(&approval).unwrap_err().to_string().contains("not what was approved"));
    }
}
