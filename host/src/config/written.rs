//! The settings as they were written, each with its place, in layers: flags over environment over file.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use super::error::{ConfigError, Place, Placed, suggestion};
use super::plugin::PluginConfig;
use super::secret::Secret;
use super::table::Table;
use super::{Environment, Flags};

/// The variables there are. Any other that begins with `LAMPLIGHTER_` is an error.
const VARIABLES: [&str; 10] = [
    "LAMPLIGHTER_CONFIG",
    "LAMPLIGHTER_PLUGINS",
    "LAMPLIGHTER_BRIDGE",
    "LAMPLIGHTER_STATE",
    "LAMPLIGHTER_BRIDGE_HOST",
    "LAMPLIGHTER_BRIDGE_ID",
    "LAMPLIGHTER_BRIDGE_KEY",
    "LAMPLIGHTER_BRIDGE_CERTIFICATE",
    "LAMPLIGHTER_LOG",
    "LAMPLIGHTER_LOG_FORMAT",
];

/// What one layer, or all layers together, say. Nothing here has been understood yet, but for the plugins' tables,
/// which come from the file alone.
#[derive(Default)]
pub(super) struct Written {
    /// The file that is to be read.
    pub(super) config: Option<Placed<PathBuf>>,
    pub(super) bridge: WrittenBridge,
    pub(super) plugins_dir: Option<Placed<PathBuf>>,
    pub(super) state_dir: Option<Placed<PathBuf>>,
    pub(super) log_level: Option<Placed<String>>,
    pub(super) log_format: Option<Placed<String>>,
    pub(super) plugins: Vec<(String, PluginConfig)>,
}

/// The bridge as one layer or all layers describe it.
#[derive(Default)]
pub(super) struct WrittenBridge {
    /// The id or the name of a stored one.
    pub(super) chosen: Option<Placed<String>>,
    pub(super) host: Option<Placed<String>>,
    pub(super) id: Option<Placed<String>>,
    pub(super) key: Option<Placed<Secret>>,
    pub(super) certificate: Option<Placed<String>>,
    pub(super) rediscover: Option<bool>,
}

