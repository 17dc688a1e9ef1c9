//! The machine code of the first-party plugins, which `host/precompile` compiled before the host was built.
//!
//! It runs on every machine with this processor architecture. wasmtime checks whether it fits when it is loaded; if not,
//! the plugin is compiled like any other.

/// The machine code of one component.
pub(super) struct BundledCode {
    /// Is the BLAKE3 digest of the component, in hexadecimal.
    pub(super) component: &'static str,
    pub(super) code: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

#[cfg(test)]
mod tests {
    use super::{super::engine_config::compiler_engine, *};

    #[test]
    fn the_first_party_plugins_are_bundled_and_their_code_fits_the_engine_that_runs_it() {
        let engine = compiler_engine().unwrap();
        for name in ["lights", "rooms", "scenes", "health"] {
            let component = blake3::hash(&lamplighter_tests::first_party(name).unwrap()).to_hex();
            let bundled = BUNDLE.iter().find(|bundled| bundled.component == component.as_str());
            let bundled = bundled.expect("`cargo xtask build` builds the plugins, and the host with them");
            // SAFETY: `lamplighter-precompile` made this code. Nothing in it is run.
            let component = unsafe { wasmtime::component::Component::deserialize(&engine, bundled.code) };
            assert!(component.is_ok(), "{name}: {:#}", component.err().unwrap());
        }
    }
}
