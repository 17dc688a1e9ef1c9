//! A build of this project: its binary and its first-party plugins.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use lamplighter_tests::binary;

use crate::options::Options;

/// The name of this checkout in the table.
pub(crate) const OURS: &str = "ours";
/// The name of the commit that the targets refer to.
pub(crate) const TODAY: &str = "today";

const FIRST_PARTY_PLUGINS: [&str; 4] = ["lights", "rooms", "scenes", "health"];

/// A plugin's name and its component.
pub(crate) type Plugin = (String, Vec<u8>);

/// A build of this project.
pub(crate) struct Version {
    pub(crate) name: &'static str,
    pub(crate) binary: PathBuf,
    plugins: PathBuf,
}

impl Version {
    /// Finds the build of this checkout.
    pub(crate) fn ours() -> Result<Self> {
        let binary = binary()?;
        let target = binary.ancestors().nth(2).context("the binary lies in a target folder")?;
        Ok(Self { name: OURS, plugins: target.join("plugins"), binary })
    }

    /// Finds the build that xtask names.
    pub(crate) fn today(options: &Options) -> Result<Self> {
        let folder = options.today.as_ref().context("no --today FOLDER; `cargo xtask bench` builds one")?;
        let target = folder.join("target");
        let version = Self { name: TODAY, binary: target.join("release/lamplighter"), plugins: target.join("plugins") };
        ensure!(version.binary.exists(), "{} is not built", version.binary.display());
        Ok(version)
    }

    /// Reads a first-party plugin.
    pub(crate) fn plugin(&self, name: &str) -> Result<Plugin> {
        let file = self.plugins.join(format!("{name}.wasm"));
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok((name.to_owned(), bytes))
    }

    /// Reads the four first-party plugins.
    pub(crate) fn first_party(&self) -> Result<Vec<Plugin>> {
        FIRST_PARTY_PLUGINS.iter().map(|name| self.plugin(name)).collect()
    }
}
