//! Checks that no two plugins offer a tool or a prompt of the same name.

use super::{Snapshot, loading::is_reserved};
use crate::plugin::{Plugin, PluginError};

/// Why the names of a plugin keep it from being served.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NameConflict {
    /// The name is reserved for first-party plugins.
    #[error(
        "{kind} {name:?}: names that begin with hue_ belong to the plugins lights, rooms, scenes and health; to allow \
         it, add to config.toml:\n[plugins.{plugin}]\nhue_names = true"
    )]
    Reserved {
        /// Is `tool` or `prompt`.
        kind: &'static str,
        name: String,
        plugin: String,
    },
    /// Another plugin has the name.
    #[error(transparent)]
    Taken(#[from] PluginError),
}

impl Snapshot {
    /// Checks that the names of the plugin's tools and prompts are free, or its own already.
    ///
    /// # Errors
    /// The first name that is not.
    pub(crate) fn check_names(&self, plugin: &Plugin) -> Result<(), NameConflict> {
        let catalog = &plugin.catalog;
        let reserved = catalog.names().find(|(_, name)| is_reserved(name));
        if let Some((kind, name)) = reserved.filter(|_| !plugin.config.grants.hue_names()) {
            return Err(NameConflict::Reserved { kind, name: name.to_owned(), plugin: plugin.name.to_string() });
        }
        let tools = catalog.tools.iter().filter_map(|tool| Some(&self.tools.get(&tool.name)?.0));
        let prompts = catalog.prompts.iter().filter_map(|prompt| Some(&self.prompts.get(&prompt.name)?.0));
        Ok(tools.chain(prompts).try_for_each(|owner| plugin.check_collisions(owner))?)
    }
}
