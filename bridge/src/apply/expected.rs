//! The attributes that the event stream must show before a light counts as confirmed.

use crate::{
    change::{PlannedLight, Step, StepKind},
    color::Xy,
    home::LightState,
};

/// The difference in percent that the bridge's rounding may make: it counts brightness in 253 steps.
const BRIGHTNESS_TOLERANCE: f64 = 0.6;
const MIREK_TOLERANCE: u16 = 1;
const XY_TOLERANCE: f64 = 0.01;

/// The attributes of a light that a plan sets. Other clients may change the rest meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of attributes")]
pub(super) struct ExpectedAttributes {
    on: bool,
    brightness: bool,
    color: bool,
    effect: bool,
}

impl ExpectedAttributes {
    /// Collects the attributes that the steps set for a light.
    pub(super) fn new<'a>(light: &PlannedLight, steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut expected = Self::default();
        for step in steps {
            match step.kind {
                StepKind::Light | StepKind::Group => expected.add_body(step),
                // A recall's request does not hold the states that the scene gives.
                StepKind::Scene | StepKind::SmartScene => expected.add_difference(light),
                StepKind::Identify => {}
            }
        }
        expected
    }

    fn add_body(&mut self, step: &Step) {
        let has = |names: &[&str]| names.iter().any(|name| step.body.get(name).is_some());
        self.on |= has(&["on"]);
        self.brightness |= has(&["dimming", "dimming_delta"]);
        self.color |= has(&["color", "color_temperature", "color_temperature_delta", "gradient"]);
        self.effect |= has(&["effects", "effects_v2"]);
    }

    fn add_difference(&mut self, light: &PlannedLight) {
        let (before, after) = (&light.before, &light.after);
        self.on |= before.on != after.on;
        self.brightness |= before.brightness != after.brightness;
        self.color |= (before.mirek, before.xy, &before.gradient) != (after.mirek, after.xy, &after.gradient);
        self.effect |= before.effect != after.effect;
    }

    /// Returns whether a light shows its planned state. A light that moves by itself, in an effect or through a palette,
    /// has no colour to compare.
    pub(super) fn are_shown(self, now: &LightState, light: &PlannedLight) -> bool {
        let after = &light.after;
        let on = !self.on || now.on == after.on;
        let brightness = !self.brightness || is_brightness_near(now.brightness, after.brightness);
        let effect = !self.effect || now.effect == after.effect;
        let moves = !after.dynamic || light.before.dynamic || now.dynamic;
        let color = !self.color || after.dynamic || after.effect.is_some() || is_color_near(now, after);
        on && brightness && effect && moves && color
    }
}

fn is_brightness_near(now: Option<f64>, after: Option<f64>) -> bool {
    match (now, after) {
        (Some(now), Some(after)) => (now - after).abs() <= BRIGHTNESS_TOLERANCE,
        // A lamp without brightness in a group.
        (_, None) => true,
        (None, Some(_)) => false,
    }
}

fn is_color_near(now: &LightState, after: &LightState) -> bool {
    let near = |a: &Xy, b: &Xy| (a.x - b.x).abs() <= XY_TOLERANCE && (a.y - b.y).abs() <= XY_TOLERANCE;
    let gradient = now.gradient.len() == after.gradient.len()
        && now.gradient.iter().zip(&after.gradient).all(|(now, after)| near(now, after));
    gradient
        && match (after.mirek, after.xy) {
            (Some(mirek), _) => now.mirek.is_some_and(|now| now.abs_diff(mirek) <= MIREK_TOLERANCE),
            (None, Some(xy)) => now.mirek.is_none() && now.xy.is_some_and(|now| near(&now, &xy)),
            (None, None) => true,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::apply::samples::{planned_light, step};

    fn shown(now: &LightState, light: &PlannedLight, body: Value) -> bool {
        ExpectedAttributes::new(light, [&step(StepKind::Light, &["l"], body)].into_iter()).are_shown(now, light)
    }

    fn lit(brightness: f64) -> LightState {
        LightState { on: true, brightness: Some(brightness), ..LightState::default() }
    }

    fn dim() -> Value {
        json!({"on": {}, "dimming": {}})
    }

    #[test]
    fn the_bridges_rounding_is_no_difference() {
        let light = planned_light("l", LightState::default(), lit(50.0));
        assert!(shown(&lit(49.8), &light, dim()));
        assert!(!shown(&lit(48.0), &light, dim()));
        assert!(!shown(&LightState { on: false, ..lit(50.0) }, &light, dim()));
    }

    #[test]
    fn what_was_not_asked_may_be_anything() {
        let light = planned_light("l", lit(10.0), LightState { on: false, ..lit(10.0) });
        assert!(shown(&LightState { on: false, ..lit(90.0) }, &light, json!({"on": {}})));
    }

    #[test]
    fn what_was_asked_counts_even_if_it_seemed_to_be_so_before() {
        let light = planned_light("l", lit(10.0), lit(50.0));
        assert!(!shown(&LightState { on: false, ..lit(50.0) }, &light, dim()));
    }

    #[test]
    fn a_colour_temperature_is_compared_as_such_and_a_colour_by_its_point() {
        let xy = |x: f64| LightState { xy: Some(Xy { x, y: 0.3 }), ..lit(10.0) };
        let to_mirek = planned_light("l", xy(0.2), LightState { mirek: Some(370), ..xy(0.46) });
        let white = json!({"color_temperature": {}});
        assert!(shown(&LightState { mirek: Some(371), ..xy(0.5) }, &to_mirek, white.clone()));
        assert!(!shown(&xy(0.46), &to_mirek, white));
        let to_xy = planned_light("l", xy(0.2), xy(0.46));
        assert!(shown(&xy(0.465), &to_xy, json!({"color": {}})));
        assert!(!shown(&xy(0.48), &to_xy, json!({"color": {}})));
    }

    #[test]
    fn a_gradient_is_compared_point_by_point() {
        let points = |second: f64| vec![Xy { x: 0.3, y: 0.3 }, Xy { x: second, y: 0.3 }];
        let with = |gradient: Vec<Xy>| LightState { xy: Some(Xy { x: 0.3, y: 0.3 }), gradient, ..lit(10.0) };
        let light = planned_light("l", lit(10.0), with(points(0.5)));
        assert!(shown(&with(points(0.501)), &light, json!({"gradient": {}})));
        assert!(!shown(&with(points(0.4)), &light, json!({"gradient": {}})));
        assert!(!shown(&with(Vec::new()), &light, json!({"gradient": {}})));
    }

    #[test]
    fn a_palette_in_motion_is_shown_by_its_motion_and_not_by_colours() {
        let moving = LightState { dynamic: true, xy: Some(Xy { x: 0.6, y: 0.3 }), ..lit(40.0) };
        let light = planned_light("l", lit(10.0), moving.clone());
        let recalled = ExpectedAttributes::new(&light, [&step(StepKind::Scene, &["l"], json!({}))].into_iter());
        assert!(recalled.are_shown(&LightState { xy: None, ..moving.clone() }, &light));
        assert!(!recalled.are_shown(&LightState { dynamic: false, ..moving }, &light));
    }
}
