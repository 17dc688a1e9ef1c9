//! Effects. A colour that comes with an effect goes into its parameters: on its own it would end the effect.

use serde_json::{Map, Value, json};

use super::{ColorTarget, CommandBuilder, DesiredState, color, insert};
use crate::{change::Adjustment, plan::effects::NO_EFFECT};

impl CommandBuilder<'_> {
    pub(super) fn effect(&mut self, desired: &DesiredState) {
        // A speed alone applies to the running effect.
        let running = self.before.effect.as_ref().filter(|_| desired.color.is_none() && desired.gradient.is_empty());
        let effect = match (&desired.effect, desired.effect_speed) {
            (Some(effect), _) => effect.clone(),
            (None, None) => return,
            (None, Some(_)) => match running {
                Some(running) => running.clone(),
                None => return self.unsupported("effect_speed"),
            },
        };
        if effect == NO_EFFECT {
            return self.end_effect();
        }
        if !self.light.can.effects.contains(&effect) {
            return self.unsupported_effect(&effect, desired);
        }
        if self.light.can.effects_v2 {
            self.effect_v2(&effect, desired);
        } else {
            self.effect_v1(&effect, desired);
        }
        self.command.after.effect = Some(effect);
        self.command.after.dynamic = false;
    }

    fn end_effect(&mut self) {
        if self.light.can.effects.is_empty() {
            return self.unsupported("effect");
        }
        let field = if self.light.can.effects_v2 {
            ("effects_v2", json!({"action": {"effect": NO_EFFECT}}))
        } else {
            ("effects", json!({"effect": NO_EFFECT}))
        };
        self.set(field);
        self.command.after.effect = None;
    }

    /// Leaves an unknown effect out. The lamp still takes the colour that came with it.
    fn unsupported_effect(&mut self, effect: &str, desired: &DesiredState) {
        self.command.adjustments.push(Adjustment::Other(format!("it does not have the effect {effect}")));
        if desired.color.is_some() || !desired.gradient.is_empty() {
            let without = DesiredState { effect: None, effect_speed: None, ..desired.clone() };
            self.color(&without);
        }
    }

    fn effect_v2(&mut self, effect: &str, desired: &DesiredState) {
        let mut parameters = Map::new();
        let target = desired.color.or(desired.gradient.first().copied().map(ColorTarget::Xy));
        match target.and_then(|target| self.possible_color(target)) {
            Some(ColorTarget::MirekDelta(_)) => self.unsupported("color_temperature"),
            Some(possible) => {
                insert(&mut parameters, color::field(possible));
                self.set_color_after(possible);
            }
            None => {}
        }
        if let Some(speed) = desired.effect_speed {
            parameters.insert("speed".to_owned(), json!(speed));
        }
        let mut action = json!({"effect": effect});
        if !parameters.is_empty() {
            action["parameters"] = Value::Object(parameters);
        }
        self.set(("effects_v2", json!({"action": action})));
    }

    fn effect_v1(&mut self, effect: &str, desired: &DesiredState) {
        if desired.color.is_some() || !desired.gradient.is_empty() {
            self.command.adjustments.push(Adjustment::Other("its effects have their own colours".to_owned()));
        }
        if desired.effect_speed.is_some() {
            self.unsupported("effect_speed");
        }
        self.set(("effects", json!({"effect": effect})));
    }
}
