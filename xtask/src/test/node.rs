//! Installs npm packages for the steps that need Node.js, as a lock file says.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Tells whether an installation succeeded.
pub(crate) enum Packages {
    /// The packages are in `node_modules`.
    Ready,
    /// This machine cannot install packages, for this reason.
    Impossible(String),
}

/// Installs the packages of the lock file in `sources` into `home`, unless they are there.
pub(crate) fn packages(home: &Path, sources: &Path) -> Result<Packages> {
    if !["node", "npm"].iter().all(|program| process::is_available(program, &["--version"])) {
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
