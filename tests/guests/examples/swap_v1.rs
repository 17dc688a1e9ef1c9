//! The first of two versions of one plugin.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::swap_version;

export_plugin! { tools: [swap_version(1)] }
