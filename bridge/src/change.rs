//! Commands, plans and outcomes. Values only: `plan` turns commands into requests, `apply` sends them.

use std::time::Duration;

use crate::{
    color::Xy,
    error::Error,
    home::{Id, LightState},
};

/// The lowest brightness in percent that differs from the next lower one: the bridge counts in 253 steps.
///
/// Not `min_dim_level`, which tells how much light the lamp gives at its lowest, not how low it may be set.
pub(crate) const MIN_BRIGHTNESS: f64 = 0.4;

/// A command: changes lights, recalls a scene, or identifies a light.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Changes a light or all lights of a group.
    Set {
        /// Says which light or group is changed.
        target: Target,
        /// Holds the attributes to change.
        change: Change,
    },
    /// Recalls a scene, or activates it if it is smart.
    Recall {
        /// Names the scene.
        scene: Id,
        /// Says whether the scene's palette moves.
        mode: RecallMode,
        /// Sets how long the change takes.
        transition: Option<Duration>,
        /// Replaces the brightness that the scene has, in percent.
        brightness: Option<f64>,
    },
    /// Makes a light identify itself: it blinks.
    Identify(Id),
}

/// The lights that a change is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Means one light.
    Light(Id),
    /// Means the lights of a room, a zone or the whole home.
    Group(Id),
}

/// The attributes to change; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Turns the light on or off, or toggles it.
    pub power: Option<Power>,
    /// Sets the brightness.
    pub brightness: Option<Brightness>,
    /// Sets which colour or colour temperature is shown.
    pub color: Option<Color>,
    /// Sets how long the change takes, up to 6,000 s; the bridge counts in steps of 100 ms.
    pub transition: Option<Duration>,
    /// Starts an effect; `no_effect` ends one.
    pub effect: Option<String>,
    /// Sets how fast the effect runs, 0.0 to 1.0.
    pub effect_speed: Option<f64>,
    /// Sets 2 to 5 colours along a gradient light; empty for none.
    pub gradient: Vec<Color>,
}

/// A switch that turns lights on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Turns the lights on.
    On,
    /// Turns all lights of the target off.
    Off,
    /// Turns the lights off if any light of the target is on, and on otherwise.
    Toggle,
}

/// A brightness to set, or a change to add to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Brightness {
    /// Sets how bright the light is, above 0 to 100 percent.
    Percent(f64),
    /// Adds percent points, -100 to 100.
    Delta(f64),
}

impl Brightness {
    /// Converts the older API's 1 to 254 as a bridge does: 1 is as dark as the light goes.
    pub fn from_v1(number: u8) -> Self {
        let percent = f64::from(number.clamp(1, 254) - 1) / 253.0 * 100.0;
        Self::Percent(percent.max(MIN_BRIGHTNESS))
    }
}

/// A colour or colour temperature to set, or a change to add to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Color {
    /// Holds a colour as a person writes it: see [`crate::color::parse`].
    Text(String),
    /// Is a colour temperature of 50 to 1000 mirek.
    Mirek(u16),
    /// Is a colour temperature of 1000 to 20000 kelvin.
    Kelvin(u32),
    /// Is a point of the CIE 1931 diagram.
    Xy(Xy),
    /// Adds mirek; positive is warmer.
    MirekDelta(i16),
}

/// How a scene is recalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecallMode {
    /// Lets the scene decide whether its palette moves.
    #[default]
    Active,
    /// Lets the lights move through the scene's palette.
    DynamicPalette,
    /// Shows the scene without moving its palette.
    Static,
}

/// Time limits of [`crate::Bridge::apply`] and [`crate::Bridge::execute`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Limits the wait for the event stream to show the new states; zero does not wait. Default: 1500 ms.
    pub confirm_within: Duration,
    /// Ends the call; requests that have not been sent by then are not sent. Default: 30 s from now.
    pub deadline: std::time::Instant,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            confirm_within: Duration::from_millis(1500),
            deadline: std::time::Instant::now() + Duration::from_secs(30),
        }
    }
}

/// The outcome that a command had for one light.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Identifies the light.
    pub light: Id,
    /// Names the light.
    pub name: String,
    /// Names the room that the light is in.
    pub room: Option<String>,
    /// Says how far the change got.
    pub delivery: Delivery,
    /// Lists where the light differs from the command.
    pub adjustments: Vec<Adjustment>,
    /// The state that the light had before.
    pub before: Option<LightState>,
    /// The light's state as the bridge has it now.
    pub after: Option<LightState>,
}

