//! The command that one lamp can follow: a desired state, adapted to what the lamp can do.

mod color;
mod effect;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::desired_state::{ColorTarget, DesiredState};
use crate::{
    change::{Adjustment, Brightness, MIN_BRIGHTNESS, Note},
    color::Xy,
    home::{Light, LightState},
};

/// The longest transition that a bridge takes.
const MAX_TRANSITION: Duration = Duration::from_mins(100);

/// A command that a lamp can follow, and its effect.
#[derive(Clone, Debug)]
pub(super) struct LampCommand {
    pub(super) body: Map<String, Value>,
    pub(super) after: LightState,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) note: Option<Note>,
    pub(super) messages: u32,
    /// Is set if a group command would give this lamp another state, so that it needs a request of its own as well.
    pub(super) converted: bool,
}

/// Adapts a desired state to a lamp that has the state `before`.
pub(super) fn build_command(light: &Light, before: &LightState, desired: &DesiredState) -> LampCommand {
    let mut builder = CommandBuilder::new(light, before);
    builder.power(desired);
    builder.brightness(desired);
    builder.color(desired);
    builder.effect(desired);
    let note = builder.note(desired);
    if !builder.command.body.is_empty() {
        builder.transition(desired);
    }
    LampCommand { note, ..builder.command }
}

/// Returns the body for a group: the desired values, as each lamp clamps for itself. Attributes that no lamp has are left
/// out.
pub(super) fn group_body(lights: &[&Light], desired: &DesiredState) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(on) = desired.on {
        body.insert("on".to_owned(), json!({"on": on}));
    }
    if let Some(brightness) = desired.brightness_to_send().filter(|_| lights.iter().any(|light| light.can.dimming)) {
        insert(&mut body, brightness_field(at_least_minimum(brightness)));
    }
    let color = lights.iter().any(|light| light.can.color);
    let white = lights.iter().any(|light| light.can.mirek.is_some());
    match desired.color {
        Some(target @ ColorTarget::Xy(_)) if color => insert(&mut body, color::field(target)),
        Some(target @ (ColorTarget::Mirek(_) | ColorTarget::MirekDelta(_))) if white => {
            insert(&mut body, color::field(target));
        }
        _ => {}
    }
    if let Some(transition) = desired.transition.filter(|_| !body.is_empty()) {
        insert(&mut body, dynamics(transition));
    }
    body
}

/// A lamp's command in the making.
struct CommandBuilder<'a> {
    light: &'a Light,
    before: &'a LightState,
    command: LampCommand,
}

impl<'a> CommandBuilder<'a> {
    fn new(light: &'a Light, before: &'a LightState) -> Self {
        let command = LampCommand {
            body: Map::new(),
            after: before.clone(),
            adjustments: Vec::new(),
            note: None,
            messages: 0,
            converted: false,
        };
        Self { light, before, command }
    }

    fn set(&mut self, (key, value): (&'static str, Value)) {
        insert(&mut self.command.body, (key, value));
        self.command.messages += 1;
    }

    fn unsupported(&mut self, attribute: &'static str) {
        self.command.adjustments.push(Adjustment::Unsupported(attribute));
    }

    fn clamped(&mut self, attribute: &'static str, requested: String, given: String) {
        self.command.adjustments.push(Adjustment::Clamped { attribute, asked: requested, given });
    }

    fn power(&mut self, desired: &DesiredState) {
        if let Some(on) = desired.on {
            self.set(("on", json!({"on": on})));
            self.command.after.on = on;
            self.command.after.dynamic &= on;
        }
    }

    fn brightness(&mut self, desired: &DesiredState) {
        let Some(brightness) = desired.brightness_to_send() else { return };
        if !self.light.can.dimming {
            return self.unsupported("brightness");
        }
        let possible = at_least_minimum(brightness);
        if let (Brightness::Percent(requested), true) = (brightness, possible != brightness) {
            self.clamped("brightness", format!("{requested} %"), format!("{MIN_BRIGHTNESS} %"));
        }
        self.set(brightness_field(possible));
        self.command.after.brightness = match possible {
            Brightness::Percent(percent) => Some(percent),
            Brightness::Delta(delta) => self.before.brightness.map(|now| (now + delta).clamp(MIN_BRIGHTNESS, 100.0)),
        };
    }

    fn transition(&mut self, desired: &DesiredState) {
        let Some(requested) = desired.transition else { return };
        let given = requested.min(MAX_TRANSITION);
        if given < requested {
            self.clamped("transition", format!("{} s", requested.as_secs()), format!("{} s", given.as_secs()));
        }
        insert(&mut self.command.body, dynamics(given));
    }

    fn note(&self, desired: &DesiredState) -> Option<Note> {
        if self.command.body.is_empty() {
            return (!desired.is_empty()).then_some(Note::Unsupported).or(Some(Note::Unchanged));
        }
        if self.light.is_unreachable() {
            return Some(Note::Unreachable);
        }
        if self.is_unchanged(desired) {
            return Some(Note::Unchanged);
        }
        (!self.before.on && !self.command.after.on).then_some(Note::StoredWhileOff)
    }

    /// Returns whether the lamp already has the desired state. A delta never is.
    fn is_unchanged(&self, desired: &DesiredState) -> bool {
        let ends_an_effect = self.before.effect.is_some() && self.before.effect != self.command.after.effect;
        desired.is_repeatable()
            && desired.effect_speed.is_none()
            && !ends_an_effect
            && !(desired.effect.is_some() && desired.color.is_some())
            && self.before.looks_like(&self.command.after)
    }
}

/// Raises a percentage to the lowest that a lamp can show.
fn at_least_minimum(brightness: Brightness) -> Brightness {
    match brightness {
        Brightness::Percent(percent) => Brightness::Percent(percent.max(MIN_BRIGHTNESS)),
        delta @ Brightness::Delta(_) => delta,
    }
}

fn brightness_field(brightness: Brightness) -> (&'static str, Value) {
    match brightness {
        Brightness::Percent(percent) => ("dimming", json!({"brightness": percent})),
        Brightness::Delta(delta) => {
            ("dimming_delta", json!({"action": direction(delta >= 0.0), "brightness_delta": delta.abs()}))
        }
    }
}

fn dynamics(transition: Duration) -> (&'static str, Value) {
    ("dynamics", json!({"duration": duration_value(transition)}))
}

/// Returns a transition in milliseconds. The bridge counts in steps of 100 ms.
pub(super) fn duration_value(transition: Duration) -> Value {
    let tenths = (transition.min(MAX_TRANSITION).as_millis() + 50) / 100;
    json!(u64::try_from(tenths * 100).unwrap_or(u64::MAX))
}

fn direction(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

fn point(xy: Xy) -> Value {
    let short = |value: f64| (value * 1e4).round() / 1e4;
    json!({"xy": {"x": short(xy.x), "y": short(xy.y)}})
}

/// Builds the `gradient` of a request.
pub(super) fn gradient_value(colors: &[Xy]) -> Value {
    json!({"points": colors.iter().map(|xy| json!({"color": point(*xy)})).collect::<Vec<_>>()})
}

fn insert(body: &mut Map<String, Value>, (key, value): (&'static str, Value)) {
    body.insert(key.to_owned(), value);
}
