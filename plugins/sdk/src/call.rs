//! Access to the running call: progress, cancellation and the remaining time.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! /// Counts down until the caller cancels.
//! fn count_down() -> Result<&'static str, ToolError> {
//!     for step in 1..=3 {
//!         call::progress(f64::from(step), Some(3.0), Some("counting"));
//!         if !call::sleep(1_000) {
//!             return Err(ToolError::Timeout(format!("Stopped at {step} of 3.")));
//!         }
//!     }
//!     Ok("Done.")
//! }
//! # let host = lamplighter_plugin::testing::FakeHost::new().install();
//! # assert!(count_down().is_ok());
//! # assert_eq!(host.progress().len(), 3);
//! ```

use std::time::Duration;

use crate::backend::call as host;

/// Returns the id of this call, as the operator's log shows it.
pub fn id() -> String {
    host::id()
}

/// Reports progress to the caller, if the caller asked for it. `done` must grow; `total` has the same unit.
pub fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
    host::progress(done, total, message);
}

/// Returns whether the caller has cancelled. A long-running tool should check it between its steps.
pub fn is_cancelled() -> bool {
    host::is_cancelled()
}

/// Returns the time until the deadline of this call; zero after it has passed.
pub fn time_left() -> Duration {
    Duration::from_millis(host::time_left_ms())
}

/// Waits, and wakes early if the caller cancels. Returns whether the whole time has passed.
pub fn sleep(milliseconds: u64) -> bool {
    host::sleep(milliseconds)
}
