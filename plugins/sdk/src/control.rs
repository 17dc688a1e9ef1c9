//! Changing the home: lights, groups, scenes. The host merges, plans, clamps and paces.

use crate::Error;
use crate::backend::control as host;
pub use crate::bindings::lamplighter::plugin::control::{
    Adjustment, ApplyOptions, Brightness, Change, ChangePlan, Clamped, Color, Command, Delivery, Outcome, Planned,
    Power, Recall, RecallMode, Set, Step, StepKind, Target,
};

/// Does what the commands say, and tells per light what came of it.
///
/// Commands for the same light are merged: the last one wins per attribute. An error means that nothing was sent;
/// what became of each light is in its outcome.
pub fn apply(commands: &[Command]) -> Result<Vec<Outcome>, Error> {
    apply_with(commands, &ApplyOptions::default())
}

/// As [`apply`], with a say in how long to wait for the lights.
pub fn apply_with(commands: &[Command], options: &ApplyOptions) -> Result<Vec<Outcome>, Error> {
    host::apply(commands, options)
}

/// Computes what [`apply`] would do, and sends nothing.
pub fn plan(commands: &[Command]) -> Result<ChangePlan, Error> {
    host::plan(commands)
}

impl Command {
    /// Changes one light, by CLIP v2 id.
    pub fn light(id: &str, change: Change) -> Self {
        Self::Set(Set { target: Target::Light(id.to_owned()), change })
    }

    /// Changes the lights of a room, a zone or the whole home, by CLIP v2 id.
    pub fn group(id: &str, change: Change) -> Self {
        Self::Set(Set { target: Target::Group(id.to_owned()), change })
    }

    /// Recalls a scene, by CLIP v2 id, as the scene itself says.
    pub fn scene(id: &str) -> Self {
        let mode = RecallMode::Active;
        Self::Recall(Recall { scene: id.to_owned(), mode, transition_ms: None, brightness: None })
    }
}

impl Change {
    /// Turns on.
    pub fn on() -> Self {
        Self::power(Power::On)
    }

    /// Turns off.
    pub fn off() -> Self {
        Self::power(Power::Off)
    }

    /// Turns off if any light of the target is on, and on otherwise.
    pub fn toggle() -> Self {
        Self::power(Power::Toggle)
    }

    /// Adds a brightness in percent, above 0 to 100.
    #[must_use]
    pub fn brightness(mut self, percent: f64) -> Self {
        self.brightness = Some(Brightness::Percent(percent));
        self
    }

    /// Adds a colour.
    #[must_use]
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Adds the time it takes, in milliseconds.
    #[must_use]
    pub fn transition_ms(mut self, milliseconds: u32) -> Self {
        self.transition_ms = Some(milliseconds);
        self
    }

    fn power(power: Power) -> Self {
        Self { power: Some(power), ..Self::default() }
    }
}

/// A change of nothing.
impl Default for Change {
    fn default() -> Self {
        Self {
            power: None,
            brightness: None,
            color: None,
            transition_ms: None,
            effect: None,
            effect_speed: None,
            gradient: Vec::new(),
            more: Vec::new(),
        }
    }
}

/// Waits for the lights as long as the host finds right.
impl Default for ApplyOptions {
    fn default() -> Self {
        Self { confirm_within_ms: None, meta: None }
    }
}
