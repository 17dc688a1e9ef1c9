//! A temporary folder with a plugins folder in it, so that a command can change plugins without touching the user's.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// A temporary folder, which is removed when this is dropped.
pub(super) struct Scratch {
    root: TempDir,
}

impl Scratch {
    /// Makes a temporary folder with an empty plugins folder.
    pub(super) fn new() -> Result<Self> {
        let root = TempDir::with_prefix("lamplighter-").context("cannot make a temporary folder")?;
        let scratch = Self { root };
        fs::create_dir(scratch.plugins())?;
        Ok(scratch)
    }

    /// Returns the path of the plugins folder.
    pub(super) fn plugins(&self) -> PathBuf {
        self.file("plugins")
    }

    /// Returns the path of a file beside the plugins folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Copies a plugin's file into the plugins folder.
    pub(super) fn copy_plugin(&self, file: &Path) -> Result<()> {
        let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
        self.put_plugin(name, &fs::read(file).with_context(|| format!("cannot copy {}", file.display()))?)
    }

    /// Writes a plugin's file beside the plugins folder and moves it in, so that no reader finds a part of it.
    pub(super) fn put_plugin(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> Result<()> {
        let aside = self.file("aside");
        fs::write(&aside, bytes).with_context(|| format!("cannot write {}", aside.display()))?;
        fs::rename(&aside, self.plugins().join(name.as_ref())).context("cannot move a plugin into its folder")
    }
}
