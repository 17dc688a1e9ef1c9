//! Figures about the host: what was called, how long it took, and what the process uses.
//!
//! - [`metrics`] counts calls per tool, with times;
//! - `counters` is one tool's counts (the only file that names the histogram);
//! - [`process`] asks the operating system (the only file that names procfs).
//!
//! Nothing here knows who called, with which arguments, or what came back: what is not kept cannot leak.

use std::time::Duration;

mod counters;
pub(crate) mod metrics;
pub(crate) mod process;

/// A call that takes longer than this is worth a line in the log, whatever its tool declares: the person who asked is
/// waiting.
pub(crate) const SLOW_CALL: Duration = Duration::from_secs(5);