impl Written {
    /// What this layer says, and where it is silent, what `lower` says.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            config: self.config.or(lower.config),
            bridge: self.bridge.over(lower.bridge),
            plugins_dir: self.plugins_dir.or(lower.plugins_dir),
            state_dir: self.state_dir.or(lower.state_dir),
            log_level: self.log_level.or(lower.log_level),
            log_format: self.log_format.or(lower.log_format),
            plugins: if self.plugins.is_empty() { lower.plugins } else { self.plugins },
        }
    }

    /// Where the settings that came out on top were written, but for those that only a file can have.
    pub(super) fn places(&self) -> BTreeMap<String, Place> {
        let bridge = &self.bridge;
        let places = [
            ("config", place(self.config.as_ref())),
            ("plugins_dir", place(self.plugins_dir.as_ref())),
            ("state_dir", place(self.state_dir.as_ref())),
            ("bridge.name", place(bridge.chosen.as_ref())),
            ("bridge.host", place(bridge.host.as_ref())),
            ("bridge.id", place(bridge.id.as_ref())),
            ("bridge.key", place(bridge.key.as_ref())),
            ("bridge.certificate_sha256", place(bridge.certificate.as_ref())),
            ("log.level", place(self.log_level.as_ref())),
            ("log.format", place(self.log_format.as_ref())),
        ];
        places.into_iter().filter_map(|(key, place)| Some((key.to_owned(), place?))).collect()
    }

    /// The layer of the command line.
    pub(super) fn from_flags(flags: &Flags) -> Self {
        Self {
            config: flags.config.clone().map(|path| Placed::new(path, Place::Flag("--config"))),
            bridge: WrittenBridge {
                chosen: flags.bridge.clone().map(|bridge| Placed::new(bridge, Place::Flag("--bridge"))),
                ..WrittenBridge::default()
            },
            plugins_dir: flags.plugins.clone().map(|path| Placed::new(path, Place::Flag("--plugins"))),
            log_level: flags.log.clone().map(|level| Placed::new(level, Place::Flag("--log"))),
            log_format: flags.log_format.clone().map(|format| Placed::new(format, Place::Flag("--log-format"))),
            ..Self::default()
        }
    }

    /// The layer of the environment. A variable that is set to nothing counts as not set: containers and MCP clients
    /// hand such ones down.
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let unknown = |name: &&String| name.starts_with("LAMPLIGHTER_") && !VARIABLES.contains(&name.as_str());
        if let Some(name) = environment.keys().find(unknown) {
            let suggestion = suggestion(name, &VARIABLES);
            return Err(ConfigError::new(format!("the environment variable {name} is not a setting; {suggestion}")));
        }
        let path = |name| variable(environment, name).map(|found| found.map(PathBuf::from));
        let text = |name| variable(environment, name).map(utf8).transpose();
        Ok(Self {
            config: path("LAMPLIGHTER_CONFIG"),
            plugins_dir: path("LAMPLIGHTER_PLUGINS"),
            state_dir: path("LAMPLIGHTER_STATE"),
            bridge: WrittenBridge {
                chosen: text("LAMPLIGHTER_BRIDGE")?,
                host: text("LAMPLIGHTER_BRIDGE_HOST")?,
                id: text("LAMPLIGHTER_BRIDGE_ID")?,
                key: text("LAMPLIGHTER_BRIDGE_KEY")?.map(|key| key.map(Secret::new)),
                certificate: text("LAMPLIGHTER_BRIDGE_CERTIFICATE")?,
                rediscover: None,
            },
            log_level: text("LAMPLIGHTER_LOG")?,
            log_format: text("LAMPLIGHTER_LOG_FORMAT")?,
            plugins: Vec::new(),
        })
    }

    /// The layer of the file, whose relative paths begin at its own folder.
    pub(super) fn from_file(mut file: Table<'_>) -> Result<Self, ConfigError> {
        let mut bridge = file.table("bridge")?;
        let mut log = file.table("log")?;
        let written = Self {
            config: None,
            plugins_dir: file.text("plugins_dir")?.map(|found| found.map(PathBuf::from)),
            state_dir: file.text("state_dir")?.map(|found| found.map(PathBuf::from)),
            bridge: WrittenBridge {
                chosen: bridge.text("name")?,
                host: bridge.text("host")?,
                id: bridge.text("id")?,
                key: bridge.text("key")?.map(|key| key.map(Secret::new)),
                certificate: bridge.text("certificate_sha256")?,
                rediscover: bridge.switch("rediscover")?,
            },
            log_level: log.text("level")?,
            log_format: log.text("format")?,
            plugins: plugins(file.table("plugins")?)?,
        };
        bridge.finish()?;
        log.finish()?;
        file.finish()?;
        Ok(written)
    }
}

impl WrittenBridge {
    /// What this layer says, and where it is silent, what `lower` says; but who names a bridge does not mean what a
    /// lower layer says of another one.
    fn over(self, lower: Self) -> Self {
        let rediscover = self.rediscover.or(lower.rediscover);
        if self.chosen.is_some() {
            return Self { rediscover, ..self };
        }
        Self {
            chosen: if self.id.is_some() { None } else { lower.chosen },
            host: self.host.or(lower.host),
            id: self.id.or(lower.id),
            key: self.key.or(lower.key),
            certificate: self.certificate.or(lower.certificate),
            rediscover,
        }
    }
}

pub(super) fn place<T>(written: Option<&Placed<T>>) -> Option<Place> {
    written.map(|written| written.place.clone())
}

fn variable(environment: &Environment, name: &'static str) -> Option<Placed<OsString>> {
    let value = environment.get(name).filter(|value| !value.is_empty())?;
    Some(Placed::new(value.clone(), Place::Variable(name)))
}

fn utf8(found: Placed<OsString>) -> Result<Placed<String>, ConfigError> {
    match found.value.into_string() {
        Ok(text) => Ok(Placed::new(text, found.place)),
        Err(_) => Err(found.place.error("is not valid UTF-8; write it anew")),
    }
}

fn plugins(table: Table<'_>) -> Result<Vec<(String, PluginConfig)>, ConfigError> {
    let read = |(name, table)| PluginConfig::read(&name, table).map(|config| (name.value, config));
    table.tables()?.into_iter().map(read).collect()
}
