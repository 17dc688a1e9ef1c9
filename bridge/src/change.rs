//! What can be asked of a bridge, and what comes of it. Values only: `plan` turns them into requests.

use std::time::Duration;

use crate::{
    color::Xy,
    error::Error,
    home::{Id, LightState},
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Change a light or the lights of a group.
    Set {
        /// What to change.
        target: Target,
        /// How.
        change: Change,
    },
    /// Recall a scene or activate a smart scene.
    Recall {
        /// The scene.
        scene: Id,
        /// How it is shown.
        mode: RecallMode,
        /// How long the change takes.
        transition: Option<Duration>,
        /// Percent; replaces the scene's own.
        brightness: Option<f64>,
    },
    /// Let a light make itself known.
    Identify(Id),
}

/// What a change is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One light.
    Light(Id),
    /// The lights of a room, a zone or the whole home.
    Group(Id),
}

/// What to change; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// On, off or the other of the two.
    pub power: Option<Power>,
    /// Brightness.
    pub brightness: Option<Brightness>,
    /// Colour or colour temperature.
    pub color: Option<Color>,
    /// How long the change takes, up to 6,000 s; the bridge counts in 100 ms.
    pub transition: Option<Duration>,
    /// `no_effect` ends one.
    pub effect: Option<String>,
    /// 0.0 to 1.0.
    pub effect_speed: Option<f64>,
    /// 2 to 5 colours along a gradient light; empty for none.
    pub gradient: Vec<Color>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// On.
    On,
    /// Off.
    Off,
    /// Any light of the target on: off; else on.
    Toggle,
}

/// How bright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Brightness {
    /// Above 0 to 100.
    Percent(f64),
    /// Percent points to add, -100 to 100.
    Delta(f64),
}

impl Brightness {
    /// From the numbers of the older API, 1 to 254, as a bridge maps them: 1 is as dark as the light goes.
    pub fn from_v1(number: u8) -> Self {
        let percent = f64::from(number.clamp(1, 254) - 1) / 253.0 * 100.0;
        Self::Percent(percent.max(LEAST_BRIGHTNESS))
    }
}

/// The least brightness that is not the same as the next lower one: the bridge counts in 253 steps.
///
/// Not `min_dim_level`, which tells how much light the lamp gives at its least, not how low it may be set.
pub(crate) const LEAST_BRIGHTNESS: f64 = 0.4;

/// What colour.
#[derive(Clone, Debug, PartialEq)]
pub enum Color {
    /// As a person writes it: see [`crate::color::parse`].
    Text(String),
    /// 50 to 1000.
    Mirek(u16),
    /// 1000 to 20000.
    Kelvin(u32),
    /// A point of the CIE 1931 diagram.
    Xy(Xy),
    /// Mirek to add; positive is warmer.
    MirekDelta(i16),
}

/// How a scene is recalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecallMode {
    /// As the scene says.
    #[default]
    Active,
    /// With its palette in motion.
    DynamicPalette,
    /// Without.
    Static,
}

/// How to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// How long to wait for the event stream to show the new states; zero does not wait. Default: 1500 ms.
    pub confirm_within: Duration,
    /// When the caller stops waiting; what has not been sent by then is not sent. Default: 30 s from now.
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

/// What became of one light.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The light.
    pub light: Id,
    /// Its name.
    pub name: String,
    /// Its room's name.
    pub room: Option<String>,
    /// How far the change got.
    pub delivery: Delivery,
    /// What the light does differently.
    pub adjustments: Vec<Adjustment>,
    /// Its state before.
    pub before: Option<LightState>,
    /// Its state as the bridge has it now.
    pub after: Option<LightState>,
}

/// How far a change got.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// The event stream showed the new state, within tolerance.
    Confirmed,
    /// The bridge took it.
    Accepted,
    /// The light already was so; nothing was sent.
    Unchanged,
    /// The light is off; the bridge keeps the change for later.
    StoredWhileOff,
    /// The bridge cannot reach the light.
    Unreachable,
    /// Nothing was sent; why.
    NotSent(String),
    /// The request failed.
    Failed(Error),
}

/// What a light does differently from what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Adjustment {
    /// A value outside the light's range.
    Clamped {
        /// For example `color_temperature`.
        attribute: &'static str,
        /// What was asked, for people.
        asked: String,
        /// What the light is given, for people.
        given: String,
    },
    /// An attribute the light does not have; left out.
    Unsupported(&'static str),
    /// Anything else worth saying.
    Other(String),
}

/// What `apply` does: a value that can be shown without being sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The requests, in order.
    pub steps: Vec<Step>,
    /// Each light that is meant, touched or not.
    pub lights: Vec<PlannedLight>,
    /// Until the last request is sent, on a bridge with nothing else to do.
    pub estimated: Duration,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it changes.
    pub kind: StepKind,
    /// Id of the resource that is written: a light, a `grouped_light`, a scene, a device.
    pub resource: Id,
    /// Name of the light, group or scene.
    pub name: String,
    /// The lights it changes.
    pub lights: Vec<Id>,
    /// Body of the PUT.
    pub body: serde_json::Value,
    /// Zigbee messages it costs.
    pub messages: u32,
    /// Whether sending it twice is as sending it once.
    pub repeatable: bool,
}

/// What a step changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// One light.
    Light,
    /// A `grouped_light`.
    Group,
    /// A scene recall.
    Scene,
    /// A smart scene.
    SmartScene,
    /// `identify` of a device.
    Identify,
}

/// What would become of one light.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLight {
    /// The light.
    pub light: Id,
    /// Its name.
    pub name: String,
    /// Its room's name.
    pub room: Option<String>,
    /// Its state now.
    pub before: LightState,
    /// Its state when everything went well.
    pub after: LightState,
    /// What it does differently.
    pub adjustments: Vec<Adjustment>,
    /// Set if the light will not follow, or needs nothing.
    pub note: Option<Note>,
}

/// Why a light takes no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It already is so.
    Unchanged,
    /// The bridge cannot reach it; a request is still sent where it costs nothing more.
    Unreachable,
    /// It is off and the change does not turn it on: the bridge keeps it for later.
    StoredWhileOff,
    /// It can do none of what was asked.
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
