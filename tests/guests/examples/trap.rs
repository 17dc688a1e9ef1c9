//! Panics in one of its two tools.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::text_tool;

fn trap_now(_: NoArguments) -> String {
    eprintln!("about to do something foolish");
    eprintln!("the cause is a number that is too large");
    panic!("this plugin panics on purpose");
}

export_plugin! { tools: [Tool::new("trap_now", "Panics.", trap_now), text_tool("trap_ok", "All is well.")] }
