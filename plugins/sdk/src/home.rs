//! The home as the host mirrors it from the bridge: read only, answered from memory.
//!
//! A call sees one snapshot, taken at its first read, so that two reads agree; [`refresh`] takes a newer one.
//!
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! /// What is on in a room. A name that fits nothing, or several rooms, becomes an error with candidates.
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
use crate::error::from_find_error;
use crate::{Candidate, Error, Kind, ToolError};

/// All lights, by room and name.
pub fn lights() -> Result<Vec<Light>, Error> {
    host::lights()
}

/// All rooms and zones, and the whole home as the group named `all`.
pub fn groups() -> Result<Vec<Group>, Error> {
    host::groups()
}

/// All scenes, smart scenes included.
pub fn scenes() -> Result<Vec<Scene>, Error> {
    host::scenes()
}

/// All devices: lights, switches, sensors, plugs, the bridge itself.
pub fn devices() -> Result<Vec<Device>, Error> {
    host::devices()
}

/// All sensors: motion, temperature, light level, contact, buttons.
pub fn sensors() -> Result<Vec<Sensor>, Error> {
    host::sensors()
}

/// The bridge.
pub fn bridge() -> Result<BridgeInfo, Error> {
    host::bridge()
}

/// What the snapshot is worth.
pub fn how_fresh() -> Result<Freshness, Error> {
    host::how_fresh()
}

/// Lets the next read take the newest snapshot.
pub fn refresh() -> Result<(), Error> {
    host::refresh()
}

/// Finds the one thing that a person means: by name, by CLIP v2 id or by v1 number.
///
/// `within` narrows lights and scenes to a room or zone. A name that fits nothing or several things is an error that
/// carries candidates, ready to be the tool's own.
pub fn find(query: &str, kinds: Kinds, within: Option<&str>) -> Result<Candidate, ToolError> {
    host::find(query, kinds, within).map_err(|error| from_find_error(query, word_for(kinds), error))
}

/// The light that a person means.
pub fn light(query: &str) -> Result<Light, ToolError> {
    light_within(query, None)
}

/// The light that a person means, in a room or zone.
pub fn light_within(query: &str, within: Option<&str>) -> Result<Light, ToolError> {
    let found = find(query, Kinds::LIGHT, within)?;
    lights()?.into_iter().find(|light| light.id == found.id).ok_or_else(|| vanished(&found))
}

/// The room or zone that a person means; the whole home if the query is `all`.
pub fn group(query: &str) -> Result<Group, ToolError> {
    let found = find(query, Kinds::ROOM | Kinds::ZONE | Kinds::HOME, None)?;
    groups()?.into_iter().find(|group| group.id == found.id).ok_or_else(|| vanished(&found))
}

/// The scene that a person means, in any room or in one.
pub fn scene(query: &str, within: Option<&str>) -> Result<Scene, ToolError> {
    let found = find(query, Kinds::SCENE, within)?;
    scenes()?.into_iter().find(|scene| scene.id == found.id).ok_or_else(|| vanished(&found))
}

impl Kind {
    /// The word for it: `light`, `room`, `zone`, `home` or `scene`.
    pub fn name(self) -> &'static str {
        crate::error::kind_name(self)
    }
}

impl Reachability {
    /// Whether the bridge says that it cannot reach the device. A bridge that does not say counts as reaching it.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

fn word_for(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::LIGHT => "light",
        Kinds::SCENE => "scene",
        kinds if kinds & (Kinds::LIGHT | Kinds::SCENE) == Kinds::empty() => "room or zone",
        _ => "thing",
    }
}

/// A call reads one snapshot, so this takes a host that breaks its promise.
fn vanished(found: &Candidate) -> ToolError {
    ToolError::not_found(format!("{} is gone since it was looked up.", found.name))
}
