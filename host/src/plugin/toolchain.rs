//! The toolchain that built a component, and what is known to go wrong with it.

mod producers;
mod u32_parameters;

use semver::Version;
use wasmtime::component::Component;

use self::producers::Producers;

/// What is known of a toolchain for plugins.
struct Known {
    /// The toolchain's name in its registry.
    name: &'static str,
    mark: Mark,
    /// The first version that does not corrupt values, and what happens before it.
    mended: Option<(Version, &'static str)>,
    /// Is set if a `u32` out of range reaches the host as another number. A list whose elements are `u32` is right.
    has_narrow_u32: bool,
}

/// What a toolchain leaves in each component that it builds.
enum Mark {
    /// An entry of the component's `producers` section, with the version.
    Producer(&'static str),
    /// A library that a core module of the component needs; it tells no version.
    Library(&'static str),
}

/// What is known of toolchains, as seen in components that they built.
///
/// - componentize-js 0.19.3 to 0.23.0 writes its version. Lists of numbers are wrong in 0.19.3 and 0.20.0, and right in
///   0.21.0, 0.22.0 and 0.23.0; all five have the narrow `u32`.
/// - componentize-py 0.25.1 writes neither its name nor its version, but its modules need its library. No version of it
///   is known to corrupt values.
///
/// A component whose custom sections were stripped is not recognised.
static KNOWN_TOOLCHAINS: [Known; 2] = [
    Known {
        name: "componentize-js",
        mark: Mark::Producer("ComponentizeJS"),
        mended: Some((
            Version::new(0, 21, 0),
            "hands over wrong numbers for a plain array of numbers, and throws for one of bytes",
        )),
        has_narrow_u32: true,
    },
    Known {
        name: "componentize-py",
        mark: Mark::Library("libcomponentize_py_runtime.so"),
        mended: None,
        has_narrow_u32: false,
    },
];

/// The toolchain of a component.
#[derive(Debug, Default)]
pub(crate) struct Toolchain {
    /// The toolchain's name, with its version if that is written; none if it is not a known one.
    pub(crate) name: Option<String>,
    /// Warns of values that it is known to corrupt.
    pub(crate) warnings: Vec<String>,
}

impl Toolchain {
    /// Recognises the toolchain that built a component of these bytes.
    pub(super) fn of(bytes: &[u8], component: &Component) -> Self {
        let producers = Producers::read(bytes);
        let found = KNOWN_TOOLCHAINS.iter().find_map(|known| Some((known, known.mark.find(&producers)?)));
        let Some((known, version)) = found else { return Self::default() };
        let name = [known.name, version].join(" ").trim_end().to_owned();
        let corrupted = known.corruption(version).map(|what| format!("it was built with {name}, which {what}"));
        let parameters = if known.has_narrow_u32 { u32_parameters::list(component) } else { Vec::new() };
        let narrow = (!parameters.is_empty()).then(|| narrow_u32_warning(&parameters));
        Self { name: Some(name), warnings: corrupted.into_iter().chain(narrow).collect() }
    }
}

impl Mark {
    /// Returns the version that stands beside the mark, empty if there is none.
    fn find<'a>(&self, producers: &Producers<'a>) -> Option<&'a str> {
        match self {
            Self::Producer(name) => producers.tools.iter().find(|(tool, _)| tool == name).map(|(_, version)| *version),
            Self::Library(name) => producers.libraries.contains(name).then_some(""),
        }
    }
}

impl Known {
    /// Tells what this version corrupts, and which one to take.
    fn corruption(&self, version: &str) -> Option<String> {
        let (mended, what) = self.mended.as_ref()?;
        let is_mended = Version::parse(version).is_ok_and(|version| version >= *mended);
        (!is_mended).then(|| format!("{what}: build it with {} {mended} or newer", self.name))
    }
}

fn narrow_u32_warning(parameters: &[String]) -> String {
    format!(
        "a number of 2147483648 or more, or below 0, may reach the host as another one without an error where the \
         contract has a u32: check the range before each call of {}",
        parameters.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine};

    use super::*;

    /// Makes a component that imports a function with a `u32`, with a toolchain's mark.
    fn component(mark: &str) -> String {
        format!(
            r#"(component
                (import "lamplighter:plugin/call@0.1.0" (instance (export "wait" (func (param "ms" u32)))))
                {mark})"#
        )
    }

    fn toolchain(wat: &str) -> Toolchain {
        let bytes = wat::parse_str(wat).unwrap();
        // Without garbage collection, as the host's engines are: no collector is compiled in.
        let engine = Engine::new(Config::new().gc_support(false)).unwrap();
        Toolchain::of(&bytes, &Component::new(&engine, &bytes).unwrap())
    }

    /// Writes the `producers` section of componentize-js.
    fn componentize_js(version: &str) -> String {
        let length = version.len();
        let tools = format!("\\01\\0cprocessed-by\\01\\0eComponentizeJS\\{length:02x}{version}");
        component(&format!(r#"(@custom "producers" "{tools}")"#))
    }

    #[test]
    fn a_pair_that_corrupts_lists_is_warned_of_by_its_version() {
        for (version, is_wrong) in
            [("0.19.3", true), ("0.20.0", true), ("0.21.0", false), ("0.23.0", false), ("1.0.0", false), ("new", true)]
        {
            let found = toolchain(&componentize_js(version));
            assert_eq!(found.name, Some(format!("componentize-js {version}")));
            let corrupted: Vec<_> = found.warnings.iter().filter(|it| it.starts_with("it was built with")).collect();
            assert_eq!(corrupted.len(), usize::from(is_wrong), "{version}: {corrupted:?}");
            assert!(corrupted.iter().all(|it| it.ends_with("build it with componentize-js 0.21.0 or newer")));
        }
    }

    #[test]
    fn a_javascript_plugin_is_warned_of_a_u32_that_the_host_takes() {
        let [warning] = &toolchain(&componentize_js("0.23.0")).warnings[..] else { panic!("one warning") };
        assert!(warning.ends_with("check the range before each call of call.wait (ms)"), "{warning}");
    }

    #[test]
    fn a_python_plugin_is_recognised_without_a_version_and_without_a_warning() {
        // The section `dylink.0`: one library is needed.
        let needed = "\\02\\1f\\01\\1dlibcomponentize_py_runtime.so";
        let found = toolchain(&component(&format!(r#"(core module (@custom "dylink.0" (before first) "{needed}"))"#)));
        assert_eq!(found.name.as_deref(), Some("componentize-py"));
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }

    #[test]
    fn other_toolchains_are_not_warned_of() {
        let rust = r#"(@custom "producers" "\01\0cprocessed-by\01\05rustc\061.95.0")"#;
        for mark in ["", rust, r#"(@custom "producers" "\ff\ff")"#] {
            let found = toolchain(&component(mark));
            assert!(found.name.is_none() && found.warnings.is_empty(), "{mark}: {found:?}");
        }
    }
}
