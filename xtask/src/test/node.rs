//! Node.js for the steps that need it: packages as a lock file says.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Packages that were asked for.
pub(crate) enum Packages {
    /// They are in `node_modules`.
    Ready,
    /// They cannot be had on this machine, for the reason given.
    Impossible(String),
}

/// Installs what the lock file in `sources` says into `home`, once.
pub(crate) fn packages(home: &Path, sources: &Path) -> Result<Packages> {
    if !["node", "npm"].iter().all(|program| process::is_there(program, &["--version"])) {
        return Ok(Packages::Impossible("there is no Node.js with npm here".into()));
    }
    let lock = "package-lock.json";
    let (wanted, stamp) = (fs::read(sources.join(lock))?, home.join("installed.json"));
    if !fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        fs::create_dir_all(home)?;
        for file in ["package.json", lock, ".npmrc"] {
            fs::copy(sources.join(file), home.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(home);
        process::output(&mut npm)?;
        fs::write(&stamp, wanted)?;
    }
    Ok(Packages::Ready)
}
