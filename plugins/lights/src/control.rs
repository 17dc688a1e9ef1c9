//! The tool `hue_control_light`, which changes lights.

use lamplighter_common::{ChangeArguments, Reference, TargetState, TurnOnDefaults, apply_or_plan, check_exactly_one};
use lamplighter_plugin::home::Light;
use lamplighter_plugin::prelude::*;

use crate::schemas;

/// Names the lights and their change.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The light: its name, id or number. Give this or `lights`.
    light: Option<Reference>,
    /// Several lights that get the same change.
    #[schemars(length(min = 1, max = 100))]
    lights: Option<Vec<Reference>>,
    /// The room or zone the lights are in, if their names alone are not enough.
    room: Option<Reference>,
    #[serde(flatten)]
    change: ChangeArguments,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_control_light",
        "Turns Philips Hue lights on or off and changes their brightness, colour, colour temperature or effect. Takes \
         one light or several that get the same change; for a whole room use hue_control_room, which is faster. A name \
         that fits nothing or several lights changes nothing and answers candidates. The answer says per light what \
         really happened: a light without power is reported as unreachable. With dry_run it only says what would \
         happen.",
        schemas::HUE_CONTROL_LIGHT,
        control,
    )
    .title("Change lights")
    .not_destructive()
}

fn control(arguments: Arguments) -> Result<Report<Changes>, ToolError> {
    let change = arguments.change.to_change()?;
    let lights = arguments.lights()?;
    let defaults = TurnOnDefaults::load()?;
    let command = |light: &Light| {
        Command::light(&light.id, arguments.change.with_defaults(change.clone(), target_state(light), defaults))
    };
    let commands: Vec<_> = lights.iter().map(command).collect();
    apply_or_plan(&display_names(&lights), &commands, arguments.change.dry_run)
}

impl Arguments {
    /// Resolves the lights, each once. An unknown light ends the call before anything is sent.
    fn lights(&self) -> Result<Vec<Light>, ToolError> {
        check_exactly_one(&[("light", self.light.is_some()), ("lights", self.lights.is_some())])?;
        let references = self.light.iter().chain(self.lights.iter().flatten());
        let room = self.room.as_ref().map(|room| home::group(room.as_str())).transpose()?.map(|group| group.id);
        let mut lights: Vec<Light> = Vec::new();
        for reference in references {
            let light = home::light_within(reference.as_str(), room.as_deref())?;
            if lights.iter().all(|earlier| earlier.id != light.id) {
                lights.push(light);
            }
        }
        Ok(lights)
    }
}

fn target_state(light: &Light) -> TargetState {
    let can = &light.can;
    TargetState { on: light.state.on, dimming: can.dimming, color_temperature: can.color_temperature.is_some() }
}

