//! Answers far too much.

use lamplighter_plugin::prelude::*;

const SIZE: usize = 32 * 1024 * 1024;

fn big_output(_: NoArguments) -> String {
    "x".repeat(SIZE)
}

export_plugin! { tools: [Tool::new("big_output", "Answers 32 MiB of text.", big_output)] }
