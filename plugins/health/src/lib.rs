//! The first-party plugin `health`, which checks the home, the bridge and the host.

mod check;
mod findings;
mod metrics;

use lamplighter_plugin::prelude::*;

export_plugin! { tools: [check::tool(), metrics::tool()] }
