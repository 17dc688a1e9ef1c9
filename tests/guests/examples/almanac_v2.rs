//! Has another prompt and another resource than version 1, and no tool.

use lamplighter_plugin::prelude::*;

export_plugin! {
    prompts: [Prompt::new("morning", "Finds the light for a morning.", |_: NoArguments| "Wake me gently.")],
    resources: [Resource::new("about", "About", |_: NoArguments| "The almanac, revised.")],
}
