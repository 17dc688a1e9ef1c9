//! Installs Debian's packages, where this runs as root on Debian.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::process;

/// Serialises the calls of apt, which locks its database.
static APT_LOCK: Mutex<()> = Mutex::new(());

/// Installs packages if this process may, and tells whether they are installed now.
pub(crate) fn install(packages: &[&str]) -> bool {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    if !root || !process::is_available("apt-get", &["--version"]) {
        return false;
    }
    let _turn = APT_LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    eprintln!("Getting from Debian: {}", packages.join(" "));
    let apt = |words: &[&str]| process::run(Command::new("apt-get").arg("--quiet").args(words));
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    apt(&["update"]).and_then(|()| apt(&install)).inspect_err(|error| eprintln!("{error:#}")).is_ok()
}
