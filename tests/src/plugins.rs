//! The folder of plugins that a server watches.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The folder, and one beside it in which files are written before they are moved in.
#[derive(Debug)]
pub struct Plugins {
    root: TempDir,
}

/// BLAKE3 of the bytes in hexadecimal, as the server's log names a file.
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

    /// The folder the server watches.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("plugins")
    }

    /// Writes the `config.toml` of a server that was set up with one, as an editor does: all of it at once.
    pub fn configure(&self, toml: &str) -> Result<PathBuf> {
        let (file, aside) = (self.user().join("config.toml"), self.root.path().join("aside").join("config.toml"));
        std::fs::write(&aside, toml)?;
        std::fs::rename(&aside, &file).context("cannot write the configuration")?;
        Ok(file)
    }

    /// Where the file of a plugin lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.wasm"))
    }

    /// Puts a plugin in, or in the place of the one that is there, as an installer does: all of it at once.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.root.path().join("aside").join(name);
        std::fs::write(&aside, bytes)?;
        std::fs::rename(&aside, self.file(name)).context("cannot move a plugin in")
    }

    /// Writes a file in place, as a compiler or `cp` does: it is there before it is whole.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::write(self.file(name), bytes).context("cannot write a plugin")
    }

    /// Takes a plugin out.
    pub fn remove(&self, name: &str) -> Result<()> {
        std::fs::remove_file(self.file(name)).context("cannot remove a plugin")
    }

    /// Where the user's paired bridges are kept.
    pub fn bridges_file(&self) -> PathBuf {
        self.user().join(".config").join("lamplighter").join("bridges.toml")
    }

    pub(crate) fn store_bridges(&self, toml: &str) -> Result<()> {
        let file = self.bridges_file();
        std::fs::create_dir_all(file.parent().context("it lies in a folder")?)?;
        std::fs::write(file, toml).context("cannot store bridges")
    }

    /// Where the server keeps what outlives it.
    pub fn state(&self) -> PathBuf {
        self.root.path().join(".local/state/lamplighter/state")
    }

    /// Lets the server find what servers of earlier tests compiled: a test of something else need not wait for it.
    pub(crate) fn share_compiled(&self) -> Result<()> {
        let shared = crate::artifacts::shared_folder("compiled")?;
        std::fs::create_dir_all(self.state())?;
        std::os::unix::fs::symlink(shared, self.state().join("compiled")).context("cannot link what was compiled")
    }

    /// A folder that stands for the home of the user, so that nothing of the real one is read or written.
    pub fn user(&self) -> &Path {
        self.root.path()
    }
}
