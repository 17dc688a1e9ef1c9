//! The tool `hue_paint_room`, which spreads a palette over a room.

use lamplighter_common::{Reference, apply_or_plan, transition_ms};
use lamplighter_plugin::home::{Group, Light};
use lamplighter_plugin::prelude::*;

use crate::palette::{SpreadMode, gradient_points, spread};
use crate::schemas;

/// Names the room, the colours and how they are spread.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The room or zone: its name, id or number. For every light of the home this must be `all`.
    room: Reference,
    /// The palette, in order: CSS colour names, `#rrggbb`, or colour temperatures such as `2700K`.
    #[schemars(length(min = 1, max = 20))]
    colors: Vec<Color>,
    /// How the colours are spread over the lights.
    #[serde(default)]
    mode: SpreadMode,
    /// Seeds `random`: another number makes another picture.
    #[serde(default)]
    #[schemars(range(min = 0, max = 4_294_967_295_u32))]
    seed: u64,
    /// Brightness of all lights in percent; they keep their own unless given.
    #[schemars(range(min = 1.0, max = 100.0))]
    brightness_pct: Option<f64>,
    /// Seconds the change takes; 0.4 unless given.
    #[schemars(range(min = 0.0, max = 6000.0))]
    transition: Option<f64>,
    /// Answers what would happen, and sends nothing.
    #[serde(default)]
    dry_run: bool,
}

/// A colour of the palette, in words that the host understands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
struct Color(#[schemars(length(min = 1, max = 64))] String);

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_paint_room",
        "Spreads several colours over the Philips Hue lights of a room, a zone or the whole home (`all`) and turns \
         them on: a sunset, a flag, a mood. Gradient lights take several of the colours with mode `gradient`. Lights \
         that show only whites get what is nearest, lights that only dim are turned on, and plugs are left alone. The \
         answer says per light what really happened. For one colour use hue_control_room. With dry_run it only says what would happen.",
        schemas::HUE_PAINT_ROOM,
        paint,
    )
    .title("Paint a room")
    .not_destructive()
    .idempotent()
}

fn paint(arguments: Arguments) -> Result<Report<Changes>, ToolError> {
    let transition = arguments.transition.map(transition_ms).transpose()?;
    if arguments.colors.is_empty() {
        return Err(ToolError::invalid("colors", "A palette has at least one colour."));
    }
    let group = home::group(arguments.room.as_str())?;
    let lights = members(&group)?;
    if lights.is_empty() {
        return Err(ToolError::failed(format!("{} has no lamps to paint.", group.name)));
    }
    // Only lamps that show colours take one, so that a white lamp between two others takes none away.
    let places = lights.iter().filter(|light| shows_colors(light)).count();
    let mut order = spread(arguments.mode, arguments.colors.len(), places, arguments.seed).into_iter();
    let commands: Vec<_> = lights
        .iter()
        .map(|light| {
            let first = if shows_colors(light) { order.next() } else { None };
            let change = Change { transition_ms: transition, ..arguments.change(light, first) };
            Command::light(&light.id, change)
        })
        .collect();
    apply_or_plan(&group.name, &commands, arguments.dry_run)
}

impl Arguments {
    fn change(&self, light: &Light, first: Option<usize>) -> Change {
        let mut change = Change { brightness: self.brightness_pct.map(Brightness::Percent), ..Change::on() };
        let Some(first) = first else { return change };
        if self.mode == SpreadMode::Gradient && light.can.gradient_points >= 2 {
            let indices = gradient_points(self.colors.len(), first, light.can.gradient_points);
            change.gradient = indices.into_iter().map(|index| self.color(index)).collect();
        } else {
            change.color = Some(self.color(first));
        }
        change
    }

    fn color(&self, index: usize) -> control::Color {
        control::Color::Text(self.colors[index].0.clone())
    }
}

/// Returns the lamps of a group. A device that can only be turned on and off may be a fan or a heater, and is left out.
fn members(group: &Group) -> Result<Vec<Light>, ToolError> {
    let is_lamp = |light: &Light| light.can.dimming || shows_colors(light);
    Ok(home::lights()?.into_iter().filter(|light| group.lights.contains(&light.id) && is_lamp(light)).collect())
}

/// Returns whether a light shows colours or colour temperatures.
fn shows_colors(light: &Light) -> bool {
    light.can.color || light.can.color_temperature.is_some()
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, text};
    use serde_json::json;

    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::color("One").room("Lounge"))
            .light(FakeLight::plug("Fan").room("Lounge"))
            .light(FakeLight::white("Spot").room("Lounge"))
            .light(FakeLight::color("Two").room("Lounge"))
            .light(FakeLight::color("Three").room("Lounge"))
    }

    #[test]
    fn colours_are_spread_over_the_lamps_that_show_some() {
        let host = home().install();
        let arguments =
            json!({"room": "Lounge", "colors": ["#ff0000", "#0000ff"], "mode": "alternate", "brightness_pct": 40});
        let output = call::<ThisPlugin>("hue_paint_room", &arguments).expect("it paints");
        assert_eq!(
            text(&output),
            "Lounge: all 4 lights followed.\n\
             One, Three: on, 40 %, #ff0000 (confirmed)\n\
             Spot: on, 40 % (confirmed)\n\
             Two: on, 40 %, #0000ff (confirmed)"
        );
        assert!(!host.state_of("Fan").on, "a fan is no lamp");
    }

    #[test]
    fn a_dry_run_paints_nothing() {
        let host = home().install();
        let arguments = json!({"room": "Lounge", "colors": ["orange"], "dry_run": true});
        call::<ThisPlugin>("hue_paint_room", &arguments).expect("it plans");
        assert!(host.commands().is_empty());
    }
}