/// How far a change got.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// The event stream showed the new state, within tolerance.
    Confirmed,
    /// The bridge accepted the request.
    Accepted,
    /// The light already had the state; nothing was sent.
    Unchanged,
    /// The light is off; the bridge keeps the change for later.
    StoredWhileOff,
    /// The bridge cannot reach the light.
    Unreachable,
    /// Nothing was sent, for this reason.
    NotSent(String),
    /// The request was sent and its answer is missing, for this reason: the change may have been made or not.
    Unknown(Error),
    /// The bridge refused the request.
    Failed(Error),
}

/// A difference between the command and the state that the light takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Adjustment {
    /// The value was outside the light's range.
    Clamped {
        /// Names the attribute, for example `color_temperature`.
        attribute: &'static str,
        /// Shows the value that was requested, for people.
        asked: String,
        /// Shows the value that the light is given, for people.
        given: String,
    },
    /// The light does not have the attribute; it was left out.
    Unsupported(&'static str),
    /// Describes any difference of another kind.
    Other(String),
}

/// The requests that carry out some commands, made on one snapshot of the home.
///
/// [`crate::Bridge::plan`] makes it without sending anything; [`crate::Bridge::execute`] sends exactly these requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Lists the requests that are sent, in the order of the commands.
    pub steps: Vec<Step>,
    /// Lists each light that the commands name, changed or not.
    pub lights: Vec<PlannedLight>,
    /// Estimates the time until the last request is sent, on a bridge with nothing else to do.
    pub estimated: Duration,
    /// The revision of the mirror that the plan was made on: a value of [`crate::Bridge::changes`].
    pub revision: u64,
    /// Is set if group commands and recalls must not reach other lights than those planned.
    pub(crate) confined: bool,
}

/// The part of a plan that lies outside the lights it was to be confined to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outside {
    /// Names a light.
    #[error("the light {0}")]
    Light(String),
    /// Names a scene whose lights are unknown.
    #[error("the scene {0}")]
    Scene(String),
}

/// One request that a plan sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Says which type of resource the request changes.
    pub kind: StepKind,
    /// Identifies the resource: a light, a `grouped_light`, a scene, a device.
    pub resource: Id,
    /// Names the light, group or scene that is meant.
    pub name: String,
    /// Lists the lights that the request changes.
    pub lights: Vec<Id>,
    /// Holds the body that the PUT request sends.
    pub body: serde_json::Value,
    /// Counts the Zigbee messages that the request costs.
    pub messages: u32,
    /// Is set if sending it twice has the same result as sending it once.
    pub repeatable: bool,
}

/// The type of resource that a step changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Changes one light.
    Light,
    /// Changes a `grouped_light`.
    Group,
    /// Recalls a scene.
    Scene,
    /// Activates a smart scene.
    SmartScene,
    /// Makes a device identify itself.
    Identify,
}

/// The result that is planned for one light.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLight {
    /// Identifies the light.
    pub light: Id,
    /// Names the light.
    pub name: String,
    /// Names the room that the light is in.
    pub room: Option<String>,
    /// The state that the light has now.
    pub before: LightState,
    /// The light's state if everything goes well. Lights of a smart scene keep the present one here: the states that it
    /// gives are known to the bridge only.
    pub after: LightState,
    /// Lists where the light differs from the command.
    pub adjustments: Vec<Adjustment>,
    /// Is set if the light will not follow, or needs nothing.
    pub note: Option<Note>,
}

/// The reason why a light takes no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The light already has the state.
    Unchanged,
    /// The bridge cannot reach the light. A request is still sent where it costs nothing more.
    Unreachable,
    /// The light is off and the change does not turn it on: the bridge keeps it for later.
    StoredWhileOff,
    /// The light has none of the attributes.
    Unsupported,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_older_api_become_percent_as_on_a_bridge() {
        // (bri - 1) / 253 * 100, but never nothing at all.
        for (number, percent) in [(0, 0.4), (1, 0.4), (2, 0.4), (128, 50.2), (254, 100.0), (255, 100.0)] {
            let Brightness::Percent(given) = Brightness::from_v1(number) else { panic!("a percentage") };
            assert!((given - percent).abs() < 0.01, "{number}: {given}");
        }
    }
}
