//! The call that is being served: progress, cancellation, the time that is left.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! /// Counts down, for as long as somebody listens.
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

/// Id of this call, as it stands in the operator's log.
pub fn id() -> String {
    host::id()
}

/// Tells the caller how far the tool is, if the caller asked to be told. `done` must grow; `total` is in the same unit.
pub fn progress(done: f64, total: Option<f64>, message: Option<&str>) {
    host::progress(done, total, message);
}

/// Whether the caller has given up. A tool that works for long should look between its steps.
pub fn is_cancelled() -> bool {
    host::is_cancelled()
}

/// Time until the deadline of this call; zero when it has passed.
pub fn time_left() -> Duration {
    Duration::from_millis(host::time_left_ms())
}

/// Waits some milliseconds, and wakes early if the caller gives up. Answers whether the whole time has passed.
pub fn sleep(milliseconds: u64) -> bool {
    host::sleep(milliseconds)
}
