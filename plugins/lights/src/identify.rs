//! The tool `hue_identify_light`, which lets a light blink.

use lamplighter_common::apply_or_plan;
use lamplighter_plugin::prelude::*;

use crate::reference::LightReference;

pub(crate) fn tool() -> Tool {
    Tool::new(
        "hue_identify_light",
        "Lets a Philips Hue light blink for some seconds, so that a person in the room sees which one it is. Its state \
         stays as it was.",
        identify,
    )
    .title("Let a light blink")
    .not_destructive()
}

fn identify(reference: LightReference) -> Result<Report<Changes>, ToolError> {
    let light = reference.find()?;
    apply_or_plan(&light.name, &[Command::Identify(light.id)], false)
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::control::Command;
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call};
    use serde_json::json;

    use crate::ThisPlugin;

    #[test]
    fn one_light_is_asked_to_show_itself() {
        let host = FakeHost::new().light(FakeLight::white("Hall")).install();
        call::<ThisPlugin>("hue_identify_light", &json!({"light": "hall"})).expect("it blinks");
        assert_eq!(host.commands(), [Command::Identify("light-hall".to_owned())]);
    }
}
