//! Claims a tool name that `swap_v1` has.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::says;

export_plugin! { tools: [says("taken_name_only", "Mine."), says("swap_version", "Not mine.")] }
