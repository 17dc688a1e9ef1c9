//! What a bridge controls when it starts: a home of the simulator's own, or one that was dumped from a bridge.

mod demo;
mod devices;
mod dump;
mod furnish;
mod lamp;
mod many;
mod sensors;

use serde_json::Value;

pub use self::dump::HomeError;

/// The resources of a bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Home(Vec<Value>);

impl Home {
    /// A flat with 17 lights of all sorts in five rooms and none, two zones, scenes, a sensor or two; the default.
    /// Its ids are the same every time.
    pub fn demo() -> Self {
        demo::home()
    }

    /// A home with this many lights, at most 1000, in rooms of 10 to 30.
    pub fn of_lights(count: usize) -> Self {
        many::home(count.min(many::MOST))
    }

    /// A home as a real bridge shows it: the body of `GET /clip/v2/resource`, or only the array in its `data`.
    pub fn from_json(text: &str) -> Result<Self, HomeError> {
        dump::read(text).map(Self)
    }

    /// The id that the home's `bridge` resource gives.
    pub(crate) fn bridge_id(&self) -> Option<&str> {
        self.0.iter().find(|resource| resource["type"] == "bridge")?["bridge_id"].as_str()
    }

    pub(crate) fn into_resources(self) -> Vec<Value> {
        self.0
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::demo()
    }
}
