//! Which of a project's files changed: by what is in them, so that a build that writes the same again goes unnoticed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, bail};
use tokio::time::sleep;

use crate::registry::watch::FoldersWatcher;

/// What is built, fetched or kept by tools.
const NOT_SOURCES: [&str; 6] = ["target", "node_modules", "gen", "dist", "__pycache__", "venv"];
/// An editor may write several files when one is saved.
const SETTLE: Duration = Duration::from_millis(100);
/// An event that was missed heals within this.
const RESCAN: Duration = Duration::from_secs(2);
/// More than any plugin has: it is probably not the folder that was meant.
const MOST_FILES: usize = 10_000;

/// By their paths in the project.
type Files = BTreeMap<PathBuf, Seen>;

/// The files of a project.
pub(super) struct Sources {
    root: PathBuf,
    /// As they were when they were last looked at.
    files: Files,
    /// As they were when it was last told what changed.
    told: Files,
    folders: FoldersWatcher,
}

/// A file: its size and time, to tell quickly that it is as it was, and what is in it.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    length: u64,
    modified: Option<SystemTime>,
    digest: blake3::Hash,
}

/// What is there.
#[derive(Default)]
struct Found {
    files: Files,
    folders: BTreeSet<PathBuf>,
}

impl Sources {
    pub(super) fn of(root: &Path) -> anyhow::Result<Self> {
        let (files, told) = (Files::new(), Files::new());
        let mut sources = Self { root: root.to_owned(), files, told, folders: FoldersWatcher::new() };
        sources.look()?;
        sources.tell();
        Ok(sources)
    }

    /// Waits until files have changed, came or went, and no more of them do. May be given up at any time: what it would
    /// have told is told by the next.
    pub(super) async fn changed(&mut self) -> anyhow::Result<Vec<PathBuf>> {
        loop {
            self.stirred().await?;
            sleep(SETTLE).await;
            while self.look()? {
                sleep(SETTLE).await;
            }
            // An editor's own files have come and gone by now.
            let changed = self.tell();
            if !changed.is_empty() {
                return Ok(changed);
            }
        }
    }

    /// Waits until there is something for [`Sources::changed`] to look into.
    pub(super) async fn stirred(&mut self) -> anyhow::Result<()> {
        loop {
            self.look()?;
            if !differences(&self.told, &self.files).is_empty() {
                return Ok(());
            }
            tokio::select! {
                () = self.folders.changed() => {}
                () = sleep(RESCAN) => {}
            }
        }
    }

    /// A build has ended: files that came or went are its doing, and no change. Answers whether others were saved while
    /// it ran, which [`Sources::changed`] tells as soon as they are complete.
    pub(super) fn is_saved_while_building(&mut self) -> anyhow::Result<bool> {
        self.look()?;
        let mut is_saved = false;
        for path in differences(&self.told, &self.files) {
            match (self.told.contains_key(&path), self.files.get(&path)) {
                (true, Some(_)) => is_saved = true,
                (_, None) => drop(self.told.remove(&path)),
                (false, Some(new)) => drop(self.told.insert(path, new.clone())),
            }
        }
        Ok(is_saved)
    }

    /// What is not as it was when it was told last.
    pub(super) fn tell(&mut self) -> Vec<PathBuf> {
        let changed = differences(&self.told, &self.files);
        self.told.clone_from(&self.files);
        changed
    }

    /// Looks again; answers whether anything is not as it was.
    fn look(&mut self) -> anyhow::Result<bool> {
        let mut found = Found::default();
        self.walk(&self.root, &mut found).with_context(|| format!("cannot read {}", self.root.display()))?;
        if found.files.len() > MOST_FILES {
            bail!("{} has more than {MOST_FILES} files: name the folder of one plugin", self.root.display());
        }
        self.folders.watch(found.folders);
        let before = std::mem::replace(&mut self.files, found.files);
        Ok(!differences(&before, &self.files).is_empty())
    }

    fn walk(&self, folder: &Path, found: &mut Found) -> io::Result<()> {
        found.folders.insert(folder.to_owned());
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if found.files.len() > MOST_FILES || !is_source(&path) {
                continue;
            }
            // Not through links: they may lead round in a circle. What is gone again is not there.
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

/// The files that are not in both, or whose content is not the same.
fn differences(before: &Files, after: &Files) -> Vec<PathBuf> {
    let digest = |files: &Files, path: &PathBuf| files.get(path).map(|seen| seen.digest);
    let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|path| digest(before, path) != digest(after, path)).cloned().collect()
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let of_an_editor = name.starts_with(['.', '#']) || name.ends_with('~');
    let built = path.extension().is_some_and(|extension| extension == "wasm");
    !of_an_editor && !built && !NOT_SOURCES.contains(&name.as_ref())
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

    fn told(sources: &mut Sources) -> Vec<PathBuf> {
        sources.look().unwrap();
        sources.tell()
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
        assert!(!sources.look().unwrap());
    }

    #[test]
    fn a_file_changes_when_what_is_in_it_does() {
        let (folder, mut sources) = project();
        let file = folder.path().join("src/lib.rs");
        fs::write(&file, "one").unwrap();
        assert!(!sources.look().unwrap());
        fs::write(&file, "other").unwrap();
        fs::write(folder.path().join("src/new.rs"), "").unwrap();
        assert_eq!(told(&mut sources), [PathBuf::from("src/lib.rs"), "src/new.rs".into()]);
        fs::remove_file(&file).unwrap();
        assert_eq!(told(&mut sources), [PathBuf::from("src/lib.rs")]);
    }

    #[test]
    fn what_a_build_leaves_behind_is_no_reason_to_build() {
        let (folder, mut sources) = project();
        fs::write(folder.path().join("Cargo.lock"), "made").unwrap();
        assert!(!sources.is_saved_while_building().unwrap());
        assert_eq!(told(&mut sources), Vec::<PathBuf>::new(), "it is known from then on");
        fs::write(folder.path().join("src/lib.rs"), "saved meanwhile").unwrap();
        fs::remove_file(folder.path().join("Cargo.lock")).unwrap();
        assert!(sources.is_saved_while_building().unwrap());
        assert_eq!(told(&mut sources), [PathBuf::from("src/lib.rs")]);
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
        assert!(sources.look().unwrap());
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