fn display_names(lights: &[Light]) -> String {
    if lights.len() > 3 {
        return format!("{} lights", lights.len());
    }
    lights.iter().map(|light| light.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::control::{Brightness, Color};
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use lamplighter_plugin::{Error, ToolOutput};
    use serde_json::{Value, json};

    use super::*;
    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::color("Desk lamp").room("Office").number(3))
            .light(FakeLight::ambiance("Shelf").room("Office").on())
            .light(FakeLight::white("Bulb").room("Hall").unreachable())
            .light(FakeLight::plug("Lamp").room("Hall"))
            .light(FakeLight::white("Lamp").room("Office"))
    }

    fn run(arguments: &Value) -> ToolOutput {
        call::<ThisPlugin>("hue_control_light", arguments).expect("the tool answers")
    }

    fn refused(arguments: &Value) -> ToolError {
        call::<ThisPlugin>("hue_control_light", arguments).expect_err("the tool refuses")
    }

    #[test]
    fn a_light_does_what_was_asked_and_the_text_says_so() {
        let host = home().install();
        let output = run(&json!({"light": 3, "action": "on", "brightness_pct": 50, "color_temp": 370}));
        assert_eq!(text(&output), "Desk lamp: on, 50 %, 2700 K (confirmed)");
        assert_eq!(structured(&output)["lights_affected"], 1);
        assert!(host.state_of("Desk lamp").on);
    }

    #[test]
    fn an_unreachable_light_is_a_failure() {
        let _host = home().install();
        let output = run(&json!({"light": "Bulb", "action": "on"}));
        let report = structured(&output);
        assert!(output.is_error);
        assert_eq!(text(&output), "Bulb: unreachable (no power?)");
        assert_eq!((&report["status"], &report["errors"][0]["code"]), (&json!("failed"), &json!("API_ERROR")));
    }

    #[test]
    fn some_of_several_lights_are_a_partial_success() {
        let _host = home().install();
        let output = run(&json!({"lights": ["Desk lamp", "Bulb", 3], "action": "on"}));
        let report = structured(&output);
        assert!(!output.is_error);
        assert_eq!(report["status"], "partial");
        assert_eq!(report["data"]["lights"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["lights_affected"], 1);
    }

    #[test]
    fn an_error_of_the_bridge_is_told_in_its_own_words() {
        let lamp = FakeLight::white("Lamp").failing(Error::Rejected("device (light) is \"soft off\"".to_owned()));
        let _host = FakeHost::new().light(lamp).install();
        let output = run(&json!({"light": "Lamp", "action": "on"}));
        assert_eq!(text(&output), "Lamp: failed: device (light) is \"soft off\"");
    }

    #[test]
    fn an_ambiguous_name_answers_candidates_with_their_rooms_and_a_room_settles_it() {
        let host = home().install();
        let error = refused(&json!({"light": "Lamp", "action": "on"}));
        let ToolError::Ambiguous(ambiguous) = error else { panic!("{error:?}") };
        let expected =
            "\"Lamp\" fits several things: Lamp (Hall), Lamp (Office). Say \"Hall/Lamp\" or \"Office/Lamp\".";
        assert_eq!(ambiguous.message, expected);
        assert!(host.commands().is_empty());
        let output = run(&json!({"light": "Lamp", "room": "hall", "action": "on"}));
        assert_eq!(text(&output), "Lamp: on (confirmed)");
    }

    #[test]
    fn one_wrong_name_among_several_sends_nothing() {
        let host = home().install();
        let error = refused(&json!({"lights": ["Desk lamp", "Toaster"], "action": "on"}));
        assert!(matches!(error, ToolError::NotFound(_)), "{error:?}");
        assert!(host.commands().is_empty());
    }

    #[test]
    fn a_dry_run_says_what_would_happen_and_sends_nothing() {
        let host = home().install();
        let output =
            run(&json!({"lights": ["Desk lamp", "Bulb"], "action": "on", "color": "#ff8800", "dry_run": true}));
        let lines: Vec<_> = text(&output).lines().map(str::to_owned).collect();
        assert_eq!(
            lines[0],
            "Dry run, nothing was sent. Desk lamp, Bulb: 1 of 2 lights would change, with 2 requests in about 0.2 s."
        );
        assert_eq!(lines[1], "Desk lamp: off → on, 100 %, #ff8800");
        assert!(lines[2].starts_with("Bulb: stays off (it is unreachable)"), "{}", lines[2]);
        assert_eq!(structured(&output)["lights_affected"], 0);
        assert!(host.commands().is_empty());
    }

    #[test]
    fn what_a_light_cannot_follow_is_said() {
        let _host = home().install();
        let output = run(&json!({"light": "Shelf", "action": "set", "color_temp": 500}));
        assert_eq!(
            text(&output),
            "Shelf: on, 100 %, 2200 K (confirmed); color_temperature 500 mirek became 454 mirek, its limit"
        );
    }

    #[test]
    fn an_effect_that_the_light_lacks_is_no_success() {
        let host = home().install();
        let error = refused(&json!({"light": "Desk lamp", "action": "on", "effect": "blah"}));
        let ToolError::InvalidArguments(fields) = error else { panic!("{error:?}") };
        assert!(fields[0].reason.contains("the effect `blah`"), "{fields:?}");
        assert!(host.commands().is_empty());
        let output = run(&json!({"lights": ["Desk lamp", "Shelf"], "action": "on", "effect": "Candle"}));
        assert!(text(&output).contains("it does not have the effect candle"), "{}", text(&output));
        assert_eq!(host.state_of("Desk lamp").effect.as_deref(), Some("candle"));
    }

    #[test]
    fn defaults_are_for_lights_that_were_off_and_for_what_was_not_said() {
        let settings = json!({"default_brightness": 40, "default_color_temp": 400});
        let host = home().settings(settings).install();
        run(&json!({"lights": ["Desk lamp", "Shelf"], "action": "on"}));
        run(&json!({"light": "Lamp", "room": "Hall", "action": "on"}));
        let changes: Vec<_> = host.commands().into_iter().map(change_of).collect();
        assert_eq!(changes[0].brightness, Some(Brightness::Percent(40.0)));
        assert_eq!(changes[0].color, Some(Color::Mirek(400)));
        assert_eq!(changes[1], Change::on(), "the shelf was on already");
        assert_eq!(changes[2], Change::on(), "a plug has neither");
    }

    #[test]
    fn a_light_or_several_must_be_given_and_not_both() {
        let _host = home().install();
        for arguments in [json!({"action": "on"}), json!({"action": "on", "light": 3, "lights": [3]})] {
            let error = refused(&arguments);
            let ToolError::InvalidArguments(fields) = error else { panic!("{error:?}") };
            assert_eq!((fields[0].field.as_str(), fields[1].field.as_str()), ("light", "lights"));
        }
    }

    fn change_of(command: Command) -> Change {
        match command {
            Command::Set(set) => set.change,
            other => panic!("{other:?}"),
        }
    }
}
