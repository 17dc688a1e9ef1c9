//! The configuration: from what was written, in four layers, to what was meant.
//!
//! Flags go over `LAMPLIGHTER_*` environment variables, these over `config.toml`, and this over the defaults. Every
//! value is checked once, here; the rest of the host receives a [`Config`] that cannot be wrong. An error names the
//! place, what is wrong there and what to write instead, and never holds the application key. Nothing here reads the
//! process's own environment or asks for the user's folders, except [`environment`] and [`Places::of_user`].
//!
//! ```toml
//! plugins_dir = "plugins"             # relative to this file's folder
//! state_dir = "state"                 # what plugins store, compiled plugins, approvals
//!
//! [bridge]                            # or nothing: then it is the one that `lamplighter pair` stored
//! host = "192.168.1.20"
//! id = "ecb5fafffe123456"
//! key = "…"                           # the application key: keep this file to yourself (mode 0600)
//! certificate_sha256 = "AB:CD:…"      # optional: accept this certificate only
//! # name = "Home"                     # alone, or `id` alone: one of several that are stored
//! rediscover = false                  # look for it elsewhere when it does not answer? Default: if it is a stored one
//!
//! [log]
//! level = "info"                      # or directives: "info,lamplighter=debug"
//! format = "human"                    # or "json"
//!
//! [plugins.party]
//! grant = ["scenes"]                  # of settings, home, control, scenes, status, storage, clip
//! deny = ["status"]
//! pin = "surface"                     # hold new bytes until `lamplighter plugin approve`; or "digest"
//! hue_names = false                   # may its tools be named hue_*?
//! memory_mib = 64
//! stack_kib = 512
//! wall_seconds = 600
//! cpu_seconds = 30
//! output_kib = 1024
//! log_lines_per_second = 100
//! concurrent_calls = 16
//! commands_per_minute = 300
//! storage_kib = 1024
//!
//! [plugins.party.control]             # narrows `control` and `scenes`
//! rooms = ["Kitchen", "Hallway"]      # rooms and zones, by name or id
//!
//! [plugins.party.clip]                # narrows `clip`
//! types = ["light", "scene"]
//! methods = ["get"]                   # of get, put, post, delete
//!
//! [plugins.party.settings]            # whatever this plugin understands
//! default_brightness = 60
//! ```

mod error;
mod file;
mod grants;
mod meant;
mod origin;
mod plugin;
mod scope;
mod secret;
mod stored;
mod table;
#[cfg(test)]
mod tests;
mod written;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

pub(crate) use grants::{Grants, Interface, denied_text};
pub(crate) use origin::{Origins, Setting};
pub(crate) use plugin::{PluginConfig, PluginLimits, is_plugin_name};
pub(crate) use secret::Secret;
pub(crate) use stored::{Bridges, Store, StoreError, StoredBridge, hexadecimal};

pub(crate) use error::ConfigError;
use written::Written;

/// Everything the host needs to know before it starts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// The bridge, if there is one yet.
    pub(crate) bridge: Option<BridgeConfig>,
    /// The file of the bridges that were paired with.
    pub(crate) bridges_file: Option<PathBuf>,
    /// The folder whose `.wasm` files are the plugins. It need not exist yet.
    pub(crate) plugins_dir: PathBuf,
    /// The folder of what is kept between runs. Never the plugins folder, nor in it. It need not exist yet.
    pub(crate) state_dir: PathBuf,
    /// How to log.
    pub(crate) log: LogConfig,
    /// The configuration file, which may be missing.
    pub(crate) file: Option<PathBuf>,
    /// The plugins that the configuration names; for any plugin, ask [`Config::plugin`].
    pub(crate) plugins: Plugins,
}

/// What the configuration file says of plugins, by their names.
pub(crate) type Plugins = BTreeMap<String, PluginConfig>;

/// How to reach and recognise the bridge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BridgeConfig {
    /// A host name or an address, with a port or without.
    pub(crate) host: String,
    /// 16 hexadecimal digits in lower case.
    pub(crate) id: String,
    /// The application key that pairing gave.
    pub(crate) key: Secret,
    /// SHA-256 of the DER form of the only certificate to accept, if one is pinned.
    pub(crate) certificate: Option<[u8; 32]>,
    /// Whether it is one that pairing stored.
    pub(crate) stored: bool,
    /// Whether it is looked for at other addresses when it does not answer at `host`.
    pub(crate) rediscover: bool,
}

/// How to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// A level, or directives such as `info,lamplighter=debug`; `logging` understands it.
    pub(crate) level: String,
    /// For whom.
    pub(crate) format: LogFormat,
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A line per event, for people.
    Human,
    /// A JSON object per line, for programs.
    Json,
}

