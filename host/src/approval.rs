//! Approvals: which bytes of a pinned plugin the operator has approved, and what is new in others.
//!
//! A plugin's grants belong to its name, so anyone who can replace the file gets them, and what the new bytes tell a
//! model about their tools may be malicious. Approvals are the answer. They lie in the state folder, where neither a
//! plugin nor an MCP client can write.

mod surface;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use surface::{catalog_surface, differences, plugin_surface};

use crate::{config::Pin, plugin::Plugin, state};

/// Records that the operator has approved one plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub(crate) pin: Pin,
    /// BLAKE3 of the approved bytes, which lie beside the record.
    pub(crate) digest: String,
    /// The surface that those bytes showed.
    pub(crate) surface: Value,
}

/// Whether bytes may be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plugin is not pinned, or within its approval.
    Free,
    /// The plugin waits for approval. Holds a line for each part that is new.
    Held(Vec<String>),
}

/// Why an approval cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApprovalError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The record is damaged.
    #[error("{}: {source}", path.display())]
    Record { path: PathBuf, source: serde_json::Error },
    /// The approved bytes were changed.
    #[error("{} is not what was approved", .0.display())]
    Changed(PathBuf),
}

/// Reads and writes the folder of approvals.
#[derive(Clone, Debug)]
pub(crate) struct Approvals {
    folder: PathBuf,
}

impl Approvals {
    /// Uses the folder in the state folder.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { folder: state_dir.join("approved") }
    }

    /// Decides whether a loaded plugin may be served. A record that cannot be read holds everything: it may have been
    /// damaged on purpose.
    pub(crate) fn judge(&self, plugin: &Plugin) -> Verdict {
        match (self.read(&plugin.name), plugin.config.pin) {
            (Ok(None), None) => Verdict::Free,
            (Ok(None), Some(_)) => Verdict::Held(vec!["it was never approved".to_owned()]),
            (Ok(Some(approval)), pin) => {
                let pin = pin.unwrap_or(approval.pin);
                approval.compare(pin, &plugin.digest.to_hex(), &plugin_surface(plugin))
            }
            (Err(error), _) => Verdict::Held(vec![format!("its approval cannot be read: {error}")]),
        }
    }

    /// Reads the approval of a plugin, if there is one.
    pub(crate) fn read(&self, plugin: &str) -> Result<Option<Approval>, ApprovalError> {
        let path = self.record(plugin);
        match fs::read(&path) {
            Ok(text) => {
                serde_json::from_slice(&text).map(Some).map_err(|source| ApprovalError::Record { path, source })
            }
            // There is none either if the folder is not one.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(source) => Err(ApprovalError::Io { path, source }),
        }
    }

    /// When the approval was last changed; `None` if there is none.
    pub(crate) fn modified(&self, plugin: &str) -> Option<SystemTime> {
        fs::metadata(self.record(plugin)).and_then(|metadata| metadata.modified()).ok()
    }

    /// Reads the approved bytes.
    ///
    /// # Errors
    /// They are gone, or were changed.
    pub(crate) fn read_bytes(&self, approval: &Approval) -> Result<Arc<[u8]>, ApprovalError> {
        let path = self.kept(&approval.digest);
        match fs::read(&path) {
            Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == approval.digest => Ok(bytes.into()),
            Ok(_) => Err(ApprovalError::Changed(path)),
            Err(source) => Err(ApprovalError::Io { path, source }),
        }
    }

    /// Approves bytes. The record is written last, so that the bytes that it names exist.
    pub(crate) fn approve(&self, plugin: &str, bytes: &[u8], surface: Value, pin: Pin) -> Result<(), ApprovalError> {
        let digest = blake3::hash(bytes).to_hex().to_string();
        let (kept, record) = (self.kept(&digest), self.record(plugin));
        let written = state::create_private_dir(&self.folder).and_then(|()| state::write_atomically(&kept, bytes));
        written.map_err(|source| ApprovalError::Io { path: kept, source })?;
        let json = serde_json::to_vec_pretty(&Approval { pin, digest, surface });
        let written = json.map_err(io::Error::from).and_then(|json| state::write_atomically(&record, &json));
        written.map_err(|source| ApprovalError::Io { path: record, source })?;
        self.remove_unnamed_bytes();
        Ok(())
    }

    /// Withdraws an approval: the plugin is not pinned any more, unless the configuration pins it. Returns whether there
    /// was an approval.
    pub(crate) fn withdraw(&self, plugin: &str) -> io::Result<bool> {
        match fs::remove_file(self.record(plugin)) {
            Ok(()) => {
                self.remove_unnamed_bytes();
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

    /// Removes bytes that no record names any more.
    fn remove_unnamed_bytes(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let (records, others): (Vec<_>, Vec<_>) =
            entries.map(|entry| entry.path()).partition(|path| path.extension().is_some_and(|it| it == "json"));
        let mut named = Vec::new();
        for record in records {
            match self.read(&record.file_stem().unwrap_or_default().to_string_lossy()) {
                Ok(approval) => named.extend(approval.map(|approval| self.kept(&approval.digest))),
                // The record may name any of the bytes.
                Err(_) => return,
            }
        }
        let is_kept = |path: &Path| path.extension().is_some_and(|it| it == "wasm");
        for path in others.iter().filter(|path| is_kept(path) && !named.contains(path)) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Approval {
    /// Compares bytes with the approved ones. Even the approved bytes may show another surface: their lists can depend on
    /// the date or on their settings.
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
        assert_eq!(&*approvals.read_bytes(&first).unwrap(), b"one");
        approvals.approve("a", b"two", json!({}), Pin::Digest).unwrap();
        assert!(approvals.read_bytes(&first).is_err());
        assert_eq!(&*approvals.read_bytes(&approvals.read("a").unwrap().unwrap()).unwrap(), b"two");
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
        assert!(approvals.read_bytes(&approvals.read("b").unwrap().unwrap()).is_ok());
        assert!(!approvals.withdraw("a").unwrap());
    }

    #[test]
    fn bytes_that_were_changed_are_not_what_was_approved() {
        let (_dir, approvals) = approvals();
        approvals.approve("a", b"good", json!({}), Pin::Surface).unwrap();
        let approval = approvals.read("a").unwrap().unwrap();
        fs::write(approvals.kept(&approval.digest), b"evil").unwrap();
        assert!(approvals.read_bytes(&approval).unwrap_err().to_string().contains("not what was approved"));
    }
}
