//! The arguments that change a light or a room, and their conversion into a [`Change`].

use lamplighter_plugin::control::{Brightness, Change, Color, Power};
use lamplighter_plugin::{FieldError, ToolError, Xy};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::TurnOnDefaults;
use crate::brightness::{HueBrightness, to_percent};

/// Describes a change in the vocabulary of Home Assistant's `light.turn_on`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ChangeArguments {
    /// What to do: `on`, `off`, `toggle`, or `set` to change a light without turning it on (a light that is off keeps
    /// the change for later). `on` may be combined with every attribute.
    pub action: Action,
    /// Brightness from 1 to 254. Give only one of the three brightness arguments.
    pub brightness: Option<HueBrightness>,
    /// Brightness in percent.
    #[schemars(range(min = 1.0, max = 100.0))]
    pub brightness_pct: Option<f64>,
    /// Percent points to add to the brightness; negative to dim.
    #[schemars(range(min = -100.0, max = 100.0))]
    pub brightness_step_pct: Option<f64>,
    /// Colour temperature in mirek: 153 is cold daylight, 500 is candle light. Give only one of the four colour
    /// arguments.
    #[schemars(range(min = 153, max = 500))]
    pub color_temp: Option<u16>,
    /// Colour temperature in kelvin: 2700 is warm white, 6500 is daylight.
    #[schemars(range(min = 2000, max = 6535))]
    pub color_temp_kelvin: Option<u32>,
    /// A CSS colour name such as `orange`, or `#rrggbb`.
    #[schemars(length(min = 1, max = 64))]
    pub color: Option<String>,
    /// A point `[x, y]` of the CIE 1931 diagram, each from 0 to 1.
    pub xy: Option<[Coordinate; 2]>,
    /// Seconds the change takes; 0.4 unless given.
    #[schemars(range(min = 0.0, max = 6000.0))]
    pub transition: Option<f64>,
    /// An effect the light knows, for example `candle` or `fire`; `no_effect` ends one.
    #[schemars(length(min = 1, max = 64))]
    pub effect: Option<String>,
    /// Answers what would happen, and sends nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A coordinate of a point in the CIE 1931 diagram.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Coordinate(#[schemars(range(min = 0.0, max = 1.0))] f64);

/// The actions that a change can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs)]
pub enum Action {
    On,
    Off,
    Toggle,
    Set,
}

/// The state and abilities of the target of a change, as far as the defaults depend on them.
#[derive(Debug, Clone, Copy)]
pub struct TargetState {
    /// Whether any light of it is on.
    pub on: bool,
    /// Whether it can be dimmed.
    pub dimming: bool,
    /// Whether it has colour temperatures.
    pub color_temperature: bool,
}

impl ChangeArguments {
    /// Converts the arguments into a change. Contradictory arguments are an error.
    pub fn to_change(&self) -> Result<Change, ToolError> {
        check_at_most_one(&self.brightness_arguments())?;
        check_at_most_one(&self.color_arguments())?;
        self.check_action()?;
        Ok(Change {
            power: self.power(),
            brightness: self.brightness(),
            color: self.color()?,
            transition_ms: self.transition.map(transition_ms).transpose()?,
            effect: self.effect.clone(),
            ..Change::default()
        })
    }

    /// Adds the operator's defaults. They hold for a target that is off and is turned on, where the caller gave no value.
    pub fn with_defaults(&self, mut change: Change, subject: TargetState, defaults: TurnOnDefaults) -> Change {
        if self.action != Action::On || subject.on {
            return change;
        }
        if change.brightness.is_none() && subject.dimming {
            change.brightness = defaults.default_brightness.map(Brightness::Percent);
        }
        if change.color.is_none() && change.effect.is_none() && subject.color_temperature {
            change.color = defaults.default_color_temp.map(Color::Mirek);
        }
        change
    }

