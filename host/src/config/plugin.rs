//! The configuration that `[plugins.NAME]` gives one plugin.

use std::{convert::Infallible, ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Plugins,
    error::{ConfigError, Located},
    grants::Grants,
    scope::Scope,
    table::Table,
};

/// Decides which new bytes of a plugin wait for the operator's approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pin {
    /// All bytes that differ from the approved ones.
    Digest,
    /// Bytes whose tools, descriptions, schemas, hints or imported functions differ.
    Surface,
}

/// Configures what one plugin may call and use, and holds its own settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PluginConfig {
    /// Lists what the plugin may call.
    pub(crate) grants: Grants,
    /// Narrows the grants.
    pub(crate) scope: Scope,
    /// Holds new bytes for approval, whatever pin the approval has.
    pub(crate) pin: Option<Pin>,
    /// Limits the resources that the plugin may use.
    pub(crate) limits: PluginLimits,
    /// Holds the plugin's own table as JSON. Only the plugin understands it.
    pub(crate) settings: serde_json::Map<String, serde_json::Value>,
}

impl PluginConfig {
    /// Returns the configuration of the plugin with this name, whether the file names it or not.
    pub(crate) fn get(plugins: &Plugins, name: &str) -> Self {
        plugins.get(name).cloned().unwrap_or_else(|| Self::default_for(name))
    }

    /// Returns the configuration of a plugin with this name that the file does not name.
    pub(crate) fn default_for(plugin: &str) -> Self {
        Self {
            grants: Grants::default_for(plugin),
            scope: Scope::default(),
            pin: None,
            limits: PluginLimits::default(),
            settings: serde_json::Map::new(),
        }
    }

    /// Returns whether grants, scope and limits are the same. Settings and pins do not count.
    pub(crate) fn has_same_rights(&self, other: &Self) -> bool {
        self.grants == other.grants && self.scope == other.scope && self.limits == other.limits
    }

    /// Reads one `[plugins.NAME]`.
    pub(super) fn read(name: &Located<String>, mut table: Table<'_>) -> Result<Self, ConfigError> {
        if !is_plugin_name(&name.value) {
            return Err(name.location.error(
                "is not a plugin's name: a name is 1 to 32 lower-case letters, digits and hyphens, and begins with a \
                 letter or digit",
            ));
        }
        let config = Self {
            grants: Grants::read(&name.value, &mut table)?,
            scope: Scope::read(&mut table)?,
            pin: table.take("pin", "\"digest\" or \"surface\"")?.map(|pin| pin.value),
            limits: PluginLimits::read(&mut table)?,
            settings: table.table("settings")?.json()?,
        };
        table.finish()?;
        Ok(config)
    }
}

/// The resource limits of one plugin. A call that exceeds one ends with an error and affects nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginLimits {
    /// Limits the memory of one call, all its memories and tables together. Default: 64 MiB.
    pub(crate) memory_bytes: usize,
    /// Limits the stack of the guest's frames. Default: 2 MiB, with which the recursion of a Python guest is an error in
    /// Python before the stack ends. Pages are used when they are touched. With another size, instances are made on
    /// demand, which takes some microseconds more per call than from the pool.
    pub(crate) stack_bytes: usize,
    /// Limits the wall time of one call, whatever its tool declares. Default: 600 s.
    pub(crate) wall: Duration,
    /// Limits the processor time of one call, counted while the guest itself computes. Default: 30 s.
    pub(crate) cpu: Duration,
    /// Limits how large one result may be. Default: 1 MiB.
    pub(crate) output_bytes: usize,
    /// Limits the log lines of all calls together; further ones are dropped. Default: 100.
    pub(crate) log_lines_per_second: u32,
    /// Limits the calls at the same time; further ones wait. Default: 16.
    pub(crate) concurrent_calls: usize,
    /// Limits commands to lights, groups and scenes and requests of `clip`, of all calls together. Default: 300.
    pub(crate) commands_per_minute: u32,
    /// Limits the storage: keys, values and 64 bytes per entry. Default: 1 MiB.
    pub(crate) storage_bytes: u64,
}

impl Default for PluginLimits {
    fn default() -> Self {
        let Ok(limits) = Self::build(|_, _, default| Ok::<_, Infallible>(default));
        limits
    }
}

impl PluginLimits {
    /// Lists the limits. Each is given in the unit that its key names.
    pub(crate) fn listed(&self) -> [(&'static str, u64); 9] {
        [
            ("memory_mib", self.memory_bytes as u64 >> 20),
            ("wall_seconds", self.wall.as_secs()),
            ("cpu_seconds", self.cpu.as_secs()),
            ("stack_kib", self.stack_bytes as u64 >> 10),
            ("output_kib", self.output_bytes as u64 >> 10),
            ("log_lines_per_second", self.log_lines_per_second.into()),
            ("concurrent_calls", self.concurrent_calls as u64),
            ("commands_per_minute", self.commands_per_minute.into()),
            ("storage_kib", self.storage_bytes >> 10),
        ]
    }

    fn read(table: &mut Table<'_>) -> Result<Self, ConfigError> {
        Self::build(|key, range, default| Ok(table.number(key, range)?.unwrap_or(default)))
    }

    /// Builds the limits from `number`, which gets each key, its range and its default.
    fn build<E>(mut number: impl FnMut(&'static str, RangeInclusive<u64>, u64) -> Result<u64, E>) -> Result<Self, E> {
        Ok(Self {
            // A 32-bit memory ends at 4 GiB.
            memory_bytes: to_usize(number("memory_mib", 1..=4096, 64)? << 20),
            // Less does not hold the start-up code of any toolchain; more is more stack than memory.
            stack_bytes: to_usize(number("stack_kib", 64..=16_384, 2048)? << 10),
            wall: Duration::from_secs(number("wall_seconds", 1..=86_400, 600)?),
            cpu: Duration::from_secs(number("cpu_seconds", 1..=86_400, 30)?),
            output_bytes: to_usize(number("output_kib", 1..=65_536, 1024)? << 10),
            log_lines_per_second: to_u32(number("log_lines_per_second", 0..=10_000, 100)?),
            concurrent_calls: to_usize(number("concurrent_calls", 1..=1_000, 16)?),
            commands_per_minute: to_u32(number("commands_per_minute", 1..=60_000, 300)?),
            storage_bytes: number("storage_kib", 0..=1_048_576, 1024)? << 10,
        })
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns whether a plugin may have this name: `[a-z0-9][a-z0-9-]{0,31}`. It is the file's name without `.wasm`.
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
