//! The error of the wall around plugins: loading them, and calling their exports.

use std::time::Duration;

use crate::contract::{Invalid, types::ToolError};

/// Why a plugin was not loaded, or did not answer. The message is for its author, the operator and the model.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum PluginError {
    // === Loading ===
    /// The file is not a component.
    #[error("{0}")]
    NotAComponent(&'static str),
    /// The component does not fit the contract, or cannot be compiled within the compiler's limits.
    #[error("{0}")]
    Contract(#[from] Invalid),
    /// The bytes have changed since they were hashed, or cannot be read any more.
    #[error("{0}")]
    Changed(String),
    /// The plugin did not list its tools, prompts and resources.
    #[error("list-tools: {0}")]
    Describe(Box<Self>),
    /// The plugin lists nothing, or too much.
    #[error("{0}")]
    Catalog(Invalid),
    /// A tool, prompt or resource breaks a rule.
    #[error("{kind} {name:?}: {rule}")]
    Item {
        /// Is `tool`, `prompt` or `resource`.
        kind: &'static str,
        /// Names the item, cut to a length that can be shown.
        name: String,
        /// Tells which rule is broken.
        rule: Invalid,
    },
    /// A tool or prompt has the name of another plugin's.
    #[error("{kind} {name:?} is already served by the plugin {owner:?}")]
    NameTaken {
        /// Is `tool` or `prompt`.
        kind: &'static str,
        /// Is the name that is taken.
        name: String,
        /// Names the plugin that serves the name already.
        owner: String,
    },
    /// The export `start` failed or refused.
    #[error("start: {0}")]
    Start(String),

    // === Calling ===
    /// The tool, prompt or resource answered with an error of the contract.
    #[error(transparent)]
    Tool(ToolError),
    /// The guest crashed; in wasmtime's words.
    #[error("it crashed: {0}")]
    Trap(String),
    /// The guest needs more memory than its limit, in MiB.
    #[error("it needs more than its limit of {0} MiB of memory (the setting `memory_mib`)")]
    Memory(usize),
    /// The guest's stack overflowed its limit, in KiB.
    #[error("its stack overflowed its limit of {0} KiB (the setting `stack_kib`): recursion without end?")]
    Stack(usize),
    /// The guest passed more to the host in one call than the host copies, in MiB.
    #[error("it handed over more than the {0} MiB that the host takes at once")]
    CopyLimit(usize),
    /// The guest computed for longer than its limit.
    #[error("it needs more than its limit of {} s of processor time (the setting `cpu_seconds`)", .0.as_secs())]
    CpuTime(Duration),
    /// The call took longer than it may.
    #[error("it took longer than the {:.1} s it may", .0.as_secs_f64())]
    Deadline(Duration),
    /// The caller gave up, and the guest did not end by itself.
    #[error("it was cancelled")]
    Cancelled,
    /// The component is still being compiled at the call's deadline.
    #[error("it is still being compiled: try again in a moment")]
    StillCompiling,

    // === Both ===
    /// The host failed: the plugin is not to blame.
    #[error("the host failed to load it: {0}")]
    Host(String),
}

impl PluginError {
    /// Makes the error of a failure of the host.
    pub(super) fn host(error: impl std::fmt::Display) -> Self {
        Self::Host(error.to_string())
    }

    /// Turns an error of loading into a failure of the host: the component was loaded before, or is about to be called.
    pub(super) fn into_host_error(self) -> Self {
        match self {
            Self::Host(_) => self,
            other => Self::host(other),
        }
    }

    /// Returns whether the guest is to blame, and not its caller, the bridge or the time.
    pub(crate) fn is_crash(&self) -> bool {
        matches!(self, Self::Trap(_) | Self::Memory(_) | Self::Stack(_) | Self::CopyLimit(_) | Self::CpuTime(_))
    }

    /// Returns whether loading the same bytes once more may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Describe(_) | Self::Start(_) | Self::Host(_))
    }
}
