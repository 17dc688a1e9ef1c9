//! Lists a tool with another name at each listing.

use std::hash::{BuildHasher as _, RandomState};

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::says;

fn name() -> String {
    format!("changing_{:016x}", RandomState::new().hash_one(0))
}

export_plugin! { tools: [says(&name(), "Who knows.")] }
