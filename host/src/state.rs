//! The state folder, which keeps data between runs: private, and never under the plugins folder.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Makes the state folder if there is none, closed to other users.
pub(crate) fn prepare_state_dir(dir: &Path) -> anyhow::Result<()> {
    create_private_dir(dir).with_context(|| {
        format!("the state folder {} cannot be made: name another by `state_dir` in config.toml", dir.display())
    })
}

/// Makes a folder with mode 0700. Its parents are made with the usual mode.
#[cfg(unix)]
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // It may have been made by hand.
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
        }
        made => made,
    }
}

/// On other systems a user's folders are closed to others by default.
#[cfg(not(unix))]
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

/// Replaces a file as a whole: writes a new one beside it, with mode 0600, syncs it and renames it over the old one. A
/// reader finds the old or the new file, also after a power cut.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is on disk when the folder is.
    fs::File::open(folder)?.sync_all()
}
