//! What holds, setting by setting, and where each was written: for people who look at it.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::error::Place;
use super::{BridgeConfig, Config, Interface, LogFormat, PluginConfig};

/// What is shown of a secret.
const HIDDEN: &str = "(hidden)";
/// Words in the names of secrets.
const SECRET: [&str; 5] = ["key", "token", "secret", "password", "credential"];
/// Where a setting is from that nobody wrote.
const DEFAULT: &str = "default";

/// Where the settings were written.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    /// The file that was read, if there was one.
    config_file: Option<PathBuf>,
    places: BTreeMap<String, Place>,
}

/// One setting. A secret is there, and its value is not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Setting {
    /// As in `config.toml`, such as `log.level`; within its plugin's table for a plugin's.
    pub(crate) key: String,
    pub(crate) value: Value,
    /// A flag, a variable, a line of a file, or `default`.
    pub(crate) from: String,
}

impl Setting {
    /// Whether somebody wrote it.
    pub(crate) fn is_written(&self) -> bool {
        self.from != DEFAULT
    }
}

impl Origins {
    pub(super) fn new(config_file: Option<PathBuf>, places: BTreeMap<String, Place>) -> Self {
        Self { config_file, places }
    }

    /// All but what is about plugins.
    pub(crate) fn settings(&self, config: &Config) -> Vec<Setting> {
        let format = match config.log.format {
            LogFormat::Human => "human",
            LogFormat::Json => "json",
        };
        let mut all = vec![
            self.setting("config", self.config_file.as_ref().map_or(Value::Null, |file| json!(file))),
            self.setting("plugins_dir", json!(config.plugins_dir)),
            self.setting("state_dir", json!(config.state_dir)),
            self.setting("log.level", json!(config.log.level)),
            self.setting("log.format", json!(format)),
        ];
        match &config.bridge {
            Some(bridge) => all.extend(self.bridge(bridge, config)),
            None => all.push(self.setting("bridge", Value::Null)),
        }
        all
    }

    /// Parts of a stored bridge that nobody wrote are from where it is stored.
    fn bridge(&self, bridge: &BridgeConfig, config: &Config) -> Vec<Setting> {
        let certificate = bridge.certificate.map(|digest| super::hexadecimal(&digest));
        let parts = [
            ("bridge.host", json!(bridge.host)),
            ("bridge.id", json!(bridge.id)),
            ("bridge.key", json!(HIDDEN)),
            ("bridge.certificate_sha256", json!(certificate)),
            ("bridge.rediscover", json!(bridge.rediscover)),
        ];
        let stored = config.bridges_file.as_ref().filter(|_| bridge.stored).map(|file| file.display().to_string());
        let setting = |(key, value): (&str, Value)| {
            let mut setting = self.setting(key, value);
            if let Some(stored) = stored.as_ref().filter(|_| !setting.is_written() && key != "bridge.rediscover") {
                setting.from.clone_from(stored);
            }
            setting
        };
        parts.map(setting).into()
    }

    /// What holds for a plugin: first each interface that can be granted, as true or false; then how far that reaches,
    /// limits and the plugin's own settings.
    pub(crate) fn of_plugin(&self, name: &str, config: &PluginConfig) -> Vec<Setting> {
        let defaults = PluginConfig::default_for(name);
        let grant = |interface: Interface| {
            let (holds, default) = (config.grants.allows(interface), defaults.grants.allows(interface));
            let written = if holds { "grant" } else { "deny" };
            let from = if holds == default { None } else { self.place(&format!("plugins.{name}.{written}")) };
            Setting { key: interface.name().to_owned(), value: json!(holds), from: from.unwrap_or_else(by_default) }
        };
        let mut all: Vec<_> = Interface::ALL.into_iter().map(grant).collect();
        let scope = &config.scope;
        let more = [
            ("control.rooms", json!(scope.rooms())),
            ("clip.types", json!(scope.clip_types())),
            ("clip.methods", json!(scope.clip_methods())),
            ("hue_names", json!(config.grants.hue_names())),
            ("pin", json!(config.pin)),
        ];
        let limits = config.limits.listed().map(|(key, value)| (key, json!(value)));
        let inside = |key: &str, value: Value| Setting {
            from: self.place(&format!("plugins.{name}.{key}")).unwrap_or_else(by_default),
            key: key.to_owned(),
            value,
        };
        all.extend(more.into_iter().chain(limits).map(|(key, value)| inside(key, value)));
        let own = config.settings.iter().map(|(key, value)| (format!("settings.{key}"), masked(key, value)));
        all.extend(own.map(|(key, value)| inside(&key, value)));
        all
    }

    fn setting(&self, key: &str, value: Value) -> Setting {
        Setting { key: key.to_owned(), value, from: self.place(key).unwrap_or_else(by_default) }
    }

    fn place(&self, key: &str) -> Option<String> {
        self.places.get(key).map(Place::short)
    }
}

fn by_default() -> String {
    DEFAULT.to_owned()
}

/// A plugin's own setting, which nobody but the plugin understands: by its name it may be a secret.
fn masked(key: &str, value: &Value) -> Value {
    let key = key.to_lowercase();
    match value {
        _ if SECRET.iter().any(|word| key.contains(word)) => json!(HIDDEN),
        Value::Object(inside) => inside.iter().map(|(key, value)| (key.clone(), masked(key, value))).collect(),
        Value::Array(items) => items.iter().map(|item| masked("", item)).collect(),
        other => other.clone(),
    }
}
