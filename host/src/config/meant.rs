//! From what was written to what was meant: every value is understood here, once.

use std::path::{Path, PathBuf};

use super::error::{ConfigError, Place, Placed};
use super::secret::Secret;
use super::written::WrittenBridge;
use super::{BridgeConfig, LogFormat, Places};

/// The bridge, if one was written; half a bridge is an error that says what is missing.
pub(super) fn bridge(written: WrittenBridge) -> Result<Option<BridgeConfig>, ConfigError> {
    let WrittenBridge { host, id, key, certificate } = written;
    let places = [place(host.as_ref()), place(id.as_ref()), place(key.as_ref()), place(certificate.as_ref())];
    let Some(first) = places.into_iter().flatten().next() else {
        return Ok(None);
    };
    let missing = missing(host.is_none(), id.is_none(), key.is_none());
    let (Some(host), Some(id), Some(key)) = (host, id, key) else {
        return Err(first.error(format!("is set, but the bridge also needs {missing}")));
    };
    Ok(Some(BridgeConfig {
        host: bridge_host(host)?,
        id: bridge_id(&id)?,
        key: bridge_key(key)?,
        certificate: certificate.map(|written| fingerprint(&written)).transpose()?,
    }))
}

fn place<T>(written: Option<&Placed<T>>) -> Option<Place> {
    written.map(|written| written.place.clone())
}

fn missing(host: bool, id: bool, key: bool) -> String {
    let host = host.then_some("`host`, its address (LAMPLIGHTER_BRIDGE_HOST)");
    let id = id.then_some("`id`, the 16 digits of its identity (LAMPLIGHTER_BRIDGE_ID)");
    let key = key.then_some("`key`, the application key from pairing with it (LAMPLIGHTER_BRIDGE_KEY)");
    let missing: Vec<&str> = [host, id, key].into_iter().flatten().collect();
    format!("{}; write it under [bridge] in config.toml or set the variable", missing.join(" and "))
}

/// A name or an address, with a port or without.
fn bridge_host(written: Placed<String>) -> Result<String, ConfigError> {
    let host = &written.value;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.contains("://") || host.contains('/') {
        return Err(written.place.error("is a URL; write the address alone, such as 192.168.1.20"));
    }
    if host.is_empty() || host.len() > 260 || !host.chars().all(allowed) {
        return Err(written.place.error("must be a host name or an IP address, such as 192.168.1.20"));
    }
    Ok(written.value)
}

fn bridge_id(written: &Placed<String>) -> Result<String, ConfigError> {
    let id = written.value.to_ascii_lowercase();
    if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(written.place.error("must be 16 hexadecimal digits, such as ecb5fafffe123456"));
    }
    Ok(id)
}

/// The key is sent as an HTTP header, so it must fit into one. The error does not repeat it.
fn bridge_key(written: Placed<Secret>) -> Result<Secret, ConfigError> {
    let key = written.value.expose();
    if key.is_empty() || key.len() > 256 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "must be the application key as the bridge gave it: visible ASCII characters without spaces";
        return Err(written.place.error(problem));
    }
    Ok(written.value)
}

/// A SHA-256 digest: 64 hexadecimal digits, with colons or without.
fn fingerprint(written: &Placed<String>) -> Result<[u8; 32], ConfigError> {
    let digits: Option<Vec<u8>> = written.value.bytes().filter(|byte| *byte != b':').map(nibble).collect();
    match digits {
        Some(digits) if digits.len() == 64 => {
            Ok(std::array::from_fn(|index| (digits[2 * index] << 4) | digits[2 * index + 1]))
        }
        _ => Err(written.place.error("must be the SHA-256 of the bridge's certificate: 64 hexadecimal digits")),
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// A path as it was meant: `~` is the user's home, since no shell stands between an MCP client and the host, and a
/// relative path in the file begins at the file's folder, since nobody knows the folder a client starts the host in.
pub(super) fn path(written: &Placed<PathBuf>, places: &Places) -> Result<PathBuf, ConfigError> {
    if written.value.as_os_str().is_empty() {
        return Err(written.place.error("is empty; write a path"));
    }
    if let (Ok(rest), Some(home)) = (written.value.strip_prefix("~"), &places.home) {
        return Ok(home.join(rest));
    }
    let folder = match &written.place {
        Place::Line { file, .. } => file.parent().unwrap_or(Path::new("")),
        Place::Flag(_) | Place::Variable(_) => Path::new(""),
    };
    Ok(folder.join(&written.value))
}

/// The folder of plugins: the one that was written, or this user's.
pub(super) fn plugins_dir(written: Option<&Placed<PathBuf>>, places: &Places) -> Result<PathBuf, ConfigError> {
    match (written, &places.plugins_dir) {
        (Some(written), _) => path(written, places),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => {
            Err(ConfigError::new("this user has no home folder to look for plugins in; name one by --plugins"))
        }
    }
}

/// The log's level or directives, checked so that logging cannot fail on them later.
pub(super) fn log_level(written: Option<Placed<String>>) -> Result<String, ConfigError> {
    let Some(Placed { value: level, place }) = written else {
        return Ok("info".to_owned());
    };
    crate::logging::filter(&level).map_err(|problem| place.error(format!("is wrong: {problem}")))?;
    Ok(level)
}

/// The log's format.
pub(super) fn log_format(written: Option<&Placed<String>>) -> Result<LogFormat, ConfigError> {
    match written.map(|written| (written.value.as_str(), &written.place)) {
        None | Some(("human", _)) => Ok(LogFormat::Human),
        Some(("json", _)) => Ok(LogFormat::Json),
        Some((_, place)) => Err(place.error("must be human or json")),
    }
}
