//! Validates the texts of the layers and converts them to the values of [`Config`](super::Config).

use std::path::{Path, PathBuf};

use hue_bridge::{ApplicationKey, Identity, parse_bridge_id};

use super::{
    DefaultPaths,
    error::{ConfigError, Located},
    layers::Layer,
    log::{LogFormat, log_filter},
};

/// The longest host that is accepted, in bytes: a domain name has at most 253, and a port 6.
const MAX_HOST_BYTES: usize = 260;
/// The longest application key that is accepted, in bytes.
const MAX_KEY_BYTES: usize = 256;

/// Checks that a text is a host name or an address, with a port or without.
pub(super) fn bridge_host(host: &str) -> Result<String, &'static str> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.contains("://") || host.contains('/') {
        return Err("is a URL; write the address alone, such as 192.168.1.20");
    }
    if host.is_empty() || host.len() > MAX_HOST_BYTES || !host.chars().all(is_allowed) {
        return Err("must be a host name or an IP address, such as 192.168.1.20");
    }
    Ok(host.to_owned())
}

/// Checks a bridge's id, and turns it into lower case.
pub(super) fn bridge_id(id: &str) -> Result<String, &'static str> {
    parse_bridge_id(id).ok_or("must be 16 hexadecimal digits, such as ecb5fafffe123456")
}

/// Checks that the key fits into an HTTP header. The error does not repeat it.
pub(super) fn bridge_key(key: &str) -> Result<ApplicationKey, &'static str> {
    if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be the application key as the bridge gave it: visible ASCII characters without spaces");
    }
    Ok(ApplicationKey::new(key))
}

/// Parses the SHA-256 of the only certificate to accept: 64 hexadecimal digits, with colons or without.
pub(super) fn pinned_identity(fingerprint: &str) -> Result<Identity, &'static str> {
    let problem = "must be the SHA-256 of the bridge's certificate: 64 hexadecimal digits";
    fingerprint.parse().map(Identity::Pinned).map_err(|_| problem)
}

/// Resolves a path: `~` is the user's home, since no shell stands between an MCP client and the host. A relative path in
/// the file begins at the file's folder, since the folder in which a client starts the host is arbitrary.
pub(super) fn path(written: &Located<PathBuf>, defaults: &DefaultPaths) -> Result<PathBuf, ConfigError> {
    if written.value.as_os_str().is_empty() {
        return Err(written.location.error("is empty; write a path"));
    }
    match (written.value.strip_prefix("~"), &defaults.home) {
        (Ok(rest), Some(home)) => Ok(home.join(rest)),
        _ => Ok(written.location.folder().join(&written.value)),
    }
}

/// Determines the plugins folder: the one that was written, or this user's. It must not hold the application keys.
pub(super) fn plugins_dir(layer: &Layer, defaults: &DefaultPaths) -> Result<PathBuf, ConfigError> {
    let Some(written) = layer.path("plugins_dir") else {
        let missing = "this user has no home folder to look for plugins in; name one by --plugins";
        return defaults.plugins_dir.clone().ok_or_else(|| ConfigError::new(missing));
    };
    let dir = path(&written, defaults)?;
    match defaults.bridges_file.as_ref().filter(|file| file.starts_with(&dir)) {
        Some(keys) => Err(written
            .location
            .error(format!("holds {}, the file with the application keys; use a folder of its own", keys.display()))),
        None => Ok(dir),
    }
}

/// Determines the state folder: the one that was written, or this user's. It must not lie in the plugins folder, where
/// anyone who drops plugins can write: the state decides about them.
pub(super) fn state_dir(layer: &Layer, plugins_dir: &Path, defaults: &DefaultPaths) -> Result<PathBuf, ConfigError> {
    let Some(written) = layer.path("state_dir") else {
        let missing = "this user has no home folder to keep state in; name one by `state_dir` in config.toml";
        return defaults.state_dir.clone().ok_or_else(|| ConfigError::new(missing));
    };
    let dir = path(&written, defaults)?;
    if is_below(&dir, plugins_dir) {
        return Err(written.location.error("lies in the plugins folder: name another one"));
    }
    Ok(dir)
}

/// Compares names, and resolves links where they exist.
fn is_below(dir: &Path, parent: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or(path.to_owned());
    real(dir).starts_with(real(parent))
}

/// Determines the log's level or directives. They are valid, so logging cannot fail on them later.
pub(super) fn log_level(layer: &Layer) -> Result<String, ConfigError> {
    let check = |level: String| log_filter(&level).map(|_| level).map_err(|error| format!("is wrong: {error}"));
    let level = layer.text("log.level")?.map(|level| level.try_map(check)).transpose()?;
    Ok(level.map_or_else(|| "info".to_owned(), |level| level.value))
}

/// Determines the log's format.
pub(super) fn log_format(layer: &Layer) -> Result<LogFormat, ConfigError> {
    let format = layer.validated("log.format", |format| match format {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be human or json"),
    })?;
    Ok(format.map_or(LogFormat::Human, |format| format.value))
}
