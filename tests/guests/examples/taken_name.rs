//! Has a tool with the same name as a tool of `swap_v1`.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::text_tool;

export_plugin! { tools: [text_tool("taken_name_only", "Mine."), text_tool("swap_version", "Not mine.")] }
