//! How the host is: its bridge, its budget, its plugins. Holds no names of callers, no addresses and no secrets.
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

/// The host, the bridge and the plugins, now.
pub fn health() -> Result<HealthReport, Error> {
    host::health()
}

/// Figures since the host started.
pub fn metrics() -> Result<MetricsReport, Error> {
    host::metrics()
}
