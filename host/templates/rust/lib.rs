//! The plugin {{name}}.

use lamplighter_plugin::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Blink {
    /// Name of the light.
    #[schemars(length(min = 1, max = 100))]
    light: String,
}

fn blink(Blink { light }: Blink) -> Result<String, ToolError> {
    let light = home::light(&light)?;
    for _ in 0..2 {
        control::apply(&[Command::light(&light.id, Change::toggle())])?;
        call::sleep(500);
    }
    Ok(format!("{} blinked.", light.name))
}

export_plugin! {
    tools: [
        Tool::new("{{snake}}_blink", "Turns a light off and on again, or on and off, to see which it is.", blink)
            .not_destructive(),
    ],
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{self, FakeHost, FakeLight};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_light_that_blinked_is_as_it_was() {
        let host = FakeHost::new().light(FakeLight::white("Desk lamp").on()).install();
        let output = testing::call::<ThisPlugin>("{{snake}}_blink", &json!({"light": "desk lamp"}));
        assert_eq!(testing::text(&output.expect("there is such a light")), "Desk lamp blinked.");
        assert!(host.state_of("Desk lamp").on);
        assert_eq!(host.commands().len(), 2);
    }
}
