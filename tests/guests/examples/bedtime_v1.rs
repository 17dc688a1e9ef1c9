//! The first version of the plugin that `cargo xtask demo` replaces. It only reads.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::lights_left_on_tool;

export_plugin! {
    tools: [lights_left_on_tool()]
}
