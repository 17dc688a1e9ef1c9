//! What the configuration says about one plugin: `[plugins.NAME]`.

use std::time::Duration;

use super::Plugins;
use super::error::{ConfigError, Placed};
use super::grants::Grants;
use super::scope::Scope;
use super::table::Table;
use crate::approval::Pin;

/// What one plugin may reach, how much it may use, and its own settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PluginConfig {
    /// What it may reach.
    pub(crate) grants: Grants,
    /// How far that reaches.
    pub(crate) scope: Scope,
    /// Whether new bytes of it wait for approval, whatever was said when it was approved.
    pub(crate) pin: Option<Pin>,
    /// How much it may use.
    pub(crate) limits: PluginLimits,
    /// Its own table, handed to it as JSON and understood by nobody else.
    pub(crate) settings: serde_json::Map<String, serde_json::Value>,
}

impl PluginConfig {
    /// What holds for the plugin of this name, whether the configuration names it or not.
    pub(crate) fn of(plugins: &Plugins, name: &str) -> Self {
        plugins.get(name).cloned().unwrap_or_else(|| Self::default_for(name))
    }

    /// What holds for the plugin of this name if the configuration says nothing.
    pub(crate) fn default_for(plugin: &str) -> Self {
        Self {
            grants: Grants::default_for(plugin),
            scope: Scope::default(),
            pin: None,
            limits: PluginLimits::default(),
            settings: serde_json::Map::new(),
        }
    }

    /// Whether it may reach and use what another may: settings, and what is held back, aside.
    pub(crate) fn has_the_rights_of(&self, other: &Self) -> bool {
        self.grants == other.grants && self.scope == other.scope && self.limits == other.limits
    }

    /// One `[plugins.NAME]`.
    pub(super) fn read(name: &Placed<String>, mut table: Table<'_>) -> Result<Self, ConfigError> {
        if !is_plugin_name(&name.value) {
            return Err(name.place.error(
                "is not a plugin's name: a name is 1 to 32 lower-case letters, digits and hyphens, and begins with a \
                 letter or digit",
            ));
        }
        let config = Self {
            grants: Grants::read(&name.value, &mut table)?,
            scope: Scope::read(&mut table)?,
            pin: pin(&mut table)?,
            limits: PluginLimits::read(&mut table)?,
            settings: table.table("settings")?.json()?,
        };
        table.finish()?;
        Ok(config)
    }
}

fn pin(table: &mut Table<'_>) -> Result<Option<Pin>, ConfigError> {
    match table.text("pin")? {
        None => Ok(None),
        Some(written) => match written.value.as_str() {
            "digest" => Ok(Some(Pin::Digest)),
            "surface" => Ok(Some(Pin::Surface)),
            _ => Err(written.place.error("must be \"digest\" or \"surface\"")),
        },
    }
}

/// How much one plugin may use. A call that goes beyond ends with an error and costs nobody else anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginLimits {
    /// Memory of one call, all its memories and tables together. Default: 64 MiB.
    pub(crate) memory_bytes: usize,
    /// Stack of the guest's own frames. Default: 512 KiB. A guest of another size is instantiated on demand, which takes
    /// some microseconds more a call than from the pool.
    pub(crate) stack_bytes: usize,
    /// The longest that a call may take, whatever its tool declares. Default: 600 s.
    pub(crate) wall: Duration,
    /// Processor time of one call, counted while the guest itself computes. Default: 30 s.
    pub(crate) cpu: Duration,
    /// The size of one result. Default: 1 MiB.
    pub(crate) output_bytes: usize,
    /// Log lines over all its calls; further ones are dropped. Default: 100.
    pub(crate) log_lines_per_second: u32,
    /// Calls at the same time; further ones wait. Default: 16.
    pub(crate) concurrent_calls: usize,
    /// Commands to lights, groups and scenes and requests of `clip`, over all its calls. Default: 300.
    pub(crate) commands_per_minute: u32,
    /// What it may store: keys, values and 64 bytes for each entry. Default: 1 MiB.
    pub(crate) storage_bytes: u64,
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            stack_bytes: 512 << 10,
            wall: Duration::from_mins(10),
            cpu: Duration::from_secs(30),
            output_bytes: 1 << 20,
            log_lines_per_second: 100,
            concurrent_calls: 16,
            commands_per_minute: 300,
            storage_bytes: 1 << 20,
        }
    }
}

impl PluginLimits {
    /// Each under the name of its key, in the unit of that.
    pub(crate) fn listed(&self) -> [(&'static str, u64); 9] {
        let number = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        [
            ("memory_mib", number(self.memory_bytes >> 20)),
            ("wall_seconds", self.wall.as_secs()),
            ("cpu_seconds", self.cpu.as_secs()),
            ("stack_kib", number(self.stack_bytes >> 10)),
            ("output_kib", number(self.output_bytes >> 10)),
            ("log_lines_per_second", self.log_lines_per_second.into()),
            ("concurrent_calls", number(self.concurrent_calls)),
            ("commands_per_minute", self.commands_per_minute.into()),
            ("storage_kib", self.storage_bytes >> 10),
        ]
    }

    fn read(table: &mut Table<'_>) -> Result<Self, ConfigError> {
        let mut limits = Self::default();
        // A 32-bit memory ends at 4 GiB.
        if let Some(mib) = table.number("memory_mib", 1..=4096)? {
            limits.memory_bytes = size(mib << 20);
        }
        // Below that no toolchain's start-up fits; above it a call takes more stack than memory.
        if let Some(kib) = table.number("stack_kib", 64..=16_384)? {
            limits.stack_bytes = size(kib << 10);
        }
        if let Some(seconds) = table.number("wall_seconds", 1..=86_400)? {
            limits.wall = Duration::from_secs(seconds);
        }
        if let Some(seconds) = table.number("cpu_seconds", 1..=86_400)? {
            limits.cpu = Duration::from_secs(seconds);
        }
        if let Some(kib) = table.number("output_kib", 1..=65_536)? {
            limits.output_bytes = size(kib << 10);
        }
        if let Some(lines) = table.number("log_lines_per_second", 0..=10_000)? {
            limits.log_lines_per_second = u32::try_from(lines).unwrap_or(u32::MAX);
        }
        if let Some(calls) = table.number("concurrent_calls", 1..=1_000)? {
            limits.concurrent_calls = size(calls);
        }
        if let Some(commands) = table.number("commands_per_minute", 1..=60_000)? {
            limits.commands_per_minute = u32::try_from(commands).unwrap_or(u32::MAX);
        }
        if let Some(kib) = table.number("storage_kib", 0..=1_048_576)? {
            limits.storage_bytes = kib << 10;
        }
        Ok(limits)
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether a plugin may have this name: `[a-z0-9][a-z0-9-]{0,31}`. It is its file's name without `.wasm`.
pub(crate) fn is_plugin_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_plugin_name;

    #[test]
    fn plugin_names_are_short_lower_case_words() {
        for good in ["a", "7", "my-lights", "x-", &"a".repeat(32)] {
            assert!(is_plugin_name(good), "{good}");
        }
        for bad in ["", "-a", "Lights", "a_b", "a.b", "lämp", &"a".repeat(33)] {
            assert!(!is_plugin_name(bad), "{bad}");
        }
    }
}
