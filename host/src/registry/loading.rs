//! Which plugins are loading: what a list may lack, and what a call may wait for.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::Changes;
use crate::plugin;

/// Limits the plugins that a text names; the others are counted.
const MAX_NAMED_PLUGINS: usize = 10;

/// The plugins that are loading, and how far the start of the host has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loading {
    pub(super) phase: StartPhase,
    /// Whether each of the plugins may have names that begin with `hue_`.
    plugins: BTreeMap<Arc<str>, bool>,
}

/// How far the load of the plugins has come that were there at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StartPhase {
    /// The plugins folder was not read yet.
    #[default]
    Scanning,
    /// Lists wait.
    Loading,
    /// Lists are answered without the plugins that still load. Holds the changes that every list has seen.
    Listable(Changes),
    /// All are loaded or refused.
    Over(Changes),
}

/// What a client asks for by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ItemName<'a> {
    /// The name of a tool or a prompt.
    Plain(&'a str),
    /// The URI of a resource, which has its plugin's name.
    Uri(&'a str),
}

impl Loading {
    /// Collects the plugins that are loading, each with whether its names may begin with `hue_`.
    pub(super) fn new(phase: StartPhase, plugins: impl IntoIterator<Item = (Arc<str>, bool)>) -> Self {
        Self { phase, plugins: plugins.into_iter().collect() }
    }

    /// Returns the state in which nothing is loading, and every list has seen these changes.
    pub(super) fn over(changes: Changes) -> Self {
        Self::new(StartPhase::Over(changes), [])
    }

    /// Returns the state in which lists are answered without a plugin, and have seen these changes.
    #[cfg(test)]
    pub(crate) fn listable_without(plugin: &str, changes: Changes) -> Self {
        Self::new(StartPhase::Listable(changes), [(plugin.into(), false)])
    }

    /// Returns the same state with one more plugin, for which lists wait.
    pub(crate) fn awaiting(mut self, plugin: Arc<str>) -> Self {
        self.plugins.insert(plugin, false);
        self.phase = StartPhase::Loading;
        self
    }

    /// Returns whether lists may be answered.
    pub(super) fn is_listable(&self) -> bool {
        self.phase.listed().is_some()
    }

    /// Returns whether the plugins that were there at start are loaded or refused.
    pub(crate) fn is_start_over(&self) -> bool {
        matches!(self.phase, StartPhase::Over(_))
    }

    /// Returns the names of the plugins that are loading.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Arc<str>> {
        self.plugins.keys()
    }

    /// Returns whether no plugin is loading.
    pub(crate) fn is_empty(&self) -> bool {
        self.plugins.is_empty()
    }

    /// Returns whether a plugin that is loading may serve an item of this name.
    pub(crate) fn may_bring(&self, item: ItemName<'_>) -> bool {
        let is_scanning = self.phase == StartPhase::Scanning;
        match item {
            ItemName::Plain(name) => {
                let may_have = |has_hue_names: &bool| *has_hue_names || !is_reserved(name);
                plugin::is_name(name) && (is_scanning || self.plugins.values().any(may_have))
            }
            ItemName::Uri(uri) => {
                plugin::parse_uri(uri).is_some_and(|(owner, _)| is_scanning || self.plugins.contains_key(owner))
            }
        }
    }
}

impl StartPhase {
    /// Returns the changes that every list has seen; `None` while lists wait.
    pub(super) fn listed(self) -> Option<Changes> {
        match self {
            Self::Scanning | Self::Loading => None,
            Self::Listable(changes) | Self::Over(changes) => Some(changes),
        }
    }
}

/// Names the plugins that are loading.
impl fmt::Display for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<_> = self.plugins().take(MAX_NAMED_PLUGINS).map(AsRef::as_ref).collect();
        f.write_str(&named.join(", "))?;
        match self.plugins.len() - named.len() {
            0 => Ok(()),
            others => write!(f, " and {others} more"),
        }
    }
}

/// Returns whether only plugins with the grant `hue_names` may have this name.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with("hue_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loading(plugins: &[(&str, bool)]) -> Loading {
        Loading::new(StartPhase::Loading, plugins.iter().map(|(name, has_hue_names)| ((*name).into(), *has_hue_names)))
    }

    #[test]
    fn a_loading_plugin_may_bring_what_its_grants_and_its_name_allow() {
        use ItemName::{Plain, Uri};
        let (own, first_party) = (loading(&[("almanac", false)]), loading(&[("almanac", false), ("rooms", true)]));
        let cases = [
            (&own, Plain("almanac_look_up"), true),
            (&own, Plain("hue_list_rooms"), false),
            (&own, Plain("no name of a tool"), false),
            (&own, Uri("lamplighter://almanac/about"), true),
            (&own, Uri("lamplighter://rooms/about"), false),
            (&own, Uri("file:///etc/passwd"), false),
            (&first_party, Plain("hue_list_rooms"), true),
            (&first_party, Uri("lamplighter://rooms/about"), true),
        ];
        for (loading, item, expected) in cases {
            assert_eq!(loading.may_bring(item), expected, "{item:?} of {loading}");
            assert!(!Loading::over(Changes::default()).may_bring(item), "{item:?}: nothing is loading");
        }
    }

    #[test]
    fn before_the_folder_is_read_any_valid_name_may_come() {
        let unknown = Loading::default();
        assert!(unknown.may_bring(ItemName::Plain("hue_list_rooms")));
        assert!(unknown.may_bring(ItemName::Uri("lamplighter://almanac/about")));
        assert!(!unknown.may_bring(ItemName::Plain("")));
    }

    #[test]
    fn a_text_names_ten_plugins_and_counts_the_others() {
        let names: Vec<_> = (0..12).map(|number| format!("p{number:02}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), false)).collect();
        assert_eq!(loading(&many[..2]).to_string(), "p00, p01");
        assert!(loading(&many).to_string().ends_with("p09 and 2 more"), "{}", loading(&many));
    }
}
