//! The WIT contract `lamplighter:plugin` on the host's side, 0.1.0 and the draft of 0.2.0: its bindings, and the checks that
//! need no running plugin.
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
use serde::{Deserialize, Serialize};

pub(crate) use bindings::{
    Contract,
    exports::lamplighter::plugin::{lifecycle, prompts, resources, tools},
    lamplighter::plugin::{call, clip, content, control, home, log, scenes, settings, status, storage, types},
};
pub(crate) use invalid::Invalid;
pub(crate) use surface::Surface;

/// What the draft declares otherwise than 0.1.0.
pub(crate) mod draft {
    pub(crate) use super::bindings::draft::{
        exports::lamplighter::plugin::{lifecycle, prompts, resources, tools},
        lamplighter::plugin::{control, scenes, selection},
    };
}

/// Begins the name of every interface that the contract's package has.
const PACKAGE_PREFIX: &str = "lamplighter:plugin/";

/// A version of the contract that this host serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum ContractVersion {
    /// 0.1.0, which is frozen.
    Frozen,
    /// 0.2.0, which changes until it is frozen.
    Draft,
}

impl ContractVersion {
    /// Holds all versions, the oldest first.
    pub(crate) const ALL: [Self; 2] = [Self::Frozen, Self::Draft];

    /// Returns the version's number.
    pub(crate) fn number(self) -> Version {
        match self {
            Self::Frozen => Version::new(0, 1, 0),
            Self::Draft => Version::new(0, 2, 0),
        }
    }

    /// Returns the full name of an interface, for example `lamplighter:plugin/home@0.1.0`.
    pub(crate) fn interface(self, name: &str) -> String {
        format!("{PACKAGE_PREFIX}{name}@{}", self.number())
    }
}

/// Converts a duration to the contract's unit, whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
