//! The imports and exports of a component, read from its types before it is ever instantiated.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use wasmtime::component::{Component, types::ComponentItem};

use super::{CONTRACT_VERSION, Invalid, PACKAGE_PREFIX};

/// The package of WASI that is not linked.
const WASI_HTTP_PREFIX: &str = "wasi:http/";

/// The interfaces that a component imports and exports, by name without version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surface {
    /// The imported interfaces.
    pub(crate) imports: BTreeMap<String, InterfaceInfo>,
    /// The exported interfaces.
    pub(crate) exports: BTreeMap<String, InterfaceInfo>,
}

/// Describes an interface that a component imports or exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterfaceInfo {
    /// The version that the component was built for; none if the name carries none.
    pub(crate) version: Option<Version>,
    /// The function names in alphabetical order. An interface without functions only provides types and needs no grant.
    pub(crate) functions: Vec<String>,
}

impl Surface {
    /// Reads the surface from the component's types.
    pub(crate) fn from_component(component: &Component) -> Self {
        let (engine, ty) = (component.engine(), component.component_type());
        let interface = |(name, item): (&str, ComponentItem)| {
            let (name, version) = split_version(name);
            (name, InterfaceInfo { version, functions: function_names(engine, item) })
        };
        Self {
            imports: ty.imports(engine).map(|(name, item)| interface((name, item.ty))).collect(),
            exports: ty.exports(engine).map(|(name, item)| interface((name, item.ty))).collect(),
        }
    }

    /// Checks that this host serves the version of the contract that the component was built for.
    ///
    /// # Errors
    /// The component was built for a newer version or a pre-release; the message names it and says how to mend that.
    pub(crate) fn check_version(&self) -> Result<(), Invalid> {
        let Some(other) = self.contract_versions().find(|version| **version != CONTRACT_VERSION) else { return Ok(()) };
        let advice = if *other > CONTRACT_VERSION { "update Lamplighter, or build" } else { "build" };
        Err(Invalid::new(format!(
            "it was built for lamplighter:plugin@{other}, and this host serves {CONTRACT_VERSION}: {advice} the plugin for \
             {CONTRACT_VERSION}"
        )))
    }

    /// Checks that all imports belong to packages that plugins can reach. The linker checks each function later.
    ///
    /// # Errors
    /// An import belongs to another package; the message names the first one and says how to mend that.
    pub(crate) fn check_packages(&self) -> Result<(), Invalid> {
        let foreign = |(name, interface): &(&String, &InterfaceInfo)| {
            name.contains(':') && (!is_reachable(name) || interface.is_newer_wasi(name))
        };
        let Some((name, interface)) = self.called_imports().find(foreign) else { return Ok(()) };
        match name {
            _ if interface.is_newer_wasi(name) => Err(Invalid::new(format!(
                "it was built for WASI 0.3 (it imports {name}), and plugins reach WASI 0.2: build it for WASI 0.2, in Rust \
                 with --target wasm32-wasip2"
            ))),
            name if name.starts_with(WASI_HTTP_PREFIX) => Err(Invalid::new(format!(
                "it imports {name}, and no plugin reaches the network; in JavaScript, build it with `jco componentize … \
                 --disable http fetch-event`"
            ))),
            name => Err(Invalid::new(format!(
                "it imports {name}; a plugin reaches the interfaces of {PACKAGE_PREFIX}* {CONTRACT_VERSION}, and WASI \
                 0.2 without wasi:http"
            ))),
        }
    }

    /// Explains why the component's export `tools` is missing or does not fit the contract.
    pub(crate) fn explain_missing_tools(&self, cause: &str) -> Invalid {
        if self.exports.contains_key("lamplighter:plugin/tools") {
            return Invalid::new(format!("its tools do not fit the contract {CONTRACT_VERSION}: {cause}"));
        }
        let exports: Vec<_> = self.exports.keys().map(String::as_str).collect();
        let instead = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
        Invalid::new(format!(
            "it does not export {PACKAGE_PREFIX}tools@{CONTRACT_VERSION}, so it has no tools; it exports {instead}: build \
             it for the world `plugin`, or for one of your own that includes it"
        ))
    }

    /// Returns the newest version of the contract among the imports and exports.
    pub(crate) fn contract_version(&self) -> Option<&Version> {
        self.contract_versions().max()
    }

