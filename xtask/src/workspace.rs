//! Where things are: asked of cargo, so that `CARGO_TARGET_DIR` and the like are respected.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The workspace's folder and its target folder.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    quiet: bool,
}

impl Workspace {
    /// The workspace of the folder this was started in.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(Path::new("."), &["--no-deps"])?;
        Ok(Self {
            root: path_in(&metadata, "workspace_root")?,
            target: path_in(&metadata, "target_directory")?,
            quiet: false,
        })
    }

    /// The same, with a cargo that says nothing unless something is wrong.
    pub(crate) fn quietly(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Everything cargo knows about the packages this project is made of.
    pub(crate) fn resolved(&self) -> Result<Value> {
        metadata(&self.root, &["--locked", "--all-features"])
    }

    /// Where `build` puts the first-party plugins.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// Where `build` puts the plugins that the tests need.
    pub(crate) fn guests(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// The cargo that started this, in whichever folder it is put.
    pub(crate) fn cargo_anywhere() -> Command {
        Command::new(cargo())
    }

    /// The cargo that started this, in the workspace's folder.
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
