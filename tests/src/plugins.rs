//! The plugins folder that a server watches, and the files beside it that belong to the server's user.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// A temporary home of a user, with the plugins folder and a folder for files before they are moved in.
#[derive(Debug)]
pub struct Plugins {
    root: TempDir,
}

/// Computes the BLAKE3 of a file in hexadecimal, by which the server's log names it.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Plugins {
    pub(crate) fn new() -> Result<Self> {
        let root = TempDir::with_prefix("lamplighter-test-").context("cannot make a folder for plugins")?;
        for folder in ["plugins", "aside"] {
            std::fs::create_dir(root.path().join(folder))?;
        }
        Ok(Self { root })
    }

    /// Returns the folder that the server watches.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("plugins")
    }

    /// Replaces the `config.toml` of a server that was set up with one, atomically, as an editor does.
    pub fn configure(&self, toml: &str) -> Result<PathBuf> {
        let (file, aside) = (self.user().join("config.toml"), self.root.path().join("aside").join("config.toml"));
        std::fs::write(&aside, toml)?;
        std::fs::rename(&aside, &file).context("cannot write the configuration")?;
        Ok(file)
    }

    /// Returns the path of a plugin's file.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.wasm"))
    }

    /// Adds or replaces a plugin atomically, as an installer does.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.root.path().join("aside").join(name);
        std::fs::write(&aside, bytes)?;
        std::fs::rename(&aside, self.file(name)).context("cannot move a plugin in")
    }

    /// Writes a plugin's file in place, as a compiler or `cp` does, so that it exists before it is complete.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::write(self.file(name), bytes).context("cannot write a plugin")
    }

    /// Removes a plugin.
    pub fn remove(&self, name: &str) -> Result<()> {
        std::fs::remove_file(self.file(name)).context("cannot remove a plugin")
    }

    /// Returns the path of the user's paired bridges.
    pub fn bridges_file(&self) -> PathBuf {
        self.user().join(".config").join("lamplighter").join("bridges.toml")
    }

    pub(crate) fn store_bridges(&self, toml: &str) -> Result<()> {
        let file = self.bridges_file();
        std::fs::create_dir_all(file.parent().context("it lies in a folder")?)?;
        std::fs::write(file, toml).context("cannot store bridges")
    }

    /// Returns the folder in which the server keeps its state between runs.
    pub fn state(&self) -> PathBuf {
        self.root.path().join(".local/state/lamplighter/state")
    }

    /// Links the cache of compiled components that all tests share, so that a test of something else does not compile.
    pub(crate) fn share_compiled(&self) -> Result<()> {
        let shared = crate::artifacts::shared_folder("compiled")?;
        std::fs::create_dir_all(self.state())?;
        std::os::unix::fs::symlink(shared, self.state().join("compiled")).context("cannot link what was compiled")
    }

    /// Returns the user's home folder, so that the server neither reads nor writes the real one.
    pub fn user(&self) -> &Path {
        self.root.path()
    }
}
