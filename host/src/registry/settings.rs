//! What the operator's configuration says of plugins, read again when its file changes.

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::config::{Config, PluginConfig, Plugins};

/// An editor writes a file in steps; some delete it first. It is read when it has been left alone for this long.
const SETTLE: Duration = Duration::from_millis(500);

/// What holds for each plugin, as of the last good look.
pub(super) struct Settings {
    config: Arc<Config>,
    plugins: Plugins,
    read: Option<Stamp>,
    /// A file that was not read yet, and since when it looks like that.
    changed: Option<(Stamp, Instant)>,
}

/// What tells one content of the file from another; none while there is no file.
type Stamp = Option<(u64, SystemTime)>;

/// What a look at the file found.
pub(super) enum Look {
    Same,
    /// It is being written: look again.
    Soon(Duration),
    /// The plugins named here are configured otherwise, some of them perhaps as before.
    Changed,
    /// It cannot be used; what was read before holds.
    Bad(String),
}

impl Settings {
    /// What was read at start holds, until a look at the file finds it changed since.
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self { plugins: config.plugins.clone(), config, read: None, changed: None }
    }

    pub(super) fn plugin(&self, name: &str) -> PluginConfig {
        PluginConfig::of(&self.plugins, name)
    }

    pub(super) fn look(&mut self) -> Look {
        let stamp = self.stamp();
        if self.read == Some(stamp) {
            self.changed = None;
            return Look::Same;
        }
        // What was there at start was read a moment ago.
        let is_first = self.read.is_none();
        let since = match self.changed {
            Some((seen, since)) if seen == stamp => since,
            _ => self.changed.insert((stamp, Instant::now())).1,
        };
        if !is_first && since.elapsed() < SETTLE {
            return Look::Soon(SETTLE.saturating_sub(since.elapsed()));
        }
        self.read = Some(stamp);
        self.changed = None;
        match self.config.plugins_now() {
            Ok(plugins) if plugins == self.plugins => Look::Same,
            Ok(plugins) => {
                self.plugins = plugins;
                Look::Changed
            }
            Err(error) => Look::Bad(error.to_string()),
        }
    }

    fn stamp(&self) -> Stamp {
        let metadata = fs::metadata(self.config.file.as_deref()?).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    }
}
