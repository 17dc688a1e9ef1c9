//! The state folder: what is kept between runs. Private, and never under the plugins folder.

use std::{fs, io, path::Path};

use anyhow::Context as _;

/// Makes the folder if there is none, closed to other users.
pub(crate) fn prepare(dir: &Path) -> anyhow::Result<()> {
    private_dir(dir).with_context(|| {
        format!("the state folder {} cannot be made: name another by `state_dir` in config.toml", dir.display())
    })
}

/// A folder with mode 0700; what is above it is made as usual.
#[cfg(unix)]
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Somebody may have made it by hand.
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
        }
        made => made,
    }
}

/// Elsewhere a user's folders are closed to others unless opened on purpose.
#[cfg(not(unix))]
pub(crate) fn private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}
