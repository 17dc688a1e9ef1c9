//! Merges the layers of the configuration: flags over environment variables over the file. Each text keeps its location.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

use super::{
    Environment, Flags,
    error::{ConfigError, Located, Location, suggestion},
    table::Table,
};

/// The settings that may be written outside of the file too: the key in the file, and the variable. Any other variable
/// that begins with `LAMPLIGHTER_` is an error.
const ENVIRONMENT_VARIABLES: [(&str, &str); 10] = [
    ("config", "LAMPLIGHTER_CONFIG"),
    ("plugins_dir", "LAMPLIGHTER_PLUGINS"),
    ("bridge.name", "LAMPLIGHTER_BRIDGE"),
    ("state_dir", "LAMPLIGHTER_STATE"),
    ("bridge.host", "LAMPLIGHTER_BRIDGE_HOST"),
    ("bridge.id", "LAMPLIGHTER_BRIDGE_ID"),
    ("bridge.key", "LAMPLIGHTER_BRIDGE_KEY"),
    ("bridge.certificate_sha256", "LAMPLIGHTER_BRIDGE_CERTIFICATE"),
    ("log.level", "LAMPLIGHTER_LOG"),
    ("log.format", "LAMPLIGHTER_LOG_FORMAT"),
];

/// The texts that one layer holds, or all layers together, by their keys in the file. They are not validated yet.
#[derive(Default)]
pub(super) struct Layer(BTreeMap<&'static str, Located<OsString>>);

impl Layer {
    /// Reads the flags of the command line.
    pub(super) fn from_flags(flags: &Flags) -> Self {
        let Flags { config, bridge, plugins, log, log_format, portable_schemas: _ } = flags.clone();
        let flags = [
            ("config", "--config", config.map(OsString::from)),
            ("bridge.name", "--bridge", bridge.map(OsString::from)),
            ("plugins_dir", "--plugins", plugins.map(OsString::from)),
            ("log.level", "--log", log.map(OsString::from)),
            ("log.format", "--log-format", log_format.map(OsString::from)),
        ];
        let located = |(key, flag, value): (_, _, Option<OsString>)| {
            Some((key, Located { value: value?, location: Location::Named(flag) }))
        };
        Self(flags.into_iter().filter_map(located).collect())
    }

    /// Reads the environment. An empty variable counts as not set: containers and MCP clients pass such ones on.
    pub(super) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let known = ENVIRONMENT_VARIABLES.map(|(_, variable)| variable);
        let is_unknown = |name: &&String| name.starts_with("LAMPLIGHTER_") && !known.contains(&name.as_str());
        if let Some(name) = environment.keys().find(is_unknown) {
            let suggestion = suggestion(name, &known);
            return Err(ConfigError::new(format!("the environment variable {name} is not a setting; {suggestion}")));
        }
        let located = |(key, variable)| {
            let value = environment.get(variable).filter(|value| !value.is_empty())?.clone();
            Some((key, Located { value, location: Location::Named(variable) }))
        };
        Ok(Self(ENVIRONMENT_VARIABLES.into_iter().filter_map(located).collect()))
    }

    /// Takes the text at `name` of a file's table.
    pub(super) fn take_text(
        &mut self,
        table: &mut Table<'_>,
        name: &'static str,
        key: &'static str,
    ) -> Result<(), ConfigError> {
        if let Some(Located { value, location }) = table.text(name)? {
            self.0.insert(key, Located { value: value.into(), location });
        }
        Ok(())
    }

    /// Puts this layer over a lower one. A layer that names a bridge hides what lower ones say about another bridge.
    pub(super) fn over(self, mut lower: Self) -> Self {
        if self.0.contains_key("bridge.name") {
            lower.0.retain(|key, _| !key.starts_with("bridge."));
        } else if self.0.contains_key("bridge.id") {
            lower.0.remove("bridge.name");
        }
        lower.0.extend(self.0);
        lower
    }

    /// Where the setting was written.
    pub(super) fn location(&self, key: &str) -> Option<&Location> {
        self.0.get(key).map(|found| &found.location)
    }

    /// Where each setting was written.
    pub(super) fn locations(&self) -> impl Iterator<Item = (String, Location)> {
        self.0.iter().map(|(key, found)| ((*key).to_owned(), found.location.clone()))
    }

    /// Returns the setting, converted to a path.
    pub(super) fn path(&self, key: &str) -> Option<Located<PathBuf>> {
        let Located { value, location } = self.0.get(key)?.clone();
        Some(Located { value: value.into(), location })
    }

    /// Returns the setting, converted to a text.
    pub(super) fn text(&self, key: &str) -> Result<Option<Located<String>>, ConfigError> {
        let text = |found: Located<OsString>| {
            found.try_map(|value| value.into_string().map_err(|_| "is not valid UTF-8; write it anew"))
        };
        self.0.get(key).cloned().map(text).transpose()
    }

    /// Returns the setting as `validate` understands it.
    pub(super) fn validated<T>(
        &self,
        key: &str,
        validate: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<Located<T>>, ConfigError> {
        self.text(key)?.map(|text| text.try_map(|text| validate(&text))).transpose()
    }
}
