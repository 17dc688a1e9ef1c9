//! The next version: other prompts and resources, the same tool no more.

use lamplighter_plugin::prelude::*;

export_plugin! {
    prompts: [Prompt::new("morning", "Finds the light for a morning.", |_: NoArguments| "Wake me gently.")],
    resources: [Resource::new("about", "About", |_: NoArguments| "The almanac, revised.")],
}
