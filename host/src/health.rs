//! Metrics of the host: calls and their times, and the resources of the process.
//!
//! - [`metrics`] counts calls per tool, with times;
//! - `counters` holds the counts of one tool (the only file that names the histogram);
//! - [`process`] asks the operating system (the only file that names procfs).
//!
//! No caller, argument or result is kept here: data that is not kept cannot leak.

use std::time::Duration;

mod counters;
pub(crate) mod metrics;
pub(crate) mod process;

/// A longer call is logged, whatever its tool declares: a person is waiting.
pub(crate) const SLOW_CALL_THRESHOLD: Duration = Duration::from_secs(5);
