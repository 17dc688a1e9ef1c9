//! The provenance of the configuration: each setting with its value and where it was written, for `config show`.

use std::{collections::BTreeMap, path::PathBuf};

use hue_bridge::Identity;
use serde::Serialize;
use serde_json::{Value, json};

use super::{BridgeConfig, Config, Interface, PluginConfig, error::Location, layers::Layer};

/// Shown instead of a secret.
const HIDDEN_VALUE: &str = "(hidden)";
/// A plugin's setting is taken for a secret if its name contains one of these.
const SECRET_WORDS: [&str; 5] = ["key", "token", "secret", "password", "credential"];
/// The provenance of a setting that was not written.
const DEFAULT_PROVENANCE: &str = "default";

/// Where the settings were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provenance {
    /// The file that was read, if there was one.
    config_file: Option<PathBuf>,
    locations: BTreeMap<String, Location>,
}

/// One setting. The value of a secret is hidden.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Setting {
    /// The key in `config.toml`, such as `log.level`; that of a plugin's setting within the plugin's table.
    pub(crate) key: String,
    pub(crate) value: Value,
    /// Names a flag, a variable, a line of a file, or is `default`.
    pub(crate) from: String,
}

impl Setting {
    /// Whether the setting was written anywhere.
    pub(crate) fn is_written(&self) -> bool {
        self.from != DEFAULT_PROVENANCE
    }
}

impl Provenance {
    /// Takes the settings of the file that flags and variables cannot replace.
    pub(super) fn from_file(config_file: Option<PathBuf>, mut locations: BTreeMap<String, Location>) -> Self {
        locations.retain(|key, _| key.starts_with("plugins.") || key == "bridge.rediscover");
        Self { config_file, locations }
    }

    /// Adds the settings of the merged layers.
    pub(super) fn add(&mut self, layer: &Layer) {
        self.locations.extend(layer.locations());
    }

    /// Returns all settings that do not belong to plugins.
    pub(crate) fn settings(&self, config: &Config) -> Vec<Setting> {
        let mut all = vec![
            self.setting("config", json!(self.config_file)),
            self.setting("plugins_dir", json!(config.plugins_dir)),
            self.setting("state_dir", json!(config.state_dir)),
            self.setting("log.level", json!(config.log.level)),
            self.setting("log.format", json!(config.log.format)),
        ];
        match &config.bridge {
            Some(bridge) => all.extend(self.bridge(bridge, config)),
            None => all.push(self.setting("bridge", Value::Null)),
        }
        all
    }

    /// The settings of the bridge. Parts of a stored bridge come from the file that stores it unless they were written.
    fn bridge(&self, bridge: &BridgeConfig, config: &Config) -> Vec<Setting> {
        let certificate = match bridge.identity {
            Identity::Pinned(fingerprint) => json!(fingerprint.to_string()),
            Identity::Signify => Value::Null,
        };
        let mut parts = vec![
            self.setting("bridge.host", json!(bridge.host)),
            self.setting("bridge.id", json!(bridge.id)),
            self.setting("bridge.key", json!(HIDDEN_VALUE)),
            self.setting("bridge.certificate_sha256", certificate),
        ];
        if let Some(file) = config.bridges_file.as_ref().filter(|_| bridge.stored) {
            parts.iter_mut().filter(|part| !part.is_written()).for_each(|part| part.from = file.display().to_string());
        }
        parts.push(self.setting("bridge.rediscover", json!(bridge.rediscover)));
        parts
    }

    /// Returns the settings of one plugin: each interface that can be granted, as true or false; then the scope of the
    /// grants, the limits and the plugin's own settings.
    pub(crate) fn plugin_settings(&self, name: &str, config: &PluginConfig) -> Vec<Setting> {
        let defaults = PluginConfig::default_for(name);
        let inside = |key: &str, value: Value| {
            let setting = self.setting(&format!("plugins.{name}.{key}"), value);
            Setting { key: key.to_owned(), ..setting }
        };
        let grant = |interface: Interface| {
            let (is_granted, default) = (config.grants.allows(interface), defaults.grants.allows(interface));
            let written = match (is_granted, default) {
                (true, false) => "grant",
                (false, true) => "deny",
                _ => "",
            };
            Setting { key: interface.name().to_owned(), ..inside(written, json!(is_granted)) }
        };
        let scope = &config.scope;
        let mut all: Vec<_> = Interface::ALL.into_iter().map(grant).collect();
        all.extend([
            inside("control.rooms", json!(scope.rooms())),
            inside("clip.types", json!(scope.clip_types())),
            inside("clip.methods", json!(scope.clip_methods())),
            inside("hue_names", json!(config.grants.hue_names())),
            inside("pin", json!(config.pin)),
        ]);
        all.extend(config.limits.listed().map(|(key, value)| inside(key, json!(value))));
        all.extend(config.settings.iter().map(|(key, value)| inside(&format!("settings.{key}"), mask(key, value))));
        all
    }

    fn setting(&self, key: &str, value: Value) -> Setting {
        let from = self.locations.get(key).map_or_else(|| DEFAULT_PROVENANCE.to_owned(), Location::short);
        Setting { key: key.to_owned(), value, from }
    }
}

/// Hides a plugin's own setting if its name may be that of a secret: only the plugin knows.
fn mask(key: &str, value: &Value) -> Value {
    let key = key.to_lowercase();
    match value {
        _ if SECRET_WORDS.iter().any(|word| key.contains(word)) => json!(HIDDEN_VALUE),
        Value::Object(inside) => inside.iter().map(|(key, value)| (key.clone(), mask(key, value))).collect(),
        Value::Array(items) => items.iter().map(|item| mask("", item)).collect(),
        other => other.clone(),
    }
}
