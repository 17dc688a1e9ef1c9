//! The second version of the plugin that `cargo xtask demo` replaces: it also says good night.

use lamplighter_plugin::prelude::*;

fn lights_left_on(_: NoArguments) -> Result<String, ToolError> {
    let lit: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).map(|light| light.name).collect();
    Ok(if lit.is_empty() { "Everything is off.".into() } else { format!("Still on: {}.", lit.join(", ")) })
}

fn good_night(_: NoArguments) -> Result<String, ToolError> {
    let lit: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).collect();
    let off: Vec<_> = lit.iter().map(|light| Command::light(&light.id, Change::off())).collect();
    control::apply(&off)?;
    Ok(format!("Good night. {} lights went off.", lit.len()))
}

export_plugin! {
    tools: [
        Tool::new("lights_left_on", "Tells which lights are still on.", lights_left_on).read_only(),
        Tool::new("good_night", "Turns every light of the home off.", good_night),
    ]
}