/// What the command line said; `None` where it said nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--bridge`
    pub(crate) bridge: Option<String>,
    /// `--plugins`
    pub(crate) plugins: Option<PathBuf>,
    /// `--log`
    pub(crate) log: Option<String>,
    /// `--log-format`
    pub(crate) log_format: Option<String>,
}

/// Environment variables by name; those that do not begin with `LAMPLIGHTER_` are ignored.
pub(crate) type Environment = BTreeMap<String, OsString>;

/// The process's own `LAMPLIGHTER_*` variables.
pub(crate) fn environment() -> Environment {
    let ours = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
    std::env::vars_os().filter_map(ours).filter(|(name, _)| name.starts_with("LAMPLIGHTER_")).collect()
}

/// Where things are if nobody says where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The configuration file, which may be missing.
    pub(crate) config_file: Option<PathBuf>,
    /// The file of the bridges that were paired with, which may be missing.
    pub(crate) bridges_file: Option<PathBuf>,
    /// The folder of plugins.
    pub(crate) plugins_dir: Option<PathBuf>,
    /// The folder of what is kept between runs.
    pub(crate) state_dir: Option<PathBuf>,
    /// What `~` stands for.
    pub(crate) home: Option<PathBuf>,
}

impl Places {
    /// This user's, by the conventions of the system: on Linux `~/.config/lamplighter/config.toml`, `bridges.toml` beside
    /// it, `~/.local/share/lamplighter/plugins` and `~/.local/state/lamplighter/state`. All `None` for a user without a
    /// home.
    pub(crate) fn of_user() -> Self {
        let Some(user) = directories::BaseDirs::new() else {
            return Self::default();
        };
        Self {
            config_file: Some(user.config_dir().join("lamplighter").join("config.toml")),
            bridges_file: Some(user.config_dir().join("lamplighter").join("bridges.toml")),
            plugins_dir: Some(user.data_dir().join("lamplighter").join("plugins")),
            state_dir: Some(user.state_dir().unwrap_or(user.data_local_dir()).join("lamplighter").join("state")),
            home: Some(user.home_dir().to_owned()),
        }
    }
}

/// A configuration and how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// What holds.
    pub(crate) config: Config,
    /// What the user should know, to be logged once logging works.
    pub(crate) warnings: Vec<String>,
    /// Where it was written.
    pub(crate) origins: Origins,
}

impl Config {
    /// Reads all layers and understands them.
    pub(crate) fn load(flags: &Flags, environment: &Environment, places: &Places) -> Result<Loaded, ConfigError> {
        let mut written = Written::from_flags(flags).over(Written::from_environment(environment)?);
        let (mut warnings, mut lines, mut config_file) = (Vec::new(), BTreeMap::new(), None);
        let path = file::path(written.config.as_ref(), places)?;
        if let Some(file) = file::read(written.config.as_ref(), path.as_deref())? {
            let holds_a_key = file.written.bridge.key.is_some();
            warnings.extend(path.as_deref().filter(|_| holds_a_key).and_then(file::openness));
            written = written.over(file.written);
            (lines, config_file) = (file.lines, path.clone());
        }
        // What a file alone can have is where it is in the file; the rest may be elsewhere, or nowhere.
        lines.retain(|key, _| key.starts_with("plugins.") || key == "bridge.rediscover");
        lines.extend(written.places());
        let origins = Origins::new(config_file, lines);
        let store = places.bridges_file.clone().map(Store::at);
        let bridges = store.as_ref().map_or_else(|| Ok(Bridges::default()), Store::read)?;
        warnings.extend(store.filter(|_| !bridges.is_empty()).and_then(|store| file::openness(store.path())));
        let config = Self { file: path, ..Self::meant(written, &bridges, places)? };
        Ok(Loaded { config, warnings, origins })
    }

    /// What the file says of plugins now. The whole file is checked; nothing else of it is used.
    pub(crate) fn plugins_now(&self) -> Result<Plugins, ConfigError> {
        let file = file::read(None, self.file.as_deref())?;
        Ok(file.map(|file| file.written.plugins.into_iter().collect()).unwrap_or_default())
    }

    /// What holds for the plugin of this name, whether the configuration names it or not.
    pub(crate) fn plugin(&self, name: &str) -> PluginConfig {
        PluginConfig::of(&self.plugins, name)
    }

    fn meant(written: Written, bridges: &Bridges, places: &Places) -> Result<Self, ConfigError> {
        let plugins_dir = meant::plugins_dir(written.plugins_dir.as_ref(), places)?;
        Ok(Self {
            bridge: meant::bridge(written.bridge, bridges, places)?,
            bridges_file: places.bridges_file.clone(),
            state_dir: meant::state_dir(written.state_dir.as_ref(), &plugins_dir, places)?,
            plugins_dir,
            log: LogConfig {
                level: meant::log_level(written.log_level)?,
                format: meant::log_format(written.log_format.as_ref())?,
            },
            file: None,
            plugins: written.plugins.into_iter().collect(),
        })
    }
}
