//! Sunset: fades the lights of a room over some minutes to a warm glow, and turns them off.

use std::time::Duration;

use lamplighter_plugin::control::{ApplyOptions, Outcome};
use lamplighter_plugin::home::{Group, Light};
use lamplighter_plugin::prelude::*;

const MAX_MINUTES: u64 = 120;
const MAX_STEPS: u32 = 20;
const GLOW_PERCENT: f64 = 1.0;
const GLOW_KELVIN: u32 = 2000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Name of a room or zone; `all` for the whole home.
    #[schemars(length(min = 1, max = 100))]
    room: String,
    /// How long the sunset takes. Fractions are fine.
    #[schemars(range(max = MAX_MINUTES), extend("exclusiveMinimum" = 0))]
    minutes: f64,
}

#[derive(Serialize, JsonSchema)]
struct Sunset {
    /// Name of the room.
    room: String,
    /// Number of steps the fade was made of.
    steps: u32,
    /// Names of the lights that were faded and are off now.
    lights_off: Vec<String>,
    /// Names of the lights that did not follow.
    not_reached: Vec<String>,
}

export_plugin! {
    tools: [
        Tool::new(
            "sunset",
            "Fades the lights that are on in a room down to a warm glow and then off, over some minutes. Answers when \
             the fade is over. If it is cancelled, the lights stay as they are then.",
            sunset,
        )
        .title("Sunset")
        .not_destructive()
        .idempotent()
        .expected_duration(Duration::from_mins(MAX_MINUTES + 1)),
    ],
}

fn sunset(Arguments { room, minutes }: Arguments) -> Result<TextWithData<Sunset>, ToolError> {
    let room = home::group(&room)?;
    let lights: Vec<_> = home::lights()?.into_iter().filter(|it| it.state.on && room.lights.contains(&it.id)).collect();
    if lights.is_empty() {
        return Ok(answer(format!("{} is dark already.", room.name), &room, 0, &[]));
    }
    let time = Duration::from_secs_f64(minutes * 60.0);
    check_time(time)?;
    let steps = u32::try_from(time.as_secs()).unwrap_or(MAX_STEPS).clamp(1, MAX_STEPS);
    fade(&room, &lights, time, steps)?;
    let off: Vec<_> = lights.iter().map(|light| Command::light(&light.id, Change::off())).collect();
    let outcomes = control::apply(&off)?;
    Ok(answer(format!("The sun has set in {}.", room.name), &room, steps, &outcomes))
}

/// Checks the time limit: the operator may allow less than the tool declares.
fn check_time(wanted: Duration) -> Result<(), ToolError> {
    let allowed = call::time_left();
    if wanted <= allowed {
        return Ok(());
    }
    let minutes = allowed.as_secs() / 60;
    let reason = format!("must be below {minutes}, unless the operator sets a larger wall_seconds for this plugin");
    Err(ToolError::invalid("minutes", reason))
}

/// Fades the lights step by step until they glow.
fn fade(room: &Group, lights: &[Light], time: Duration, steps: u32) -> Result<(), ToolError> {
    let step_ms = u32::try_from((time / steps).as_millis()).unwrap_or(u32::MAX);
    for step in 1..=steps {
        let left = 1.0 - f64::from(step) / f64::from(steps);
        let commands: Vec<_> = lights.iter().map(|light| fade_command(light, left, step_ms)).collect();
        control::apply_with(&commands, &ApplyOptions { confirm_within_ms: Some(0), meta: None })?;
        let message = format!("{}: {:.0}% of the light is left", room.name, left * 100.0);
        call::progress(step.into(), Some(steps.into()), Some(&message));
        if call::is_cancelled() || !call::sleep(step_ms.into()) {
            let room = &room.name;
            let message = format!("Stopped after step {step} of {steps}; the lights of {room} stay as they are.");
            return Err(ToolError::Timeout(message));
        }
    }
    Ok(())
}

/// Fades a light to a share of its original brightness, within one step.
fn fade_command(light: &Light, left: f64, step_ms: u32) -> Command {
    let level = light.state.brightness.unwrap_or(100.0) * left;
    let change = Change::default().brightness(level.max(GLOW_PERCENT)).color(Color::Kelvin(GLOW_KELVIN));
    Command::light(&light.id, change.transition_ms(step_ms))
}

fn answer(mut text: String, room: &Group, steps: u32, outcomes: &[Outcome]) -> TextWithData<Sunset> {
    let (off, lost): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.delivery.is_done());
    let names = |outcomes: Vec<&Outcome>| outcomes.into_iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    let (lights_off, not_reached) = (names(off), names(lost));
    if !not_reached.is_empty() {
        text = format!("{text} Not reached: {}.", not_reached.join(", "));
    }
    let failed = lights_off.is_empty() && !not_reached.is_empty();
    let output = TextWithData::new(text, Sunset { room: room.name.clone(), steps, lights_off, not_reached });
    if failed { output.error() } else { output }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{self, FakeHost, FakeLight, structured, text};
    use serde_json::json;

    use super::*;

    fn evening() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::color("Sofa lamp").room("Living room").on().brightness(60.0))
            .light(FakeLight::white("Ceiling").room("Living room"))
            .light(FakeLight::color("Desk lamp").room("Office").on())
    }

    #[test]
    fn the_lights_that_are_on_sink_and_go_off() {
        let host = evening().install();
        let arguments = json!({"room": "Living room", "minutes": 0.05});
        let output = testing::call::<ThisPlugin>("sunset", &arguments).expect("there is such a room");
        assert_eq!(text(&output), "The sun has set in Living room.");
        let expected = json!({"room": "Living room", "steps": 3, "lights_off": ["Sofa lamp"], "not_reached": []});
        assert_eq!(structured(&output), expected);
        assert!(!host.state_of("Sofa lamp").on);
        assert!(host.state_of("Desk lamp").on, "another room");
        assert_eq!(host.progress().len(), 3);
    }

    #[test]
    fn a_cancelled_sunset_leaves_the_lights_on_and_says_how_far_it_got() {
        let host = evening().cancelled().install();
        let error = testing::call::<ThisPlugin>("sunset", &json!({"room": "Living room", "minutes": 0.05}));
        let Err(ToolError::Timeout(message)) = error else { panic!("{error:?}") };
        assert_eq!(message, "Stopped after step 1 of 3; the lights of Living room stay as they are.");
        assert!(host.state_of("Sofa lamp").on);
    }

    #[test]
    fn a_sunset_that_the_operator_does_not_allow_does_not_begin() {
        let host = evening().install();
        let error = testing::call::<ThisPlugin>("sunset", &json!({"room": "Living room", "minutes": 90}));
        assert!(matches!(error, Err(ToolError::InvalidArguments(_))), "{error:?}");
        assert!(host.commands().is_empty());
    }

    #[test]
    fn a_dark_room_stays_as_it_is() {
        let host = FakeHost::new().light(FakeLight::white("Ceiling").room("Hall")).install();
        let output = testing::call::<ThisPlugin>("sunset", &json!({"room": "Hall", "minutes": 1}));
        assert_eq!(text(&output.expect("there is such a room")), "Hall is dark already.");
        assert!(host.commands().is_empty());
    }
}
