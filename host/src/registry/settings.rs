//! The operator's plugin configuration, read again whenever its file changes.

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::config::{Config, ConfigError, PluginConfig, Plugins};

/// The configuration file is read after it was left alone for this long: an editor writes a file in steps, and some
/// delete it first.
const EDIT_DELAY: Duration = Duration::from_millis(500);

/// Holds the configuration of each plugin, as the last valid file says.
pub(super) struct Settings {
    config: Arc<Config>,
    plugins: Plugins,
    /// The file that was read last; `None` before the first check.
    read: Option<ConfigStamp>,
    /// A changed file that was not read yet, and when it was first seen like that.
    changed: Option<(ConfigStamp, Instant)>,
}

/// Length and modification time of the file; `None` while there is no file.
type ConfigStamp = Option<(u64, SystemTime)>;

/// Tells what a check found.
pub(super) enum SettingsChange {
    None,
    /// The file is being written. It is to be checked again after this time.
    Settling(Duration),
    /// Some plugins are configured differently now.
    Changed,
    /// The file is invalid; the previous configuration stays in force.
    Invalid(ConfigError),
}

impl Settings {
    /// Takes the configuration that was read at start. The first check reads the file once more, without delay.
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self { plugins: config.plugins.clone(), config, read: None, changed: None }
    }

    /// Returns the configuration that holds for one plugin now.
    pub(super) fn plugin(&self, name: &str) -> PluginConfig {
        PluginConfig::get(&self.plugins, name)
    }

    /// Reads the file again if it has changed.
    pub(super) fn check(&mut self) -> SettingsChange {
        let stamp = self.stamp();
        if self.read == Some(stamp) {
            self.changed = None;
            return SettingsChange::None;
        }
        let since = match self.changed {
            Some((seen, since)) if seen == stamp => since,
            _ => self.changed.insert((stamp, Instant::now())).1,
        };
        let is_first = self.read.is_none();
        if !is_first && since.elapsed() < EDIT_DELAY {
            return SettingsChange::Settling(EDIT_DELAY.saturating_sub(since.elapsed()));
        }
        (self.read, self.changed) = (Some(stamp), None);
        match self.config.reload_plugins() {
            Ok(plugins) if plugins == self.plugins => SettingsChange::None,
            Ok(plugins) => {
                self.plugins = plugins;
                SettingsChange::Changed
            }
            Err(error) => SettingsChange::Invalid(error),
        }
    }

    fn stamp(&self) -> ConfigStamp {
        let metadata = fs::metadata(self.config.file.as_deref()?).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    }
}