    fn brightness_arguments(&self) -> [(&'static str, bool); 3] {
        [
            ("brightness", self.brightness.is_some()),
            ("brightness_pct", self.brightness_pct.is_some()),
            ("brightness_step_pct", self.brightness_step_pct.is_some()),
        ]
    }

    fn color_arguments(&self) -> [(&'static str, bool); 4] {
        [
            ("color_temp", self.color_temp.is_some()),
            ("color_temp_kelvin", self.color_temp_kelvin.is_some()),
            ("color", self.color.is_some()),
            ("xy", self.xy.is_some()),
        ]
    }

    /// Checks that the action goes with the attributes: `off` and `toggle` take none, and `set` needs one.
    fn check_action(&self) -> Result<(), ToolError> {
        let effect = [("effect", self.effect.is_some())];
        let given = given(&[&self.brightness_arguments()[..], &self.color_arguments(), &effect].concat());
        match self.action {
            Action::Set if given.is_empty() => Err(ToolError::invalid(
                "action",
                "`set` needs something to set: a brightness, a colour or an effect. To turn a light on, use `on`.",
            )),
            Action::On | Action::Set => Ok(()),
            Action::Off | Action::Toggle => reject_fields(&given, |name| {
                format!("`{name}` makes no sense with `off` or `toggle`. Use `on` or `set`, or leave it out.")
            }),
        }
    }

    fn power(&self) -> Option<Power> {
        match self.action {
            Action::On => Some(Power::On),
            Action::Off => Some(Power::Off),
            Action::Toggle => Some(Power::Toggle),
            Action::Set => None,
        }
    }

    fn brightness(&self) -> Option<Brightness> {
        let percent = self.brightness.map(to_percent).or(self.brightness_pct);
        percent.map(Brightness::Percent).or(self.brightness_step_pct.map(Brightness::Delta))
    }

    fn color(&self) -> Result<Option<Color>, ToolError> {
        let xy = self.xy.map(to_xy).transpose()?;
        let color = self.color_temp.map(Color::Mirek).or(self.color_temp_kelvin.map(Color::Kelvin));
        Ok(color.or(self.color.clone().map(Color::Text)).or(xy.map(Color::Xy)))
    }
}

/// Converts seconds to milliseconds, rounded to the bridge's steps of 100 ms.
pub fn transition_ms(seconds: f64) -> Result<u32, ToolError> {
    if !(0.0..=6000.0).contains(&seconds) {
        return Err(ToolError::invalid("transition", "A transition takes 0 to 6000 seconds."));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 60,000")]
    let tenths = (seconds * 10.0).round() as u32;
    Ok(tenths * 100)
}

/// Returns an error unless exactly one of the alternatives is given.
pub fn check_exactly_one(alternatives: &[(&'static str, bool)]) -> Result<(), ToolError> {
    if given(alternatives).is_empty() {
        let names: Vec<_> = alternatives.iter().map(|(name, _)| *name).collect();
        return reject_fields(&names, |_| format!("Give one of `{}`.", names.join("`, `")));
    }
    check_at_most_one(alternatives)
}

fn check_at_most_one(alternatives: &[(&'static str, bool)]) -> Result<(), ToolError> {
    let given = given(alternatives);
    if given.len() < 2 {
        return Ok(());
    }
    reject_fields(&given, |_| format!("Give only one of `{}`.", given.join("`, `")))
}

fn given(all: &[(&'static str, bool)]) -> Vec<&'static str> {
    all.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect()
}

fn reject_fields(fields: &[&str], reason: impl Fn(&str) -> String) -> Result<(), ToolError> {
    if fields.is_empty() {
        return Ok(());
    }
    let errors = fields.iter().map(|name| FieldError { field: (*name).to_owned(), reason: reason(name) });
    Err(ToolError::InvalidArguments(errors.collect()))
}

fn to_xy([Coordinate(x), Coordinate(y)]: [Coordinate; 2]) -> Result<Xy, ToolError> {
    let unit = 0.0..=1.0;
    if unit.contains(&x) && unit.contains(&y) {
        return Ok(Xy { x, y });
    }
    Err(ToolError::invalid("xy", "Both coordinates are from 0 to 1."))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(arguments: Value) -> Result<Change, ToolError> {
        serde_json::from_value::<ChangeArguments>(arguments).expect("the test writes arguments that parse").to_change()
    }

    fn refused(arguments: Value) -> Vec<String> {
        match check(arguments) {
            Err(ToolError::InvalidArguments(fields)) => fields.into_iter().map(|field| field.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_one_of_several_alternatives_may_be_given() {
        let both = refused(json!({"action": "on", "brightness": 5, "brightness_pct": 50}));
        assert_eq!(both, ["brightness", "brightness_pct"]);
        let both = refused(json!({"action": "on", "color": "red", "color_temp": 200}));
        assert_eq!(both, ["color_temp", "color"]);
    }

    #[test]
    fn set_needs_something_to_set() {
        assert_eq!(refused(json!({"action": "set", "transition": 2})), ["action"]);
        assert!(check(json!({"action": "set", "color": "red"})).is_ok());
    }

    #[test]
    fn off_and_toggle_take_no_attributes_but_a_transition() {
        assert_eq!(refused(json!({"action": "off", "brightness": 5})), ["brightness"]);
        assert_eq!(refused(json!({"action": "toggle", "effect": "candle"})), ["effect"]);
        let off = check(json!({"action": "off", "transition": 2.04})).expect("a slow off");
        assert_eq!((off.power, off.transition_ms), (Some(Power::Off), Some(2000)));
    }

    #[test]
    fn a_point_outside_the_diagram_is_refused() {
        assert_eq!(refused(json!({"action": "set", "xy": [0.3, 1.5]})), ["xy"]);
    }

    #[test]
    fn units_become_those_of_the_contract() {
        let change = check(json!({"action": "on", "brightness": 254, "color_temp_kelvin": 2700})).expect("it is right");
        assert_eq!(change.brightness, Some(Brightness::Percent(100.0)));
        assert_eq!(change.color, Some(Color::Kelvin(2700)));
    }
}
