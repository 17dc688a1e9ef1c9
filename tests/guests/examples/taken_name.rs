//! Has a tool with the same name as a tool of `swap_v1`.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::says;

export_plugin! { tools: [says("taken_name_only", "Mine."), says("swap_version", "Not mine.")] }
