//! Debian's packages, where this runs as root on Debian.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::process;

/// Two of apt at a time get in each other's way.
static APT: Mutex<()> = Mutex::new(());

/// Installs packages if this may; answers whether they are installed now.
pub(crate) fn install(packages: &[&str]) -> bool {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    if !root || !process::is_there("apt-get", &["--version"]) {
        return false;
    }
    let _turn = APT.lock().unwrap_or_else(PoisonError::into_inner);
    eprintln!("Getting from Debian: {}", packages.join(" "));
    let apt = |words: &[&str]| process::run(Command::new("apt-get").arg("--quiet").args(words));
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    apt(&["update"]).and_then(|()| apt(&install)).inspect_err(|error| eprintln!("{error:#}")).is_ok()
}
