//! Builds the commit that the targets refer to, with its own lock file and its own plugins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// The commit that the table calls "today".
const TODAY_COMMIT: &str = "6738d7f";

/// Checks the commit out below the target folder and builds it, unless that was done before. Returns its folder.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("bench").join("today");
    let source = folder.join("src");
    if !source.join("target/release/lamplighter").exists() || !source.join("target/plugins").exists() {
        println!("Building {TODAY_COMMIT}, to compare with: some 15 minutes, once.");
        check_out(workspace, &folder, &source)?;
        let mut build = Workspace::cargo_anywhere();
        build.args(["xtask", "build", "--release"]).current_dir(&source).env("CARGO_TARGET_DIR", source.join("target"));
        process::run(&mut build).with_context(|| format!("{TODAY_COMMIT} does not build"))?;
    }
    Ok(source)
}

/// Writes the files of the commit into a folder.
fn check_out(workspace: &Workspace, folder: &Path, source: &Path) -> Result<()> {
    fs::create_dir_all(source).with_context(|| format!("cannot make {}", source.display()))?;
    let archive = folder.join("src.tar");
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(words).current_dir(&workspace.root);
        git
    };
    process::output(&mut git(&["cat-file", "-e", &format!("{TODAY_COMMIT}^{{commit}}")])).with_context(|| {
        format!(
            "this clone lacks the commit {TODAY_COMMIT}, with which the bench compares. A shallow clone gets it with \
             `git fetch --unshallow`; or give a built checkout of it with --today FOLDER"
        )
    })?;
    process::output(git(&["archive", "--output"]).arg(&archive).arg(TODAY_COMMIT))?;
    process::output(Command::new("tar").arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(source))?;
    fs::remove_file(&archive).context("git made no archive")
}
