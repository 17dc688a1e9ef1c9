//! The configuration file: reads it, and checks which other users can.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{
    Plugins,
    error::{ConfigError, Located, Location},
    layers::Layer,
    plugin::PluginConfig,
    table::Table,
};

/// A configuration file that was read.
pub(super) struct File {
    /// The settings that flags and variables can replace.
    pub(super) layer: Layer,
    /// Holds what `bridge.rediscover` sets.
    pub(super) rediscover: Option<bool>,
    pub(super) plugins: Plugins,
    /// Where each key was written.
    pub(super) locations: BTreeMap<String, Location>,
}

impl File {
    /// Reads the file. It must exist if it was `named`.
    pub(super) fn read(named: Option<&Located<PathBuf>>, path: Option<&Path>) -> Result<Option<Self>, ConfigError> {
        let Some(path) = path else { return Ok(None) };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(Table::parse(path, &text)?).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(None),
            Err(error) => {
                let problem = format!("the configuration file {} cannot be read: {error}", path.display());
                Err(match named {
                    Some(named) => named.location.error(format!("is wrong: {problem}")),
                    None => ConfigError::new(problem),
                })
            }
        }
    }

    fn parse(mut file: Table<'_>) -> Result<Self, ConfigError> {
        let locations = file.locations();
        let (mut bridge, mut log) = (file.table("bridge")?, file.table("log")?);
        let mut layer = Layer::default();
        layer.take_text(&mut file, "plugins_dir", "plugins_dir")?;
        layer.take_text(&mut file, "state_dir", "state_dir")?;
        layer.take_text(&mut bridge, "name", "bridge.name")?;
        layer.take_text(&mut bridge, "host", "bridge.host")?;
        layer.take_text(&mut bridge, "id", "bridge.id")?;
        layer.take_text(&mut bridge, "key", "bridge.key")?;
        layer.take_text(&mut bridge, "certificate_sha256", "bridge.certificate_sha256")?;
        layer.take_text(&mut log, "level", "log.level")?;
        layer.take_text(&mut log, "format", "log.format")?;
        let rediscover = bridge.boolean("rediscover")?;
        let plugin = |(name, table): (Located<String>, Table<'_>)| {
            PluginConfig::read(&name, table).map(|config| (name.value, config))
        };
        let plugins = file.table("plugins")?.tables()?.into_iter().map(plugin).collect::<Result<_, _>>()?;
        for table in [bridge, log, file] {
            table.finish()?;
        }
        Ok(Self { layer, rediscover, plugins, locations })
    }
}

/// Warns if other users can open a file that holds the application key.
#[cfg(unix)]
pub(super) fn check_mode(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;

    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & 0o077 != 0).then(|| {
        format!(
            "{path} holds the bridge's application key and is open to other users (mode {mode:03o}); close it by \
             `chmod 600 {path}`"
        )
    })
}

/// On other systems a user's files are closed to others by default.
#[cfg(not(unix))]
pub(super) fn check_mode(_: &Path) -> Option<String> {
    None
}
