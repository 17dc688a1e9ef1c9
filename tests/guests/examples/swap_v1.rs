//! The first of two versions of one plugin.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::swap_version_tool;

export_plugin! { tools: [swap_version_tool(1)] }
