//! What a component asks for and offers, read from its types before it is ever instantiated.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasmtime::component::{Component, types::ComponentItem};

/// The contract's package.
const PACKAGE: &str = "lamplighter:plugin/";
/// Its version.
const VERSION: Version = Version::new(0, 1, 0);
/// The part of WASI that is not linked.
const HTTP: &str = "wasi:http/";

/// The interfaces of a component, by name without version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surface {
    pub(crate) imports: BTreeMap<String, Interface>,
    pub(crate) exports: BTreeMap<String, Interface>,
}

/// One interface that a component imports or exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interface {
    #[serde(serialize_with = "write_version", deserialize_with = "read_version")]
    pub(crate) version: Option<Version>,
    /// In the order of their names. An interface without functions is there for its types alone and asks for nothing.
    pub(crate) functions: Vec<String>,
}

impl Surface {
    pub(super) fn of(component: &Component) -> Self {
        let (engine, ty) = (component.engine(), component.component_type());
        let interface = |(name, item): (&str, ComponentItem)| {
            let (name, version) = split(name);
            (name, Interface { version, functions: functions(engine, item) })
        };
        Self {
            imports: ty.imports(engine).map(|(name, item)| interface((name, item.ty))).collect(),
            exports: ty.exports(engine).map(|(name, item)| interface((name, item.ty))).collect(),
        }
    }

    /// Whether this host knows the version of the contract that the component was built for.
    ///
    /// # Errors
    /// Which one it was, and what to do.
    pub(super) fn check_version(&self) -> Result<(), String> {
        match self.contract().filter(|newest| **newest > VERSION) {
            None => Ok(()),
            Some(newest) => Err(format!(
                "it was built for lamplighter:plugin@{newest}, and this host knows {VERSION}: update Lamplighter, or \
                 build the plugin for {VERSION}"
            )),
        }
    }

    /// Whether all its imports are of packages that a plugin can reach. What those packages have is for the linker to
    /// say.
    ///
    /// # Errors
    /// The first that is not, and what to do.
    pub(super) fn check_packages(&self) -> Result<(), String> {
        let used = self.imports.iter().filter(|(_, interface)| !interface.functions.is_empty());
        let mut foreign = used.map(|(name, _)| name).filter(|name| name.contains(':') && !is_reachable(name));
        match foreign.next() {
            None => Ok(()),
            Some(name) if name.starts_with(HTTP) => Err(format!(
                "it imports {name}, and no plugin reaches the network; in JavaScript, build it with `jco componentize … \
                 --disable http fetch-event`"
            )),
            Some(name) => Err(format!(
                "it imports {name}; a plugin reaches what {PACKAGE}* {VERSION} has, and WASI 0.2 without wasi:http"
            )),
        }
    }

    /// What is said of a component that does not export `tools` as the contract has it.
    pub(super) fn without_tools(&self, problem: &str) -> String {
        if self.exports.contains_key("lamplighter:plugin/tools") {
            return format!("its tools do not fit the contract {VERSION}: {problem}");
        }
        let exports: Vec<_> = self.exports.keys().map(String::as_str).collect();
        let instead = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
        format!(
            "it does not export {PACKAGE}tools@{VERSION}, so it has no tools; it exports {instead}: build it for the \
             world `plugin`, or for one of your own that includes it"
        )
    }

    /// The version of the contract it was built for.
    pub(crate) fn contract(&self) -> Option<&Version> {
        let of_contract = self.imports.iter().chain(&self.exports).filter(|(name, _)| name.starts_with(PACKAGE));
        of_contract.filter_map(|(_, interface)| interface.version.as_ref()).max()
    }

    /// The interfaces of the contract that it exports, by their short names.
    pub(crate) fn offers(&self) -> impl Iterator<Item = &str> {
        self.exports.keys().filter_map(|name| name.strip_prefix(PACKAGE))
    }

    /// The interfaces of the contract whose functions it imports, by their short names.
    pub(crate) fn asks_for(&self) -> impl Iterator<Item = (&str, &Interface)> {
        let used = self.imports.iter().filter(|(_, interface)| !interface.functions.is_empty());
        used.filter_map(|(name, interface)| Some((name.strip_prefix(PACKAGE)?, interface)))
    }
}

fn functions(engine: &wasmtime::Engine, item: ComponentItem) -> Vec<String> {
    let ComponentItem::ComponentInstance(instance) = item else { return Vec::new() };
    let mut functions: Vec<String> = instance
        .exports(engine)
        .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
        .map(|(name, _)| name.to_owned())
        .collect();
    functions.sort();
    functions
}

fn is_reachable(interface: &str) -> bool {
    interface.starts_with(PACKAGE) || (interface.starts_with("wasi:") && !interface.starts_with(HTTP))
}

#[allow(clippy::ref_option, reason = "serde calls it so")]
fn write_version<S: Serializer>(version: &Option<Version>, serializer: S) -> Result<S::Ok, S::Error> {
    version.as_ref().map(Version::to_string).serialize(serializer)
}

fn read_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| Version::parse(&text).map_err(serde::de::Error::custom)).transpose()
}

/// `lamplighter:plugin/home@0.1.0` as name and version.
fn split(name: &str) -> (String, Option<Version>) {
    match name.split_once('@') {
        Some((name, version)) => (name.to_owned(), Version::parse(version).ok()),
        None => (name.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(wat: &str) -> Surface {
        Surface::of(&Component::new(&wasmtime::Engine::default(), wat::parse_str(wat).unwrap()).unwrap())
    }

    fn importing(version: &str) -> Surface {
        surface(&format!(
            r#"(component
                (import "lamplighter:plugin/home@{version}" (instance (export "refresh" (func))))
                (import "lamplighter:plugin/types@{version}" (instance))
                (import "wasi:cli/stdout@0.2.0" (instance (export "get-stdout" (func)))))"#
        ))
    }

    #[test]
    fn only_functions_are_asked_for() {
        assert_eq!(importing("0.1.0").asks_for().map(|(name, _)| name).collect::<Vec<_>>(), ["home"]);
    }

    #[test]
    fn what_no_plugin_can_reach_is_refused_with_what_to_do() {
        let import = |name: &str| surface(&format!(r#"(component (import "{name}" (instance (export "f" (func)))))"#));
        assert_eq!(importing("0.1.0").check_packages(), Ok(()));
        let reason = import("wasi:http/types@0.2.3").check_packages().unwrap_err();
        assert!(reason.contains("--disable http fetch-event"), "{reason}");
        let reason = import("acme:cloud/api@1.0.0").check_packages().unwrap_err();
        assert!(reason.contains("acme:cloud/api") && reason.contains("lamplighter:plugin/*"), "{reason}");
    }

    #[test]
    fn a_newer_contract_is_refused_with_the_reason() {
        assert_eq!(importing("0.1.0").check_version(), Ok(()));
        for newer in ["0.1.1", "0.2.0", "1.0.0"] {
            let reason = importing(newer).check_version().unwrap_err();
            assert!(reason.contains(newer) && reason.contains("update Lamplighter"), "{reason}");
        }
    }
}
