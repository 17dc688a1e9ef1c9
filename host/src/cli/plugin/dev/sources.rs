//! Detects which of a project's files changed, by their content: a build that writes the same again goes unnoticed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, bail};
use tokio::time::sleep;

use crate::registry::watch::FolderWatcher;

/// The folders and files that tools build, fetch or keep.
const IGNORED_NAMES: [&str; 6] = ["target", "node_modules", "gen", "dist", "__pycache__", "venv"];
/// The pause before changes are reported: an editor may write several files when one is saved.
const SETTLE_DELAY: Duration = Duration::from_millis(100);
/// The time between two scans, so that a missed event heals.
const RESCAN_INTERVAL: Duration = Duration::from_secs(2);
/// The maximum number of files: a folder with more is probably not a plugin's.
const MAX_FILES: usize = 10_000;

/// Files by their paths in the project.
type Files = BTreeMap<PathBuf, Seen>;

/// Watches the files of a project.
pub(super) struct Sources {
    root: PathBuf,
    /// Holds the files as of the last scan.
    files: Files,
    /// Holds the files as of the last report of changes.
    reported: Files,
    folders: FolderWatcher,
}

/// A file's content, and its size and time, by which an unchanged file is recognised quickly.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    length: u64,
    modified: Option<SystemTime>,
    digest: blake3::Hash,
}

/// Collects the result of a scan.
#[derive(Default)]
struct Found {
    files: Files,
    folders: BTreeSet<PathBuf>,
}

impl Sources {
    pub(super) fn of(root: &Path) -> anyhow::Result<Self> {
        let (files, reported) = (Files::new(), Files::new());
        let mut sources = Self { root: root.to_owned(), files, reported, folders: FolderWatcher::new() };
        sources.scan()?;
        sources.take_changes();
        Ok(sources)
    }

    /// Waits until files have changed, come or gone, and no more of them do. Cancel safe: the next call returns the
    /// changes that a dropped one would have.
    pub(super) async fn changed(&mut self) -> anyhow::Result<Vec<PathBuf>> {
        loop {
            self.stirred().await?;
            sleep(SETTLE_DELAY).await;
            while self.scan()? {
                sleep(SETTLE_DELAY).await;
            }
            // An editor's own files have come and gone by now.
            let changed = self.take_changes();
            if !changed.is_empty() {
                return Ok(changed);
            }
        }
    }

    /// Waits until [`Sources::changed`] has something to look into.
    pub(super) async fn stirred(&mut self) -> anyhow::Result<()> {
        loop {
            self.scan()?;
            if !differences(&self.reported, &self.files).is_empty() {
                return Ok(());
            }
            tokio::select! {
                () = self.folders.changed() => {}
                () = sleep(RESCAN_INTERVAL) => {}
            }
        }
    }

    /// Ignores the files that came or went during a build, which is their cause. Returns whether other files were saved
    /// meanwhile; [`Sources::changed`] returns them once they are complete.
    pub(super) fn is_saved_while_building(&mut self) -> anyhow::Result<bool> {
        self.scan()?;
        let mut is_saved = false;
        for path in differences(&self.reported, &self.files) {
            match (self.reported.contains_key(&path), self.files.get(&path)) {
                (true, Some(_)) => is_saved = true,
                (_, None) => drop(self.reported.remove(&path)),
                (false, Some(new)) => drop(self.reported.insert(path, new.clone())),
            }
        }
        Ok(is_saved)
    }

    /// Returns the changes since the last report.
    pub(super) fn take_changes(&mut self) -> Vec<PathBuf> {
        let changed = differences(&self.reported, &self.files);
        self.reported.clone_from(&self.files);
        changed
    }

    /// Scans the folder; returns whether anything changed since the last scan.
    fn scan(&mut self) -> anyhow::Result<bool> {
        let mut found = Found::default();
        self.walk(&self.root, &mut found).with_context(|| format!("cannot read {}", self.root.display()))?;
        if found.files.len() > MAX_FILES {
            bail!("{} has more than {MAX_FILES} files: name the folder of one plugin", self.root.display());
        }
        self.folders.watch(found.folders);
        let before = std::mem::replace(&mut self.files, found.files);
        Ok(!differences(&before, &self.files).is_empty())
    }

