//! The second version of the plugin that `cargo xtask demo` replaces. It also turns lights off.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::lights_left_on_tool;

fn good_night(_: NoArguments) -> Result<String, ToolError> {
    let lit: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).collect();
    let off: Vec<_> = lit.iter().map(|light| Command::light(&light.id, Change::off())).collect();
    control::apply(&off)?;
    Ok(format!("Good night. {} lights went off.", lit.len()))
}

export_plugin! {
    tools: [
        lights_left_on_tool(),
        Tool::new("good_night", "Turns every light of the home off.", good_night),
    ]
}
