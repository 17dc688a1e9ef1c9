//! The workspace's folders, as cargo reports them, so that `CARGO_TARGET_DIR` and the like are respected.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Knows the workspace's folder and its target folder.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    quiet: bool,
}

impl Workspace {
    /// Finds the workspace of the current folder.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(Path::new("."), &["--no-deps"])?;
        Ok(Self {
            root: path_in(&metadata, "workspace_root")?,
            target: path_in(&metadata, "target_directory")?,
            quiet: false,
        })
    }

    /// Returns the same workspace with a cargo that prints errors alone.
    pub(crate) fn quietly(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Returns the metadata of all packages that the project depends on.
    pub(crate) fn resolved(&self) -> Result<Value> {
        metadata(&self.root, &["--locked", "--all-features"])
    }

    /// Returns the folder into which `build` puts the first-party plugins.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// Returns the folder into which `build` puts the machine code of the first-party plugins.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.target.join("bundle")
    }

    /// Returns the folder into which `build` puts the plugins that the tests need.
    pub(crate) fn guests(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// Returns the cargo that started this process, without a folder.
    pub(crate) fn cargo_anywhere() -> Command {
        Command::new(cargo())
    }

    /// Returns the cargo that started this process, in the workspace's folder.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root);
        if self.quiet {
            command.env("CARGO_TERM_QUIET", "true");
        }
        command
    }
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn metadata(folder: &Path, options: &[&str]) -> Result<Value> {
    let output = Command::new(cargo())
        .args(["metadata", "--format-version", "1"])
        .args(options)
        .current_dir(folder)
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata did not answer JSON")
}

fn path_in(metadata: &Value, field: &str) -> Result<PathBuf> {
    let path = metadata[field].as_str().with_context(|| format!("cargo metadata has no {field}"))?;
    Ok(PathBuf::from(path))
}