    fn contract_versions(&self) -> impl Iterator<Item = &Version> {
        let of_contract = self.imports.iter().chain(&self.exports).filter(|(name, _)| name.starts_with(PACKAGE_PREFIX));
        of_contract.filter_map(|(_, interface)| interface.version.as_ref())
    }

    /// Returns the short names of the contract's interfaces that are exported.
    pub(crate) fn contract_exports(&self) -> impl Iterator<Item = &str> {
        self.exports.keys().filter_map(|name| name.strip_prefix(PACKAGE_PREFIX))
    }

    /// Returns the contract's interfaces whose functions the component imports, by their short names.
    pub(crate) fn contract_imports(&self) -> impl Iterator<Item = (&str, &InterfaceInfo)> {
        self.called_imports().filter_map(|(name, interface)| Some((name.strip_prefix(PACKAGE_PREFIX)?, interface)))
    }

    /// Returns the imported interfaces that have functions, by their full names without version.
    pub(crate) fn called_imports(&self) -> impl Iterator<Item = (&String, &InterfaceInfo)> {
        self.imports.iter().filter(|(_, interface)| !interface.functions.is_empty())
    }
}

impl InterfaceInfo {
    /// Returns whether this interface, of the given name, belongs to a WASI newer than 0.2.
    fn is_newer_wasi(&self, name: &str) -> bool {
        let is_newer = |version: &Version| (version.major, version.minor) > (0, 2);
        name.starts_with("wasi:") && self.version.as_ref().is_some_and(is_newer)
    }
}

fn function_names(engine: &wasmtime::Engine, item: ComponentItem) -> Vec<String> {
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
    interface.starts_with(PACKAGE_PREFIX)
        || (interface.starts_with("wasi:") && !interface.starts_with(WASI_HTTP_PREFIX))
}

/// Splits a name such as `lamplighter:plugin/home@0.1.0` at the version, if it has one.
fn split_version(name: &str) -> (String, Option<Version>) {
    match name.split_once('@') {
        Some((name, version)) => (name.to_owned(), Version::parse(version).ok()),
        None => (name.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine};

    use super::*;

    fn surface(wat: &str) -> Surface {
        // Without garbage collection, as the host's engines are: no collector is compiled in.
        let engine = Engine::new(Config::new().gc_support(false)).unwrap();
        Surface::from_component(&Component::new(&engine, wat::parse_str(wat).unwrap()).unwrap())
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
    fn only_interfaces_with_functions_are_imported() {
        assert_eq!(importing("0.1.0").contract_imports().map(|(name, _)| name).collect::<Vec<_>>(), ["home"]);
    }

    #[test]
    fn an_import_that_no_plugin_can_reach_is_refused_with_advice() {
        let import = |name: &str| surface(&format!(r#"(component (import "{name}" (instance (export "f" (func)))))"#));
        assert_eq!(importing("0.1.0").check_packages(), Ok(()));
        let reason = import("wasi:http/types@0.2.3").check_packages().unwrap_err().to_string();
        assert!(reason.contains("--disable http fetch-event"), "{reason}");
        for name in ["wasi:cli/stdout@0.3.0", "wasi:clocks/monotonic-clock@0.3.1"] {
            let reason = import(name).check_packages().unwrap_err().to_string();
            assert!(reason.contains("WASI 0.3") && reason.contains("--target wasm32-wasip2"), "{reason}");
        }
        let reason = import("acme:cloud/api@1.0.0").check_packages().unwrap_err().to_string();
        assert!(reason.contains("acme:cloud/api") && reason.contains("lamplighter:plugin/*"), "{reason}");
    }

    #[test]
    fn a_pre_release_of_the_contract_is_refused_with_the_reason() {
        let reason = importing("0.1.0-rc.1").check_version().unwrap_err().to_string();
        assert!(reason.contains("0.1.0-rc.1") && reason.ends_with("build the plugin for 0.1.0"), "{reason}");
    }

    #[test]
    fn a_newer_contract_is_refused_with_the_reason() {
        assert_eq!(importing("0.1.0").check_version(), Ok(()));
        for newer in ["0.1.1", "0.2.0", "1.0.0"] {
            let reason = importing(newer).check_version().unwrap_err().to_string();
            assert!(reason.contains(newer) && reason.contains("update Lamplighter"), "{reason}");
        }
    }
}
