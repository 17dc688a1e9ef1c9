//! What one lamp can follow of a wish.

mod effect;
mod paint;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    unreachable,
    wish::{Paint, Wish},
};
use crate::{
    change::{Adjustment, Brightness, LEAST_BRIGHTNESS, Note},
    color::Xy,
    home::{Light, LightState},
};

const LONGEST_TRANSITION: Duration = Duration::from_mins(100);

/// A wish, fitted to a lamp.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) body: Map<String, Value>,
    pub(super) after: LightState,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) note: Option<Note>,
    pub(super) messages: u32,
    /// A group command would give this lamp something else: it needs one of its own as well.
    pub(super) converted: bool,
}

/// Fits a wish to a lamp in a state.
pub(super) fn fit(light: &Light, before: &LightState, wish: &Wish) -> Fitted {
    let mut fit = Fitting::new(light, before);
    fit.power(wish);
    fit.brightness(wish);
    fit.paint(wish);
    fit.effect(wish);
    let note = fit.note(wish);
    if !fit.out.body.is_empty() {
        fit.transition(wish);
    }
    Fitted { note, ..fit.out }
}

/// The body for a group: as asked, since each of its lamps clamps for itself. Attributes that none of them has are
/// left out.
pub(super) fn group_body(lights: &[&Light], wish: &Wish) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(on) = wish.on {
        body.insert("on".to_owned(), json!({"on": on}));
    }
    if let Some(brightness) = wish.sent_brightness().filter(|_| lights.iter().any(|light| light.can.dimming)) {
        insert(&mut body, brightness_field(no_less(brightness)));
    }
    let color = lights.iter().any(|light| light.can.color);
    let white = lights.iter().any(|light| light.can.mirek.is_some());
    match wish.paint {
        Some(paint @ Paint::Xy(_)) if color => insert(&mut body, paint::field(paint)),
        Some(paint @ (Paint::Mirek(_) | Paint::MirekDelta(_))) if white => insert(&mut body, paint::field(paint)),
        _ => {}
    }
    if let Some(transition) = wish.transition.filter(|_| !body.is_empty()) {
        insert(&mut body, dynamics(transition.min(LONGEST_TRANSITION)));
    }
    body
}

/// A lamp being fitted.
struct Fitting<'a> {
    light: &'a Light,
    before: &'a LightState,
    out: Fitted,
}

impl<'a> Fitting<'a> {
    fn new(light: &'a Light, before: &'a LightState) -> Self {
        let out = Fitted {
            body: Map::new(),
            after: before.clone(),
            adjustments: Vec::new(),
            note: None,
            messages: 0,
            converted: false,
        };
        Self { light, before, out }
    }

    fn set(&mut self, (key, value): (&'static str, Value)) {
        insert(&mut self.out.body, (key, value));
        self.out.messages += 1;
    }

    fn unsupported(&mut self, attribute: &'static str) {
        self.out.adjustments.push(Adjustment::Unsupported(attribute));
    }

    fn clamped(&mut self, attribute: &'static str, asked: String, given: String) {
        self.out.adjustments.push(Adjustment::Clamped { attribute, asked, given });
    }

    fn power(&mut self, wish: &Wish) {
        if let Some(on) = wish.on {
            self.set(("on", json!({"on": on})));
            self.out.after.on = on;
            self.out.after.dynamic &= on;
        }
    }

    fn brightness(&mut self, wish: &Wish) {
        let Some(brightness) = wish.sent_brightness() else { return };
        if !self.light.can.dimming {
            return self.unsupported("brightness");
        }
        let fitted = no_less(brightness);
        if let (Brightness::Percent(asked), true) = (brightness, fitted != brightness) {
            self.clamped("brightness", format!("{asked} %"), format!("{LEAST_BRIGHTNESS} %"));
        }
        self.set(brightness_field(fitted));
        self.out.after.brightness = match fitted {
            Brightness::Percent(percent) => Some(percent),
            Brightness::Delta(delta) => self.before.brightness.map(|now| (now + delta).clamp(LEAST_BRIGHTNESS, 100.0)),
        };
    }

    fn transition(&mut self, wish: &Wish) {
        let Some(asked) = wish.transition else { return };
        let given = asked.min(LONGEST_TRANSITION);
        if given < asked {
            self.clamped("transition", format!("{} s", asked.as_secs()), format!("{} s", given.as_secs()));
        }
        insert(&mut self.out.body, dynamics(given));
    }

    fn note(&self, wish: &Wish) -> Option<Note> {
        if self.out.body.is_empty() {
            return (!wish.is_empty()).then_some(Note::Unsupported).or(Some(Note::Unchanged));
        }
        if unreachable(self.light) {
            return Some(Note::Unreachable);
        }
        if self.is_already_so(wish) {
            return Some(Note::Unchanged);
        }
        (!self.before.on && !self.out.after.on).then_some(Note::StoredWhileOff)
    }

    /// A delta is never already so.
    fn is_already_so(&self, wish: &Wish) -> bool {
        let ends_an_effect = self.before.effect.is_some() && self.before.effect != self.out.after.effect;
        wish.is_repeatable()
            && wish.effect_speed.is_none()
            && !ends_an_effect
            && !(wish.effect.is_some() && wish.paint.is_some())
            && same(self.before, &self.out.after)
    }
}

/// Whether two states look the same: within the steps in which the bridge counts.
pub(crate) fn same(a: &LightState, b: &LightState) -> bool {
    let near = |a: Option<f64>, b: Option<f64>, tolerance: f64| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance,
        (a, b) => a.is_none() && b.is_none(),
    };
    let color = match (a.mirek, b.mirek) {
        (Some(a), Some(b)) => a.abs_diff(b) <= 1,
        (None, None) => match (a.xy, b.xy) {
            (Some(a), Some(b)) => a.distance(b) <= 0.002,
            (a, b) => a.is_none() && b.is_none(),
        },
        _ => false,
    };
    let gradient = a.gradient.len() == b.gradient.len()
        && a.gradient.iter().zip(&b.gradient).all(|(a, b)| a.distance(*b) <= 0.002);
    let moves = a.effect == b.effect && a.dynamic == b.dynamic;
    a.on == b.on && near(a.brightness, b.brightness, 0.4) && color && gradient && moves
}

/// The least that a lamp can do, for less.
fn no_less(brightness: Brightness) -> Brightness {
    match brightness {
        Brightness::Percent(percent) => Brightness::Percent(percent.max(LEAST_BRIGHTNESS)),
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

/// The bridge counts in steps of 100 ms.
fn dynamics(transition: Duration) -> (&'static str, Value) {
    let tenths = (transition.as_millis() + 50) / 100;
    ("dynamics", json!({"duration": u64::try_from(tenths * 100).unwrap_or(6_000_000)}))
}

fn direction(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

fn point(xy: Xy) -> Value {
    let short = |value: f64| (value * 1e4).round() / 1e4;
    json!({"xy": {"x": short(xy.x), "y": short(xy.y)}})
}

/// The `gradient` of a request.
pub(super) fn points(colors: &[Xy]) -> Value {
    json!({"points": colors.iter().map(|xy| json!({"color": point(*xy)})).collect::<Vec<_>>()})
}

fn insert(body: &mut Map<String, Value>, (key, value): (&'static str, Value)) {
    body.insert(key.to_owned(), value);
}
