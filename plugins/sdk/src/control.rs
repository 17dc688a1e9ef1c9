//! Changes lights and groups and recalls scenes. The host merges, plans, clamps and paces the commands.
//!
//! Commands that belong together go in one call. The host sends them concurrently and reports an outcome per light:
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! /// Dims all lights that are on, and counts those that did.
//! fn dim() -> Result<String, ToolError> {
//!     let on: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).collect();
//!     let dimmer = || Change::default().brightness(20.0).color(Color::Kelvin(2200)).transition_ms(2_000);
//!     let commands: Vec<_> = on.iter().map(|light| Command::light(&light.id, dimmer())).collect();
//!     let outcomes = control::apply(&commands)?;
//!     let (dim, lost): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.delivery.is_done());
//!     Ok(format!("{} lights are dim, {} did not follow.", dim.len(), lost.len()))
//! }
//! # use lamplighter_plugin::testing::{FakeHost, FakeLight};
//! # let host = FakeHost::new().light(FakeLight::color("Desk lamp").on()).install();
//! # assert_eq!(dim().expect("the fake host obeys"), "1 lights are dim, 0 did not follow.");
//! # assert_eq!(host.state_of("Desk lamp").brightness, Some(20.0));
//! ```

use crate::Error;
use crate::backend::control as host;
pub use crate::bindings::lamplighter::plugin::control::{
    Adjustment, ApplyOptions, Brightness, Change, ChangePlan, Clamped, Color, Command, Delivery, Outcome, Planned,
    Power, Recall, RecallMode, Set, Step, StepKind, Target,
};

/// Applies the commands and returns an outcome per light.
///
/// Commands for the same light are merged: the last one wins per attribute, and a delta adds to the values before it. An
/// error means that nothing was sent; the failure of a light is in its outcome.
pub fn apply(commands: &[Command]) -> Result<Vec<Outcome>, Error> {
    apply_with(commands, &ApplyOptions::default())
}

/// Like [`apply`], with a limit for the time that the host waits for the lights.
pub fn apply_with(commands: &[Command], options: &ApplyOptions) -> Result<Vec<Outcome>, Error> {
    host::apply(commands, options)
}

/// Computes what [`apply`] would send, and sends nothing.
pub fn plan(commands: &[Command]) -> Result<ChangePlan, Error> {
    host::plan(commands)
}

impl Command {
    /// Changes one light, which its CLIP v2 id names.
    pub fn light(id: &str, change: Change) -> Self {
        Self::Set(Set { target: Target::Light(id.to_owned()), change })
    }

    /// Changes the lights of a room, a zone or the whole home, which its CLIP v2 id names.
    pub fn group(id: &str, change: Change) -> Self {
        Self::Set(Set { target: Target::Group(id.to_owned()), change })
    }

    /// Recalls a scene, which its CLIP v2 id names, with the scene's own mode, duration and brightness.
    pub fn scene(id: &str) -> Self {
        let mode = RecallMode::Active;
        Self::Recall(Recall { scene: id.to_owned(), mode, transition_ms: None, brightness: None })
    }
}

impl Delivery {
    /// Returns whether the light does what was asked: confirmed, accepted, or unchanged because it already did.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Confirmed | Self::Accepted | Self::Unchanged)
    }
}

impl Change {
    /// Returns a change that turns on.
    pub fn on() -> Self {
        Self::power(Power::On)
    }

    /// Returns a change that turns off.
    pub fn off() -> Self {
        Self::power(Power::Off)
    }

    /// Returns a change that turns off if any light of the target is on, and on otherwise.
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

    /// Adds the duration of the transition in milliseconds.
    #[must_use]
    pub fn transition_ms(mut self, milliseconds: u32) -> Self {
        self.transition_ms = Some(milliseconds);
        self
    }

    fn power(power: Power) -> Self {
        Self { power: Some(power), ..Self::default() }
    }
}

/// The change that leaves everything as it is.
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

/// The options that leave the waiting time to the host.
impl Default for ApplyOptions {
    fn default() -> Self {
        Self { confirm_within_ms: None, meta: None }
    }
}