    fn walk(&self, folder: &Path, found: &mut Found) -> io::Result<()> {
        found.folders.insert(folder.to_owned());
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if found.files.len() > MAX_FILES || !is_source(&path) {
                continue;
            }
            // Links are not followed: they may lead round in a circle. A file that is gone again is skipped.
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => self.walk(&path, found)?,
                Ok(metadata) if metadata.is_file() => {
                    let inside = path.strip_prefix(&self.root).unwrap_or(&path).to_owned();
                    if let Some(seen) = self.seen(&path, &inside, &metadata) {
                        found.files.insert(inside, seen);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn seen(&self, path: &Path, inside: &Path, metadata: &fs::Metadata) -> Option<Seen> {
        let (length, modified) = (metadata.len(), metadata.modified().ok());
        let as_it_was = |known: &&Seen| (known.length, known.modified) == (length, modified);
        if let Some(known) = self.files.get(inside).filter(as_it_was) {
            return Some(known.clone());
        }
        let digest = blake3::Hasher::new().update_reader(fs::File::open(path).ok()?).ok()?.finalize();
        Some(Seen { length, modified, digest })
    }
}

/// Returns the files that are not in both, or whose content differs.
fn differences(before: &Files, after: &Files) -> Vec<PathBuf> {
    let digest = |files: &Files, path: &PathBuf| files.get(path).map(|seen| seen.digest);
    let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|path| digest(before, path) != digest(after, path)).cloned().collect()
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let of_an_editor = name.starts_with(['.', '#']) || name.ends_with('~');
    let built = path.extension().is_some_and(|extension| extension == "wasm");
    !of_an_editor && !built && !IGNORED_NAMES.contains(&name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "one").unwrap();
        let sources = Sources::of(folder.path()).unwrap();
        (folder, sources)
    }

    fn changes(sources: &mut Sources) -> Vec<PathBuf> {
        sources.scan().unwrap();
        sources.take_changes()
    }

    #[test]
    fn what_is_built_or_an_editors_own_is_no_source() {
        let (folder, mut sources) = project();
        for file in ["p.wasm", ".plugin.py.swp", "plugin.py~", "#x#", "target/x", "node_modules/y", "gen/z", ".venv/a"]
        {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "built").unwrap();
        }
        assert!(!sources.scan().unwrap());
    }

    #[test]
    fn a_file_changes_when_what_is_in_it_does() {
        let (folder, mut sources) = project();
        let file = folder.path().join("src/lib.rs");
        fs::write(&file, "one").unwrap();
        assert!(!sources.scan().unwrap());
        fs::write(&file, "other").unwrap();
        fs::write(folder.path().join("src/new.rs"), "").unwrap();
        assert_eq!(changes(&mut sources), [PathBuf::from("src/lib.rs"), "src/new.rs".into()]);
        fs::remove_file(&file).unwrap();
        assert_eq!(changes(&mut sources), [PathBuf::from("src/lib.rs")]);
    }

    #[test]
    fn what_a_build_leaves_behind_is_no_reason_to_build() {
        let (folder, mut sources) = project();
        fs::write(folder.path().join("Cargo.lock"), "made").unwrap();
        assert!(!sources.is_saved_while_building().unwrap());
        assert_eq!(changes(&mut sources), Vec::<PathBuf>::new(), "it is known from then on");
        fs::write(folder.path().join("src/lib.rs"), "saved meanwhile").unwrap();
        fs::remove_file(folder.path().join("Cargo.lock")).unwrap();
        assert!(sources.is_saved_while_building().unwrap());
        assert_eq!(changes(&mut sources), [PathBuf::from("src/lib.rs")]);
    }

    #[tokio::test]
    async fn a_save_is_noticed_also_in_a_folder_that_is_new() {
        let (folder, mut sources) = project();
        fs::create_dir(folder.path().join("src/deep")).unwrap();
        fs::write(folder.path().join("src/deep/mod.rs"), "x").unwrap();
        assert_eq!(sources.changed().await.unwrap(), [PathBuf::from("src/deep/mod.rs")]);
        let (found, ()) = tokio::join!(sources.changed(), async {
            fs::write(folder.path().join("src/deep/mod.rs"), "y").unwrap();
        });
        assert_eq!(found.unwrap(), [PathBuf::from("src/deep/mod.rs")]);
    }

    #[tokio::test]
    async fn what_came_and_went_again_is_not_told() {
        let (folder, mut sources) = project();
        let aside = folder.path().join("src/4913");
        fs::write(&aside, "an editor tries whether it may write here").unwrap();
        assert!(sources.scan().unwrap());
        fs::remove_file(aside).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "saved").unwrap();
        assert_eq!(sources.changed().await.unwrap(), [PathBuf::from("src/lib.rs")]);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_loses_nothing() {
        let (folder, mut sources) = project();
        fs::write(folder.path().join("src/lib.rs"), "saved").unwrap();
        sources.stirred().await.unwrap();
        assert_eq!(sources.changed().await.unwrap(), [PathBuf::from("src/lib.rs")]);
    }
}
