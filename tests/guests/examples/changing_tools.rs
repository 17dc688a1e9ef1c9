//! Lists a tool with another name at each listing.

use std::hash::{BuildHasher as _, RandomState};

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::text_tool;

fn name() -> String {
    format!("changing_{:016x}", RandomState::new().hash_one(0))
}

export_plugin! { tools: [text_tool(&name(), "Who knows.")] }
