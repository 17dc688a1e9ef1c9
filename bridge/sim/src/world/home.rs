//! The resources of a bridge at the start: a generated home, or one dumped from a real bridge.

mod demo;
mod dump;
mod home_builder;
mod lamp;
mod many;
mod pro;
mod sensors;

use serde_json::Value;

pub use self::dump::HomeError;
use super::aggregate;
use super::store::{Store, resource_id};

/// The resources that a bridge has at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Home(Vec<Value>);

impl Home {
    /// Returns the default home: a flat with 17 lights of all kinds, five rooms, two zones, scenes and a few sensors. One
    /// light is in no room. The ids are the same every time.
    pub fn demo() -> Self {
        demo::home()
    }

    /// Returns the demo home as a Bridge Pro of 2026 has it, with the same ids. It has newer members and types, an area that
    /// senses motion by its lamps and has no `motion`, a motion sensor without a valid reading, and an entertainment area
    /// that holds lamps.
    pub fn bridge_pro() -> Self {
        pro::home()
    }

    /// Generates a home that has this many lights, at most 2000, in rooms of 10 to 30.
    pub fn of_lights(count: usize) -> Self {
        many::home(count.min(many::MAX_LIGHTS))
    }

    /// Reads a home as a real bridge sends it: the body of `GET /clip/v2/resource`, or the array in its `data`.
    pub fn from_json(text: &str) -> Result<Self, HomeError> {
        dump::read(text).map(Self)
    }

    /// Returns the id in the home's `bridge` resource.
    pub(crate) fn bridge_id(&self) -> Option<&str> {
        self.0.iter().find(|resource| resource["type"] == "bridge")?["bridge_id"].as_str()
    }

    /// Makes the resources of the bridge with this id, and computes the grouped lights.
    pub(crate) fn into_store(self, bridge_id: &str) -> Store {
        let mut store = Store::new(self.0);
        let bridges: Vec<_> = store.of_type("bridge").map(resource_id).collect();
        for bridge in bridges {
            store.edit("bridge", &bridge, |bridge| bridge["bridge_id"] = bridge_id.into());
        }
        aggregate::recompute(&mut store);
        store.take_changes();
        store
    }

    #[cfg(test)]
    pub(super) fn into_resources(self) -> Vec<Value> {
        self.0
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::demo()
    }
}
