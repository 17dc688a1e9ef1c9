//! Reads the status of the host: its bridge, budget and plugins. It holds no callers, addresses or secrets.
//!
//! ```
//! use lamplighter_plugin::{prelude::*, status};
//!
//! fn in_short() -> Result<String, ToolError> {
//!     let (health, metrics) = (status::health()?, status::metrics()?);
//!     Ok(format!("{} problems in {} calls.", health.problems.len(), metrics.calls))
//! }
//! ```

use crate::Error;
use crate::backend::status as host;
pub use crate::bindings::lamplighter::plugin::status::{
    BridgeHealth, Bucket, Budget, Connection, HealthReport, MetricsReport, PluginHealth, PluginState, Process,
    ToolMetrics,
};

/// Returns the present health of the host, the bridge and the plugins.
pub fn health() -> Result<HealthReport, Error> {
    host::health()
}

/// Returns the metrics since the host started.
pub fn metrics() -> Result<MetricsReport, Error> {
    host::metrics()
}
