//! Read access to the home, which the host mirrors from the bridge in memory.
//!
//! A call sees one snapshot, taken at its first read, so that two reads agree. [`refresh`] takes a newer one.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! /// Lists the lights that are on in a room. An unknown or ambiguous name becomes an error with candidates.
//! fn what_is_on(room: &str) -> Result<String, ToolError> {
//!     let room = home::group(room)?;
//!     let lights = home::lights()?.into_iter().filter(|it| it.state.on && room.lights.contains(&it.id));
//!     Ok(lights.map(|it| it.name).collect::<Vec<_>>().join(", "))
//! }
//! # use lamplighter_plugin::testing::{FakeHost, FakeLight};
//! # let _host = FakeHost::new().light(FakeLight::color("Desk lamp").room("Office").on()).install();
//! # assert_eq!(what_is_on("office").expect("there is one"), "Desk lamp");
//! ```

use crate::backend::home as host;
pub use crate::bindings::lamplighter::plugin::home::{
    Battery, BridgeInfo, Capabilities, Device, Freshness, Group, Kinds, Light, LightState, MirekRange, Reachability,
    Reading, Scene, SceneStatus, Sensor,
};
use crate::search::{Search, group_kinds};
use crate::{Candidate, Error, Kind, ToolError};

/// Returns all lights, sorted by room and name.
pub fn lights() -> Result<Vec<Light>, Error> {
    host::lights()
}

/// Returns all rooms and zones, and the whole home as the group named `all`.
pub fn groups() -> Result<Vec<Group>, Error> {
    host::groups()
}

/// Returns all scenes, including smart scenes.
pub fn scenes() -> Result<Vec<Scene>, Error> {
    host::scenes()
}

/// Returns all devices: lights, switches, sensors, plugs and the bridge itself.
pub fn devices() -> Result<Vec<Device>, Error> {
    host::devices()
}

/// Returns all sensors: motion, temperature, light level, contact and buttons.
pub fn sensors() -> Result<Vec<Sensor>, Error> {
    host::sensors()
}

/// Returns the bridge.
pub fn bridge() -> Result<BridgeInfo, Error> {
    host::bridge()
}

/// Returns the age of the snapshot, and whether the bridge is lost.
pub fn how_fresh() -> Result<Freshness, Error> {
    host::how_fresh()
}

/// Makes the next read take the newest snapshot.
pub fn refresh() -> Result<(), Error> {
    host::refresh()
}

/// Resolves a name, a CLIP v2 id or a v1 number.
///
/// `within` narrows lights and scenes to a room or zone. An unknown or ambiguous name is an error with candidates, which a
/// tool can return as its own.
pub fn find(query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, ToolError> {
    Search { query, kinds, within }.find()
}

/// Resolves a light.
pub fn light(query: &str) -> Result<Light, ToolError> {
    light_within(query, None)
}

/// Resolves a light within a room or zone.
pub fn light_within(query: &str, within: Option<&str>) -> Result<Light, ToolError> {
    let found = find(query, Kinds::LIGHT, within)?;
    lights()?.into_iter().find(|light| light.id == found.id).ok_or_else(|| disappeared_error(&found))
}

/// Resolves a room or zone; `all` means the whole home.
pub fn group(query: &str) -> Result<Group, ToolError> {
    let found = find(query, group_kinds(), None)?;
    groups()?.into_iter().find(|group| group.id == found.id).ok_or_else(|| disappeared_error(&found))
}

/// Resolves a scene, in any room or within one.
pub fn scene(query: &str, within: Option<&str>) -> Result<Scene, ToolError> {
    let found = find(query, Kinds::SCENE, within)?;
    scenes()?.into_iter().find(|scene| scene.id == found.id).ok_or_else(|| disappeared_error(&found))
}

impl Kind {
    /// Returns the noun: `light`, `room`, `zone`, `home` or `scene`.
    pub fn name(self) -> &'static str {
        hue_names::Kind::from(self).name()
    }
}

impl From<Kind> for hue_names::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Light => Self::Light,
            Kind::Room => Self::Room,
            Kind::Zone => Self::Zone,
            Kind::Home => Self::Home,
            Kind::Scene => Self::Scene,
        }
    }
}

impl Reachability {
    /// Returns whether the bridge reports that it cannot reach the device. Without a report the device counts as reachable.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// The error for a thing that was found and is not in the list. A call reads one snapshot, so only a faulty host causes it.
fn disappeared_error(found: &Candidate) -> ToolError {
    ToolError::not_found(format!("{} disappeared after it was found.", found.name))
}
