//! The second of two versions of one plugin, with one more tool.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{swap_version_tool, text_tool};

export_plugin! { tools: [swap_version_tool(2), text_tool("swap_extra", "New in version 2.")] }
