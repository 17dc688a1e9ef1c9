//! The configuration: merges four layers and validates the result.
//!
//! Flags win over `LAMPLIGHTER_*` environment variables, these over `config.toml`, and this over the defaults. Every
//! value is validated once, here; the rest of the host receives a valid [`Config`]. An error names the location, the
//! problem and the remedy, and never holds the application key. Only [`environment`] reads the process's environment,
//! and only [`DefaultPaths::of_user`] asks for the user's folders.
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
//! stack_kib = 2048
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

mod bridges;
mod error;
mod file;
mod grants;
mod layers;
mod log;
mod plugin;
mod provenance;
mod publication;
mod scope;
mod selection;
mod table;
#[cfg(test)]
mod tests;
mod validate;

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use hue_bridge::{ApplicationKey, Identity};

pub(crate) use bridges::{Bridges, Store, StoreError, StoredBridge};
pub(crate) use error::ConfigError;
pub(crate) use grants::{FIRST_PARTY, Grants, Interface, denied_text, denied_texts};
pub(crate) use log::{LogConfig, LogFormat, log_filter};
pub(crate) use plugin::{Pin, PluginConfig, PluginLimits, is_plugin_name};
pub(crate) use provenance::{Provenance, Setting};
pub(crate) use publication::Publication;

use file::File;
use layers::Layer;

/// The configuration that the host runs with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// The bridge, if there is one yet.
    pub(crate) bridge: Option<BridgeConfig>,
    /// The file that stores the paired bridges.
    pub(crate) bridges_file: Option<PathBuf>,
    /// The folder whose `.wasm` files are the plugins. It need not exist yet.
    pub(crate) plugins_dir: PathBuf,
    /// The folder that keeps data between runs. It never lies in the plugins folder, and need not exist yet.
    pub(crate) state_dir: PathBuf,
    /// How to log.
    pub(crate) log: LogConfig,
    /// How the argument schemas of tools are published.
    pub(crate) publication: Publication,
    /// The configuration file, which may be missing.
    pub(crate) file: Option<PathBuf>,
    /// Holds the plugins that the file names. [`Config::plugin`] answers for any plugin.
    pub(crate) plugins: Plugins,
}

/// Holds the configurations of the plugins that the file names, keyed by their names.
pub(crate) type Plugins = BTreeMap<String, PluginConfig>;

/// How to reach the bridge and verify its identity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BridgeConfig {
    /// Holds a host name or an address, with a port or without.
    pub(crate) host: String,
    /// Identifies the bridge by 16 hexadecimal digits in lower case.
    pub(crate) id: String,
    /// The application key that pairing gave.
    pub(crate) key: ApplicationKey,
    /// How the bridge proves that it is itself.
    pub(crate) identity: Identity,
    /// Whether pairing stored the bridge.
    pub(crate) stored: bool,
    /// Whether the bridge is searched for at other addresses when it does not answer at `host`.
    pub(crate) rediscover: bool,
}

/// The flags of the command line; `None` where one was not given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// Holds what `--config` names.
    pub(crate) config: Option<PathBuf>,
    /// Holds what `--bridge` names.
    pub(crate) bridge: Option<String>,
    /// Holds what `--plugins` names.
    pub(crate) plugins: Option<PathBuf>,
    /// Holds what `--log` sets.
    pub(crate) log: Option<String>,
    /// Holds what `--log-format` sets.
    pub(crate) log_format: Option<String>,
    /// Whether `--portable-schemas` was given.
    pub(crate) portable_schemas: bool,
}

/// Environment variables by name. Those that do not begin with `LAMPLIGHTER_` are ignored.
pub(crate) type Environment = BTreeMap<String, OsString>;

/// Reads the process's own `LAMPLIGHTER_*` variables.
pub(crate) fn environment() -> Environment {
    let ours = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
    std::env::vars_os().filter_map(ours).filter(|(name, _)| name.starts_with("LAMPLIGHTER_")).collect()
}

/// The paths that are used where the configuration names no others.
#[derive(Clone, Debug, Default)]
pub(crate) struct DefaultPaths {
    /// The configuration file, which may be missing.
    pub(crate) config_file: Option<PathBuf>,
    /// The file that stores the paired bridges, which may be missing.
    pub(crate) bridges_file: Option<PathBuf>,
    /// The folder that holds the plugins.
    pub(crate) plugins_dir: Option<PathBuf>,
    /// The folder that keeps data between runs.
    pub(crate) state_dir: Option<PathBuf>,
    /// What `~` stands for.
    pub(crate) home: Option<PathBuf>,
}

impl DefaultPaths {
    /// Returns this user's paths, by the conventions of the system. On Linux they are `~/.config/lamplighter/config.toml`,
    /// `bridges.toml` beside it, `~/.local/share/lamplighter/plugins` and `~/.local/state/lamplighter/state`. A user
    /// without a home has none.
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

/// A configuration that was read, and its provenance.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Warnings for the user, to be logged once logging works.
    pub(crate) warnings: Vec<String>,
    pub(crate) provenance: Provenance,
}

impl Config {
    /// Reads and validates all layers.
    pub(crate) fn load(
        flags: &Flags,
        environment: &Environment,
        defaults: &DefaultPaths,
    ) -> Result<Loaded, ConfigError> {
        let mut layer = Layer::from_flags(flags).over(Layer::from_environment(environment)?);
        let named = layer.path("config");
        let path = match &named {
            Some(named) => Some(validate::path(named, defaults)?),
            None => defaults.config_file.clone(),
        };
        let (mut warnings, mut rediscover, mut plugins) = (Vec::new(), None, Plugins::new());
        let mut provenance = Provenance::default();
        if let Some(file) = File::read(named.as_ref(), path.as_deref())? {
            let holds_a_key = file.layer.location("bridge.key").is_some();
            warnings.extend(path.as_deref().filter(|_| holds_a_key).and_then(file::check_mode));
            provenance = Provenance::from_file(path.clone(), file.locations);
            layer = layer.over(file.layer);
            (rediscover, plugins) = (file.rediscover, file.plugins);
        }
        provenance.add(&layer);
        let store = defaults.bridges_file.clone().map(Store::at);
        let bridges = store.as_ref().map_or_else(|| Ok(Bridges::default()), Store::read)?;
        warnings.extend(store.filter(|_| !bridges.is_empty()).and_then(|store| file::check_mode(store.path())));
        let plugins_dir = validate::plugins_dir(&layer, defaults)?;
        let config = Self {
            bridge: selection::select_bridge(&layer, rediscover, &bridges, defaults)?,
            bridges_file: defaults.bridges_file.clone(),
            state_dir: validate::state_dir(&layer, &plugins_dir, defaults)?,
            plugins_dir,
            log: LogConfig { level: validate::log_level(&layer)?, format: validate::log_format(&layer)? },
            publication: if flags.portable_schemas { Publication::Portable } else { Publication::Declared },
            file: path,
            plugins,
        };
        Ok(Loaded { config, warnings, provenance })
    }

    /// Reads the plugins' part of the file again. The whole file is validated.
    pub(crate) fn reload_plugins(&self) -> Result<Plugins, ConfigError> {
        Ok(File::read(None, self.file.as_deref())?.map(|file| file.plugins).unwrap_or_default())
    }

    /// Returns the configuration of the plugin with this name, whether the file names it or not.
    pub(crate) fn plugin(&self, name: &str) -> PluginConfig {
        PluginConfig::get(&self.plugins, name)
    }
}
