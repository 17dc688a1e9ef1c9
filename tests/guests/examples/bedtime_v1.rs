//! The first version of the plugin that `cargo xtask demo` replaces: it only looks.

use lamplighter_plugin::prelude::*;

fn lights_left_on(_: NoArguments) -> Result<String, ToolError> {
    let lit: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).map(|light| light.name).collect();
    Ok(if lit.is_empty() { "Everything is off.".into() } else { format!("Still on: {}.", lit.join(", ")) })
}

export_plugin! {
    tools: [Tool::new("lights_left_on", "Tells which lights are still on.", lights_left_on).read_only()]
}
