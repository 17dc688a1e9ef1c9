//! The tool `hue_identify_light`, which lets a light blink.

use lamplighter_plugin::control::{Delivery, Outcome};
use lamplighter_plugin::prelude::*;

use crate::reference::LightReference;
use crate::schemas;

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_identify_light",
        "Lets a Philips Hue light blink for some seconds, so that a person in the room sees which one it is. Its state \
         stays as it was.",
        schemas::HUE_IDENTIFY_LIGHT,
        identify,
    )
    .title("Let a light blink")
    .not_destructive()
}

fn identify(reference: LightReference) -> Result<Report<Changes>, ToolError> {
    let light = reference.find()?;
    let outcomes = control::apply(&[Command::Identify(light.id)])?;
    let report = Report::from_outcomes(&light.name, &outcomes);
    Ok(match outcomes.as_slice() {
        [Outcome { delivery: Delivery::Accepted, .. }] => report.message(taken_text(&light.name)),
        _ => report,
    })
}

/// Says what is known of a blink that the bridge took: it changes no state, so the bridge never confirms it.
fn taken_text(name: &str) -> String {
    format!("{name}: the bridge took the request to let it blink. Only a person in the room can see whether it does.")
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    #[test]
    fn one_light_is_asked_to_show_itself() {
        let host = FakeHost::new().light(FakeLight::white("Hall")).install();
        let output = call::<ThisPlugin>("hue_identify_light", &json!({"light": "hall"})).expect("it blinks");
        assert_eq!(text(&output), taken_text("Hall"));
        assert!(!text(&output).contains("confirmed"), "no event would ever confirm a blink");
        assert_eq!(host.commands(), [Command::Identify("light-hall".to_owned())]);
    }

    #[test]
    fn a_light_that_cannot_blink_is_told_as_such() {
        let _host = FakeHost::new().light(FakeLight::white("Hall").unreachable()).install();
        let output = call::<ThisPlugin>("hue_identify_light", &json!({"light": "hall"})).expect("it answers");
        assert_eq!((text(&output), output.is_error), ("Hall: unreachable (no power?)".to_owned(), true));
    }
}
