//! The first-party plugin `health`: how the house, the bridge and the host are.

mod check;
mod house;
mod metrics;

use lamplighter_plugin::prelude::*;

export_plugin! { tools: [check::tool(), metrics::tool()] }
