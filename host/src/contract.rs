//! The WIT contract `lamplighter:plugin@0.1.0` on the host's side: its bindings, and the checks that need no running plugin.
//!
//! The lowest layer of the host: every other layer may import it, and it imports none. It names wasmtime, because the
//! bindings and the types of a component are wasmtime's:
//! - [`bindings`] holds the Rust types that `bindgen!` generates from `wit/`;
//! - [`surface`] reads a component's imports and exports;
//! - [`json`] parses JSON text that plugins hand over;
//! - [`invalid`] is the error of all checks.

mod bindings;
mod invalid;
pub(crate) mod json;
mod surface;

use std::time::Duration;

use semver::Version;

pub(crate) use bindings::{
    Contract,
    exports::lamplighter::plugin::{lifecycle, prompts, resources, tools},
    lamplighter::plugin::{call, clip, content, control, home, log, scenes, settings, status, storage, types},
};
pub(crate) use invalid::Invalid;
pub(crate) use surface::Surface;

/// Begins the name of every interface that the contract's package has.
const PACKAGE_PREFIX: &str = "lamplighter:plugin/";
/// Is the version of the contract that this host serves.
pub(crate) const CONTRACT_VERSION: Version = Version::new(0, 1, 0);
/// Is the full name of the interface `home`.
pub(crate) const HOME_INTERFACE: &str = "lamplighter:plugin/home@0.1.0";

/// Converts a duration to the contract's unit, whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
