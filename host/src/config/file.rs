//! The file itself: found or missing, and who else can read it.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::error::{ConfigError, Place, Placed};
use super::table::Table;
use super::written::Written;
use super::{Places, meant};

/// A configuration file that was read.
pub(super) struct File {
    /// What it says.
    pub(super) written: Written,
    /// Where.
    pub(super) lines: BTreeMap<String, Place>,
}

/// The file that was named, or the user's own.
pub(super) fn path(named: Option<&Placed<PathBuf>>, places: &Places) -> Result<Option<PathBuf>, ConfigError> {
    match named {
        Some(named) => meant::path(named, places).map(Some),
        None => Ok(places.config_file.clone()),
    }
}

/// Reads the file; it must be there if somebody named it.
pub(super) fn read(named: Option<&Placed<PathBuf>>, path: Option<&Path>) -> Result<Option<File>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let table = Table::parse(path, &text)?;
            let lines = table.lines();
            Ok(Some(File { written: Written::from_file(table)?, lines: lines.read() }))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(None),
        Err(error) => {
            let problem = format!("the configuration file {} cannot be read: {error}", path.display());
            Err(named
                .map_or_else(|| ConfigError::new(&problem), |named| named.place.error(format!("is wrong: {problem}"))))
        }
    }
}

/// A warning if others than the owner can open a file that holds the application key.
#[cfg(unix)]
pub(super) fn openness(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    let warning = || {
        format!(
            "{path} holds the bridge's application key and is open to other users (mode {mode:03o}); close it by \
             `chmod 600 {path}`"
        )
    };
    (mode & 0o077 != 0).then(warning)
}

/// Elsewhere a user's files are closed to others unless opened on purpose.
#[cfg(not(unix))]
pub(super) fn openness(_: &Path) -> Option<String> {
    None
}
