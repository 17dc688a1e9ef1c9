//! From what was written to what was meant: every value is understood here, once.

use std::path::{Path, PathBuf};

use super::error::{ConfigError, Place, Placed};
use super::secret::Secret;
use super::stored::{self, Bridges, StoredBridge};
use super::written::{WrittenBridge, place};
use super::{BridgeConfig, LogFormat, Places};

/// The bridge: one that was written in full, or a stored one that was named, whose parts can be overridden; or else the
/// stored default. Half a bridge is an error that says what is missing.
pub(super) fn bridge(
    written: WrittenBridge,
    bridges: &Bridges,
    places: &Places,
) -> Result<Option<BridgeConfig>, ConfigError> {
    let WrittenBridge { chosen, host, id, key, certificate, rediscover } = written;
    let set = [place(host.as_ref()), place(id.as_ref()), place(key.as_ref()), place(certificate.as_ref())];
    let first = set.into_iter().flatten().next();
    let id = id.as_ref().map(bridge_id_placed).transpose()?;
    let stored = match (chosen, &id, &first) {
        (Some(choice), id, _) => Some(same(stored::chosen(bridges, &choice)?, id.as_ref())?),
        (None, Some(id), _) => bridges.find(&id.value).ok(),
        (None, None, Some(_)) => None,
        (None, None, None) => stored::unchosen(bridges, places)?,
    };
    let base = stored
        .map(BridgeConfig::from)
        .map(|base| BridgeConfig { rediscover: rediscover.unwrap_or(base.rediscover), ..base });
    let Some(first) = first else { return Ok(base) };
    let host = host.map(bridge_host).transpose()?.or_else(|| base.as_ref().map(|base| base.host.clone()));
    let key = key.map(bridge_key).transpose()?.or_else(|| base.as_ref().map(|base| base.key.clone()));
    let id = id.map(|id| id.value).or_else(|| base.as_ref().map(|base| base.id.clone()));
    let certificate = certificate.as_ref().map(fingerprint).transpose()?;
    let missing = missing(host.is_none(), id.is_none(), key.is_none());
    let (Some(host), Some(id), Some(key)) = (host, id, key) else {
        return Err(first.error(format!("is set, but the bridge also needs {missing}")));
    };
    let certificate = certificate.or(base.as_ref().and_then(|base| base.certificate));
    let stored = base.is_some();
    Ok(Some(BridgeConfig { host, id, key, certificate, stored, rediscover: rediscover.unwrap_or(stored) }))
}

/// The stored bridge that was chosen, if what is written of its id does not contradict it.
fn same<'a>(chosen: &'a StoredBridge, id: Option<&Placed<String>>) -> Result<&'a StoredBridge, ConfigError> {
    match id {
        Some(id) if id.value != chosen.id => Err(id.place.error(format!(
            "is not that of the chosen bridge {}, which is {}; keep one of the two",
            chosen.name, chosen.id
        ))),
        _ => Ok(chosen),
    }
}

fn missing(host: bool, id: bool, key: bool) -> String {
    let host = host.then_some("`host`, its address (LAMPLIGHTER_BRIDGE_HOST)");
    let id = id.then_some("`id`, the 16 digits of its identity (LAMPLIGHTER_BRIDGE_ID)");
    let key = key.then_some("`key`, the application key from pairing with it (LAMPLIGHTER_BRIDGE_KEY)");
    let missing: Vec<&str> = [host, id, key].into_iter().flatten().collect();
    format!(
        "{}; write it under [bridge] in config.toml or set the variable, or pair with it by `lamplighter pair`",
        missing.join(" and ")
    )
}

/// A name or an address, with a port or without.
pub(super) fn bridge_host(written: Placed<String>) -> Result<String, ConfigError> {
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

pub(super) fn bridge_id(written: &Placed<String>) -> Result<String, ConfigError> {
    let id = written.value.to_ascii_lowercase();
    if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(written.place.error("must be 16 hexadecimal digits, such as ecb5fafffe123456"));
    }
    Ok(id)
}

/// As [`bridge_id`], with its place.
pub(super) fn bridge_id_placed(written: &Placed<String>) -> Result<Placed<String>, ConfigError> {
    Ok(Placed::new(bridge_id(written)?, written.place.clone()))
}

/// The key is sent as an HTTP header, so it must fit into one. The error does not repeat it.
pub(super) fn bridge_key(written: Placed<Secret>) -> Result<Secret, ConfigError> {
    let key = written.value.expose();
    if key.is_empty() || key.len() > 256 || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "must be the application key as the bridge gave it: visible ASCII characters without spaces";
        return Err(written.place.error(problem));
    }
    Ok(written.value)
}

/// A SHA-256 digest: 64 hexadecimal digits, with colons or without.
pub(super) fn fingerprint(written: &Placed<String>) -> Result<[u8; 32], ConfigError> {
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
        (Some(written), _) => apart_from_keys(path(written, places)?, written, places),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => {
            Err(ConfigError::new("this user has no home folder to look for plugins in; name one by --plugins"))
        }
    }
}

/// What is below the folder of plugins is there for plugins; the keys are not.
fn apart_from_keys(folder: PathBuf, written: &Placed<PathBuf>, places: &Places) -> Result<PathBuf, ConfigError> {
    let keys = places.bridges_file.as_ref().filter(|file| file.starts_with(&folder));
    keys.map_or(Ok(folder), |file| {
        let file = file.display();
        Err(written.place.error(format!("holds {file}, the file with the application keys; use a folder of its own")))
    })
}

/// The folder of what is kept between runs: the one that was written, or this user's. A plugins folder is written to by
/// whoever drops plugins, so what decides about them lies elsewhere.
pub(super) fn state_dir(
    written: Option<&Placed<PathBuf>>,
    plugins_dir: &Path,
    places: &Places,
) -> Result<PathBuf, ConfigError> {
    let Some(written) = written else {
        let missing = "this user has no home folder to keep state in; name one by `state_dir` in config.toml";
        return places.state_dir.clone().ok_or_else(|| ConfigError::new(missing));
    };
    let dir = path(written, places)?;
    if is_below(&dir, plugins_dir) {
        return Err(written.place.error("lies in the plugins folder: name another one"));
    }
    Ok(dir)
}

/// As far as the names tell; links are resolved where they exist.
fn is_below(dir: &Path, parent: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or(path.to_owned());
    real(dir).starts_with(real(parent))
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
