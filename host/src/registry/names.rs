//! Checks that no two plugins offer a tool or a prompt of the same name.

use super::Snapshot;
use crate::plugin::Plugin;

/// Why the names of a plugin keep it from being served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameConflict {
    /// The name is reserved for first-party plugins.
    #[error(
        "{kind} {name:?}: names that begin with hue_ belong to the plugins lights, rooms, scenes and health; to allow \
         it, add to config.toml:\n[plugins.{plugin}]\nhue_names = true"
    )]
    Reserved { kind: &'static str, name: String, plugin: String },
    /// Another plugin has the name.
    #[error("{kind} {name:?} is already served by the plugin {owner:?}")]
    Taken { kind: &'static str, name: String, owner: String },
}

impl Snapshot {
    /// Checks that the names of the plugin's tools and prompts are free, or its own already.
    ///
    /// # Errors
    /// The first name that is not.
    pub(crate) fn check_names(&self, plugin: &Plugin) -> Result<(), NameConflict> {
        let may_use_hue_names = plugin.config.grants.hue_names();
        if let Some((kind, name)) = names(plugin).find(|(_, name)| name.starts_with("hue_") && !may_use_hue_names) {
            return Err(NameConflict::Reserved { kind, name: name.to_owned(), plugin: plugin.name.to_string() });
        }
        let tools = plugin.offer.tools.iter().filter_map(|tool| Some(&self.tools.get(&tool.name)?.0));
        let prompts = plugin.offer.prompts.iter().filter_map(|prompt| Some(&self.prompts.get(&prompt.name)?.0));
        tools.chain(prompts).try_for_each(|owner| check_disjoint(plugin, owner))
    }
}

/// Checks that no tool or prompt of `plugin` has the name of one of `other`, unless that is an older version of it.
/// Resources cannot collide: their URIs hold the plugin's name.
///
/// # Errors
/// The first name that both have.
pub(crate) fn check_disjoint(plugin: &Plugin, other: &Plugin) -> Result<(), NameConflict> {
    if plugin.name == other.name {
        return Ok(());
    }
    match names(plugin).find(|name| names(other).any(|taken| taken == *name)) {
        Some((kind, name)) => Err(NameConflict::Taken { kind, name: name.to_owned(), owner: other.name.to_string() }),
        None => Ok(()),
    }
}

/// All tools and prompts, each with its kind.
fn names(plugin: &Plugin) -> impl Iterator<Item = (&'static str, &str)> {
    let tools = plugin.offer.tools.iter().map(|tool| ("tool", tool.name.as_str()));
    tools.chain(plugin.offer.prompts.iter().map(|prompt| ("prompt", prompt.name.as_str())))
}
