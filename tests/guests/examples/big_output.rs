//! Returns 32 MiB of text.

use lamplighter_plugin::prelude::*;

const TEXT_BYTES: usize = 32 * 1024 * 1024;

fn big_output(_: NoArguments) -> String {
    "x".repeat(TEXT_BYTES)
}

export_plugin! { tools: [Tool::new("big_output", "Answers 32 MiB of text.", big_output)] }
