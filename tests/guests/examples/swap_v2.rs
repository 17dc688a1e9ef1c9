//! The second of two versions of one plugin, with one more tool.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{says, swap_version};

export_plugin! { tools: [swap_version(2), says("swap_extra", "New in version 2.")] }
