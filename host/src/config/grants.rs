//! Grants: which interfaces of the contract a plugin may call, and whether its tools may be named `hue_*`.

use std::{collections::BTreeSet, fmt};

use super::{
    error::{ConfigError, Located, suggestion},
    table::Table,
};

/// The plugins that come with the host. Their tools may be named `hue_*`.
pub(crate) const FIRST_PARTY: [&str; 4] = ["lights", "rooms", "scenes", "health"];

/// An interface of the contract that can be granted or denied. The others (`log`, `call`) give access to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Interface {
    /// Reads the plugin's own table of the configuration.
    Settings,
    /// Reads the home.
    Home,
    /// Changes lights and groups.
    Control,
    /// Creates, updates and deletes scenes.
    Scenes,
    /// Reads the host's health and metrics.
    Status,
    /// Reads and writes the plugin's own durable keys and values.
    Storage,
    /// Reads and writes any resource of the bridge as JSON.
    Clip,
}

impl Interface {
    /// Lists all interfaces, in the order of the contract's world.
    pub(crate) const ALL: [Self; 7] =
        [Self::Settings, Self::Home, Self::Control, Self::Scenes, Self::Status, Self::Storage, Self::Clip];

    /// Lists the names that the interfaces have in the contract, in the same order.
    const INTERFACE_NAMES: [&'static str; 7] = ["settings", "home", "control", "scenes", "status", "storage", "clip"];

    /// Finds the interface with this name in the contract.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| interface.name() == name)
    }

    /// Finds the interface whose grant an import with this name needs.
    pub(crate) fn granting(import: &str) -> Option<Self> {
        if import == "selection" { Some(Self::Home) } else { Self::from_name(import) }
    }

    /// Returns the name that the interface has in the contract.
    pub(crate) const fn name(self) -> &'static str {
        Self::INTERFACE_NAMES[self as usize]
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The grants of one plugin. They belong to the plugin's name, whatever file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grants {
    interfaces: BTreeSet<Interface>,
    hue_names: bool,
}

impl Grants {
    /// Returns the grants of the plugin with this name if the configuration says nothing.
    pub(crate) fn default_for(plugin: &str) -> Self {
        let mut interfaces = BTreeSet::from(Interface::ALL);
        interfaces.remove(&Interface::Clip);
        if plugin != "scenes" {
            interfaces.remove(&Interface::Scenes);
        }
        Self { interfaces, hue_names: FIRST_PARTY.contains(&plugin) }
    }

    /// Returns whether the plugin may call this interface.
    pub(crate) fn allows(&self, interface: Interface) -> bool {
        self.interfaces.contains(&interface)
    }

    /// Returns whether the plugin's tools may have names that begin with `hue_`.
    pub(crate) fn hue_names(&self) -> bool {
        self.hue_names
    }

    /// Reads the defaults of this name, changed by `grant`, `deny` and `hue_names`.
    pub(super) fn read(plugin: &str, table: &mut Table<'_>) -> Result<Self, ConfigError> {
        let mut grants = Self::default_for(plugin);
        let granted = interfaces(table, "grant")?.map(|granted| granted.value).unwrap_or_default();
        grants.interfaces.extend(&granted);
        if let Some(Located { value: denied, location }) = interfaces(table, "deny")? {
            if let Some(both) = denied.iter().find(|denied| granted.contains(denied)) {
                return Err(location.error(format!("and `grant` both name `{both}`; keep one of the two")));
            }
            grants.interfaces.retain(|interface| !denied.contains(interface));
        }
        grants.hue_names = table.boolean("hue_names")?.unwrap_or(grants.hue_names);
        Ok(grants)
    }
}

fn interfaces(table: &mut Table<'_>, key: &'static str) -> Result<Option<Located<Vec<Interface>>>, ConfigError> {
    let parse = |name: &String| {
        Interface::from_name(name).ok_or_else(|| {
            let suggestion = suggestion(name, &Interface::INTERFACE_NAMES);
            format!("is wrong: `{name}` is not an interface that can be granted; {suggestion}")
        })
    };
    table.texts(key)?.map(|found| found.try_map(|texts| texts.iter().map(parse).collect::<Result<_, _>>())).transpose()
}

