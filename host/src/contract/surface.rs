//! The imports and exports of a component, read from its types before it is ever instantiated.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::{Deserialize, Serialize};
use wasmtime::component::{Component, types::ComponentItem};

use super::{ContractVersion, Invalid, PACKAGE_PREFIX};

/// The package of WASI that is not linked.
const WASI_HTTP_PREFIX: &str = "wasi:http/";

/// The interfaces that a component imports and exports, by name without version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surface {
    /// The imported interfaces.
    pub(crate) imports: BTreeMap<String, InterfaceInfo>,
    /// The exported interfaces.
    pub(crate) exports: BTreeMap<String, InterfaceInfo>,
    /// The versions of the contract that its imports and exports have.
    contract_versions: BTreeSet<Version>,
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
        let mut contract_versions = BTreeSet::new();
        let mut interface = |(name, item): (&str, ComponentItem)| {
            let (name, version) = split_version(name);
            contract_versions.extend(version.clone().filter(|_| name.starts_with(PACKAGE_PREFIX)));
            (name, InterfaceInfo { version, functions: function_names(engine, item) })
        };
        let imports = ty.imports(engine).map(|(name, item)| interface((name, item.ty))).collect();
        let exports = ty.exports(engine).map(|(name, item)| interface((name, item.ty))).collect();
        Self { imports, exports, contract_versions }
    }

    /// Returns the version of the contract that the component was built for; the oldest if it has nothing of any.
    ///
    /// # Errors
    /// The component was built for a version that this host does not serve, or for several; the message names them and says
    /// how to mend that.
    pub(crate) fn check_version(&self) -> Result<ContractVersion, Invalid> {
        let [oldest, newest] = ContractVersion::ALL;
        let number = |version: ContractVersion| version.number();
        let build = format!("build the plugin for {}", number(oldest));
        let versions: Vec<_> = self.contract_versions.iter().collect();
        match versions[..] {
            [] => Ok(oldest),
            [only] => ContractVersion::ALL.into_iter().find(|version| number(*version) == *only).ok_or_else(|| {
                let advice = if *only > number(newest) { "update Lamplighter, or " } else { "" };
                Invalid::new(format!(
                    "it was built for lamplighter:plugin@{only}, and this host serves {} and {}, which is a draft: \
                     {advice}{build}",
                    number(oldest),
                    number(newest),
                ))
            }),
            _ => {
                let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
                let versions = versions.join(" and ");
                Err(Invalid::new(format!("it mixes versions of lamplighter:plugin, {versions}: {build} alone")))
            }
        }
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
                "it imports {name}; a plugin reaches the interfaces of {PACKAGE_PREFIX}*, and WASI 0.2 without wasi:http"
            ))),
        }
    }

    /// Explains why the component's export `tools` is missing or does not fit the contract.
    pub(crate) fn explain_missing_tools(&self, version: ContractVersion, cause: &str) -> Invalid {
        if self.exports.contains_key("lamplighter:plugin/tools") {
            return Invalid::new(format!("its tools do not fit the contract {}: {cause}", version.number()));
        }
        let exports: Vec<_> = self.exports.keys().map(String::as_str).collect();
        let instead = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
        Invalid::new(format!(
            "it does not export {}, so it has no tools; it exports {instead}: build it for the world `plugin`, or for one \
             of your own that includes it",
            version.interface("tools"),
        ))
    }

    /// Returns the newest version of the contract among the imports and exports.
    pub(crate) fn contract_version(&self) -> Option<&Version> {
        self.contract_versions.last()
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
        for version in ["0.1.0-rc.1", "0.2.0-rc.1", "0.1.1"] {
            let reason = importing(version).check_version().unwrap_err().to_string();
            assert!(reason.contains(version) && reason.ends_with("draft: build the plugin for 0.1.0"), "{reason}");
        }
    }

    #[test]
    fn the_version_is_that_of_all_imports_and_exports() {
        assert_eq!(importing("0.1.0").check_version(), Ok(ContractVersion::Frozen));
        assert_eq!(importing("0.2.0").check_version(), Ok(ContractVersion::Draft));
        assert_eq!(surface("(component)").check_version(), Ok(ContractVersion::Frozen));
    }

    #[test]
    fn a_mixture_of_versions_is_refused_with_the_reason() {
        for (one, other) in [("home", "log"), ("home", "home")] {
            let reason = surface(&format!(
                r#"(component
                    (import "lamplighter:plugin/{one}@0.1.0" (instance))
                    (import "lamplighter:plugin/{other}@0.2.0" (instance)))"#
            ));
            let reason = reason.check_version().unwrap_err().to_string();
            assert!(reason.contains("0.1.0 and 0.2.0") && reason.ends_with("for 0.1.0 alone"), "{reason}");
        }
    }

    #[test]
    fn a_newer_contract_is_refused_with_the_reason() {
        for newer in ["0.2.1", "0.3.0", "1.0.0"] {
            let reason = importing(newer).check_version().unwrap_err().to_string();
            assert!(reason.contains(newer) && reason.contains("update Lamplighter"), "{reason}");
        }
    }
}
