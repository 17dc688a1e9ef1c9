//! Effects. A colour that comes with one goes into its parameters: on its own it would end the effect.

use serde_json::{Map, Value, json};

use super::{Fitting, Paint, Wish, insert, paint};
use crate::change::Adjustment;

impl Fitting<'_> {
    pub(super) fn effect(&mut self, wish: &Wish) {
        // A speed alone is for the effect that runs.
        let running = self.before.effect.as_ref().filter(|_| wish.paint.is_none() && wish.gradient.is_empty());
        let effect = match (&wish.effect, wish.effect_speed) {
            (Some(effect), _) => effect.clone(),
            (None, None) => return,
            (None, Some(_)) => match running {
                Some(running) => running.clone(),
                None => return self.unsupported("effect_speed"),
            },
        };
        if effect == "no_effect" {
            return self.end_effect();
        }
        if !self.light.can.effects.contains(&effect) {
            return self.unsupported_effect(wish);
        }
        if self.light.can.effects_v2 {
            self.effect_v2(&effect, wish);
        } else {
            self.effect_v1(&effect, wish);
        }
        self.out.after.effect = Some(effect);
        self.out.after.dynamic = false;
    }

    fn end_effect(&mut self) {
        if self.light.can.effects.is_empty() {
            return self.unsupported("effect");
        }
        let field = if self.light.can.effects_v2 {
            ("effects_v2", json!({"action": {"effect": "no_effect"}}))
        } else {
            ("effects", json!({"effect": "no_effect"}))
        };
        self.set(field);
        self.out.after.effect = None;
    }

    /// A lamp that does not know the effect still takes the colour that came with it.
    fn unsupported_effect(&mut self, wish: &Wish) {
        self.unsupported("effect");
        if wish.paint.is_some() || !wish.gradient.is_empty() {
            let without = Wish { effect: None, effect_speed: None, ..wish.clone() };
            self.paint(&without);
        }
    }

    fn effect_v2(&mut self, effect: &str, wish: &Wish) {
        let mut parameters = Map::new();
        let asked = wish.paint.or(wish.gradient.first().copied().map(Paint::Xy));
        match asked.and_then(|paint| self.fit_paint(paint)) {
            Some(Paint::MirekDelta(_)) => self.unsupported("color_temperature"),
            Some(fitted) => {
                insert(&mut parameters, paint::field(fitted));
                self.shows(fitted);
            }
            None => {}
        }
        if let Some(speed) = wish.effect_speed {
            parameters.insert("speed".to_owned(), json!(speed));
        }
        let mut action = json!({"effect": effect});
        if !parameters.is_empty() {
            action["parameters"] = Value::Object(parameters);
        }
        self.set(("effects_v2", json!({"action": action})));
    }

    fn effect_v1(&mut self, effect: &str, wish: &Wish) {
        if wish.paint.is_some() || !wish.gradient.is_empty() {
            self.out.adjustments.push(Adjustment::Other("its effects have their own colours".to_owned()));
        }
        if wish.effect_speed.is_some() {
            self.unsupported("effect_speed");
        }
        self.set(("effects", json!({"effect": effect})));
    }
}