/// Returns the error of a call of an interface that is not granted, with the lines of `config.toml` that grant it.
pub(crate) fn denied_text(plugin: &str, interface: Interface) -> String {
    denied_texts(plugin, &[interface]).concat()
}

/// Returns what to change in `config.toml` to grant interfaces that are not granted: one table for those that it does not
/// name, and a text for each that it denies.
pub(crate) fn denied_texts(plugin: &str, interfaces: &[Interface]) -> Vec<String> {
    let defaults = Grants::default_for(plugin);
    let (denied, missing): (Vec<Interface>, Vec<Interface>) =
        interfaces.iter().partition(|interface| defaults.allows(**interface));
    let missing: Vec<_> = missing.iter().map(Interface::to_string).collect();
    let to_add = (!missing.is_empty()).then(|| {
        let (noun, it) = if missing.len() == 1 { ("interface", "it") } else { ("interfaces", "them") };
        format!(
            "the plugin `{plugin}` may not use the {noun} `{}`; to grant {it}, add these lines to config.toml:\n\n\
             [plugins.{plugin}]\ngrant = [\"{}\"]\n",
            missing.join("`, `"),
            missing.join("\", \"")
        )
    });
    let to_remove = denied.iter().map(|interface| {
        format!(
            "the plugin `{plugin}` may not use the interface `{interface}`: config.toml denies it; take \"{interface}\" out \
             of `deny` under [plugins.{plugin}]"
        )
    });
    to_add.into_iter().chain(to_remove).collect()
}

#[cfg(test)]
mod tests {
    use super::{Grants, Interface, denied_text, denied_texts};

    #[test]
    fn only_the_plugin_scenes_may_change_scenes_by_default() {
        assert!(Grants::default_for("scenes").allows(Interface::Scenes));
        assert!(!Grants::default_for("party").allows(Interface::Scenes));
        assert!(Grants::default_for("party").allows(Interface::Control));
    }

    #[test]
    fn only_first_party_names_may_use_hue_names_by_default() {
        assert!(Grants::default_for("lights").hue_names());
        assert!(!Grants::default_for("party").hue_names());
    }

    #[test]
    fn a_denial_shows_the_lines_that_grant_it() {
        assert_eq!(
            denied_text("party", Interface::Scenes),
            "the plugin `party` may not use the interface `scenes`; to grant it, add these lines to config.toml:\n\n\
             [plugins.party]\ngrant = [\"scenes\"]\n"
        );
    }

    #[test]
    fn a_denial_of_a_default_says_what_to_take_out() {
        assert_eq!(
            denied_text("party", Interface::Control),
            "the plugin `party` may not use the interface `control`: config.toml denies it; take \"control\" out of \
             `deny` under [plugins.party]"
        );
    }

    #[test]
    fn several_interfaces_are_granted_in_one_table() {
        let texts = denied_texts("party", &[Interface::Clip, Interface::Scenes]);
        let [text] = &texts[..] else { panic!("{texts:?}") };
        assert!(text.starts_with("the plugin `party` may not use the interfaces `clip`, `scenes`;"), "{text}");
        assert!(text.ends_with("\n\n[plugins.party]\ngrant = [\"clip\", \"scenes\"]\n"), "{text}");
        assert_eq!(denied_texts("party", &[Interface::Clip, Interface::Control]).len(), 2);
        assert!(denied_texts("party", &[]).is_empty());
    }

    #[test]
    fn interfaces_are_named_as_in_the_contract() {
        for interface in Interface::ALL {
            assert_eq!(Interface::from_name(interface.name()), Some(interface));
            assert_eq!(Interface::granting(interface.name()), Some(interface));
        }
    }

    #[test]
    fn a_selection_of_the_home_needs_the_grant_of_the_home_and_has_none_of_its_own() {
        assert_eq!(
            (Interface::granting("selection"), Interface::from_name("selection")),
            (Some(Interface::Home), None)
        );
    }
}
