//! The tool `hue_control_room`, which changes all lights of a room, zone or home.

use lamplighter_common::{ChangeArguments, Reference, TargetState, TurnOnDefaults, apply_or_plan};
use lamplighter_plugin::home::Group;
use lamplighter_plugin::prelude::*;

use crate::schemas;

/// Names the room and its change.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The room or zone: its name, id or number. For every light of the home this must be `all`.
    room: Reference,
    #[serde(flatten)]
    change: ChangeArguments,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_control_room",
        "Turns all Philips Hue lights of a room, a zone or the whole home (`all`) on or off, or changes their \
         brightness, colour, colour temperature or effect, all at once. For single lights use hue_control_light; for \
         different colours in one room use hue_paint_room; for a stored mood use hue_activate_scene. The answer says \
         per light what really happened. With dry_run it only says what would happen.",
        schemas::HUE_CONTROL_ROOM,
        control,
    )
    .title("Change a room")
    .not_destructive()
}

fn control(arguments: Arguments) -> Result<Report<Changes>, ToolError> {
    let change = arguments.change.to_change()?;
    let group = home::group(arguments.room.as_str())?;
    if group.lights.is_empty() {
        return Err(ToolError::failed(format!("{} has no lights.", group.name)));
    }
    let change = arguments.change.with_defaults(change, target_state(&group)?, TurnOnDefaults::load()?);
    apply_or_plan(&group.name, &[Command::group(&group.id, change)], arguments.change.dry_run)
}

/// Returns the abilities of a room: those of any of its lights. A light without an ability says so in its own line.
fn target_state(group: &Group) -> Result<TargetState, ToolError> {
    let lights = home::lights()?;
    let members: Vec<_> = lights.iter().filter(|light| group.lights.contains(&light.id)).collect();
    Ok(TargetState {
        on: group.on,
        dimming: members.iter().any(|light| light.can.dimming),
        color_temperature: members.iter().any(|light| light.can.color_temperature.is_some()),
    })
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::control::Change;
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::ambiance("Desk lamp").room("Office"))
            .light(FakeLight::ambiance("Shelf").room("Office"))
            .light(FakeLight::white("Hall").room("Hallway").unreachable())
            .zone("Upstairs", &["Shelf", "Hall"])
            .empty_room("Attic")
    }

    #[test]
    fn a_room_is_changed_with_one_command_and_lights_that_did_the_same_share_a_line() {
        let host = home().install();
        let arguments = json!({"room": "Office", "action": "on", "brightness_pct": 50});
        let output = call::<ThisPlugin>("hue_control_room", &arguments).expect("it works");
        let lines = "Office: all 2 lights followed.\nDesk lamp, Shelf: on, 50 %, 2730 K (confirmed)";
        assert_eq!(text(&output), lines);
        assert_eq!(host.commands(), [Command::group("room-office", Change::on().brightness(50.0))]);
    }

    #[test]
    fn a_zone_with_a_lost_lamp_is_a_partial_success() {
        let _host = home().install();
        let output = call::<ThisPlugin>("hue_control_room", &json!({"room": "upstairs", "action": "on"})).expect("ok");
        assert_eq!(structured(&output)["status"], "partial");
        assert!(text(&output).contains("Hall: unreachable (no power?)"), "{}", text(&output));
    }

    #[test]
    fn the_whole_home_must_be_said() {
        let host = home().install();
        assert!(call::<ThisPlugin>("hue_control_room", &json!({"action": "off"})).is_err());
        assert!(call::<ThisPlugin>("hue_control_room", &json!({"room": "home", "action": "off"})).is_err());
        assert!(host.commands().is_empty());
        call::<ThisPlugin>("hue_control_room", &json!({"room": "all", "action": "off"})).expect("now it is said");
        assert_eq!(host.commands().len(), 1);
    }

    #[test]
    fn a_room_without_lights_is_a_failure_that_says_so() {
        let _host = home().install();
        let error = call::<ThisPlugin>("hue_control_room", &json!({"room": "Attic", "action": "on"})).expect_err("no");
        assert!(matches!(&error, ToolError::Failed(message) if message == "Attic has no lights."), "{error:?}");
    }

    #[test]
    fn a_dry_run_sends_nothing() {
        let host = home().install();
        let arguments = json!({"room": "all", "action": "off", "dry_run": true});
        let output = call::<ThisPlugin>("hue_control_room", &arguments).expect("it plans");
        assert!(text(&output).starts_with("Dry run, nothing was sent. all: 0 of 3 lights would change"));
        assert!(host.commands().is_empty());
    }

    #[test]
    fn defaults_hold_for_a_room_that_is_off() {
        let host = home().settings(json!({"default_brightness": 30})).install();
        call::<ThisPlugin>("hue_control_room", &json!({"room": "Office", "action": "on"})).expect("it turns on");
        call::<ThisPlugin>("hue_control_room", &json!({"room": "Office", "action": "on"})).expect("it is on");
        let expected =
            [Command::group("room-office", Change::on().brightness(30.0)), Command::group("room-office", Change::on())];
        assert_eq!(host.commands(), expected);
    }
}
