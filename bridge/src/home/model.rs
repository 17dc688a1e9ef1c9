//! The types of a [`Home`]: the bridge's resources with their references resolved. Each light holds its room, its
//! reachability and its capabilities.

use std::{collections::HashMap, sync::Arc};

use crate::color::{Gamut, Xy};

/// The bridge's step of brightness, in percent: it counts to 253.
pub(crate) const BRIGHTNESS_STEP: f64 = 0.4;
/// The distance in the CIE 1931 diagram that the bridge's rounding may move a colour.
const XY_STEP: f64 = 0.002;

/// A CLIP v2 id: a UUID in text form. It is never empty, and is compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Arc<str>);

impl Id {
    /// Makes an id from a text.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// Reads the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The bridge's resources as one consistent value.
///
/// It is a copy and may be stale: see [`crate::Freshness`]. Lists are sorted by room and name, as people count, so that
/// equal homes print alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    /// Describes the bridge itself, once it is known.
    pub bridge: Option<BridgeInfo>,
    /// Lists all lights that the bridge has.
    pub lights: Vec<Light>,
    /// Lists rooms, zones, and the whole home.
    pub groups: Vec<Group>,
    /// Lists scenes and smart scenes.
    pub scenes: Vec<Scene>,
    /// Lists all devices that the bridge has.
    pub devices: Vec<Device>,
    /// Lists all sensors that the bridge has.
    pub sensors: Vec<Sensor>,
    /// Gives the positions of the lights in `lights`, by id.
    pub(crate) light_index: HashMap<Id, usize>,
}

impl Home {
    /// Finds the light with this id.
    pub fn light(&self, id: &Id) -> Option<&Light> {
        self.light_index.get(id).and_then(|&position| self.lights.get(position))
    }

    /// Finds the room, zone or home with this id: the id of the room or zone, not of its `grouped_light`.
    pub fn group(&self, id: &Id) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == *id)
    }

    /// Finds the scene or smart scene with this id.
    pub fn scene(&self, id: &Id) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.id == *id)
    }

    /// Finds the lights that belong to a group.
    pub fn lights_of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Light> {
        group.lights.iter().filter_map(|id| self.light(id))
    }
}

/// The description that the bridge gives of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct BridgeInfo {
    /// Is the id: 16 hexadecimal digits in lower case.
    pub id: String,
    /// Holds the name that people gave it.
    pub name: String,
    /// Names the model, for example `BSB002`.
    pub model_id: Option<String>,
    /// Says which firmware it runs, for example `1.78.2071401010`.
    pub firmware: Option<String>,
}

/// A light, which is a service of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// Is the CLIP v2 id.
    pub id: Id,
    /// Is the v1 number: 3 for `/lights/3`.
    pub number: Option<u32>,
    /// Is the name that people gave it.
    pub name: String,
    /// Identifies the room it is in.
    pub room_id: Option<Id>,
    /// Names the room it is in.
    pub room: Option<String>,
    /// Names the zones it is in.
    pub zones: Vec<String>,
    /// Identifies its device.
    pub device_id: Id,
    /// Names its shape, for example `sultan_bulb`.
    pub archetype: Option<String>,
    /// Names the product, for example `Hue color lamp`.
    pub product_name: Option<String>,
    /// Names the model, for example `LCA001`.
    pub model_id: Option<String>,
    /// Says whether the bridge can reach it.
    pub reachability: Reachability,
    /// Says what it can do.
    pub can: Capabilities,
    /// Is the state that it has now.
    pub state: LightState,
}

impl Light {
    /// Returns whether the bridge says that it cannot reach the light.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.reachability, Reachability::Unreachable(_))
    }
}

/// Whether the bridge can reach a device: its `zigbee_connectivity.status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reachability {
    /// The status is `connected`.
    Connected,
    /// The status is one of the words for a device that is out of reach, which it holds.
    Unreachable(String),
    /// The device has no such service, because it is not on Zigbee, or the status is a word that this version does not know.
    Unknown,
}

/// The capabilities that a light has.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of abilities")]
pub struct Capabilities {
    /// Is set if the light has a brightness.
    pub dimming: bool,
    /// Holds the lowest brightness in percent of its lumen, if the bridge says.
    pub minimum_brightness: Option<f64>,
    /// Is set if the light shows colours.
    pub color: bool,
    /// Limits the colours it shows, if the bridge says.
    pub gamut: Option<Gamut>,
    /// Names the gamut: `A`, `B`, `C` or `other`.
    pub gamut_type: Option<String>,
    /// Limits the colour temperatures, in mirek, both ends included. Nonsense from uncertified lamps is replaced by
    /// 153-500.
    pub mirek: Option<(u16, u16)>,
    /// Counts the points that a gradient may have; 0 if it shows none.
    pub gradient_points: u8,
    /// Names its effects, without `no_effect`.
    pub effects: Vec<String>,
    /// Is set if effects go through `effects_v2`.
    pub effects_v2: bool,
    /// Is set if the light can move through the palette of a scene.
    pub dynamic: bool,
}

/// The state that a light has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LightState {
    /// Is set while the light is on.
    pub on: bool,
    /// Holds the brightness in percent, above 0 to 100. A light that is off keeps the value it comes back with.
    pub brightness: Option<f64>,
    /// Holds the colour temperature, while the light shows one.
    pub mirek: Option<u16>,
    /// Holds the colour as the bridge has it.
    pub xy: Option<Xy>,
    /// Holds the colours along a gradient light, while it shows several; `xy` is the first of them.
    pub gradient: Vec<Xy>,
    /// Names the effect that is running.
    pub effect: Option<String>,
    /// Is set while the light moves through the palette of a scene: the bridge chooses its colours.
    pub dynamic: bool,
}

impl LightState {
    /// Returns whether two states look the same, within the steps in which the bridge counts. Colours that move are not
    /// compared.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let brightness = both_or_neither(self.brightness, other.brightness, |a, b| (a - b).abs() <= BRIGHTNESS_STEP);
        let close = |a: Xy, b: Xy| a.distance(b) <= XY_STEP;
        let color = match (self.mirek, other.mirek) {
            (None, None) => both_or_neither(self.xy, other.xy, close),
            mireks => both_or_neither(mireks.0, mireks.1, |a, b| a.abs_diff(b) <= 1),
        };
        let gradient = self.gradient.len() == other.gradient.len()
            && self.gradient.iter().zip(&other.gradient).all(|(a, b)| close(*a, *b));
        let moves = self.effect == other.effect && self.dynamic == other.dynamic;
        let color = (color && gradient) || (self.dynamic && other.dynamic);
        self.on == other.on && brightness && color && moves
    }
}

fn both_or_neither<T>(a: Option<T>, b: Option<T>, equal: impl Fn(T, T) -> bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => equal(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The kinds that groups are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// A room: a light is in one at most.
    Room,
    /// A zone: a light may be in any number of them.
    Zone,
    /// The whole home with all lights: `bridge_home`.
    Home,
}

/// A group of lights, which is a room, a zone, or the whole home.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Is the CLIP v2 id of the room, zone or `bridge_home`.
    pub id: Id,
    /// Is the v1 number: 5 for `/groups/5`.
    pub number: Option<u32>,
    /// Holds its name; `all` for the whole home.
    pub name: String,
    /// Says which kind of group it is.
    pub kind: GroupKind,
    /// Says which kind of room it is, for example `living_room`.
    pub archetype: Option<String>,
    /// Lists its lights.
    pub lights: Vec<Id>,
    /// Identifies the service that takes group commands; `None` for an empty room.
    pub grouped_light: Option<Id>,
    /// Is set while any of its lights is on.
    pub on: bool,
    /// Holds the mean brightness in percent of the lights that are on.
    pub brightness: Option<f64>,
}

/// A scene or a smart scene: stored states for some lights.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Is the CLIP v2 id.
    pub id: Id,
    /// Holds its name.
    pub name: String,
    /// Identifies the room or zone it belongs to.
    pub group_id: Id,
    /// Names the room or zone it belongs to.
    pub group: Option<String>,
    /// Says whether it is active.
    pub status: SceneStatus,
    /// Is set for a smart scene, which follows the time of day.
    pub smart: bool,
    /// Is set if its palette moves when it is simply recalled.
    pub auto_dynamic: bool,
    /// Holds the states that it gives its lights; empty for smart scenes.
    pub actions: Vec<(Id, SceneState)>,
    /// Tells when it was last recalled, in RFC 3339.
    pub last_recall: Option<String>,
}

/// The state that a scene gives a light; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneState {
    /// Turns the light on or off, if it is set.
    pub on: Option<bool>,
    /// Sets how bright the light is, in percent.
    pub brightness: Option<f64>,
    /// Sets which colour temperature is shown, in mirek.
    pub mirek: Option<u16>,
    /// Sets the colour.
    pub xy: Option<Xy>,
    /// Sets which colours are shown along a gradient light.
    pub gradient: Vec<Xy>,
    /// Starts an effect; `no_effect` ends one.
    pub effect: Option<String>,
}

/// Whether a scene is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SceneStatus {
    /// The scene was not recalled, or its lights have changed since.
    Inactive,
    /// The scene was recalled.
    Active,
    /// The scene was recalled and its palette moves.
    Dynamic,
    /// The bridge uses a word that this version does not know.
    Other(String),
}

/// A device paired with the bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Is the CLIP v2 id.
    pub id: Id,
    /// Holds its name.
    pub name: String,
    /// Names the product, for example `Hue motion sensor`.
    pub product_name: Option<String>,
    /// Names the model, for example `SML003`.
    pub model_id: Option<String>,
    /// Says which software it runs.
    pub firmware: Option<String>,
    /// Names its room.
    pub room: Option<String>,
    /// Says whether the bridge can reach it.
    pub reachability: Reachability,
    /// Describes the battery, if it has one.
    pub battery: Option<Battery>,
    /// Is set if a software update is ready for it.
    pub update_pending: bool,
    /// Lists its lights.
    pub lights: Vec<Id>,
}

/// The battery of a device, as far as the bridge says.
#[derive(Clone, Debug, PartialEq)]
pub struct Battery {
    /// Is the charge in percent, 0 to 100.
    pub percent: Option<u8>,
    /// Is the bridge's word: `normal`, `low` or `critical`.
    pub state: Option<String>,
}

/// A sensor, which is a service of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Is the CLIP v2 id.
    pub id: Id,
    /// Identifies its device.
    pub device_id: Id,
    /// Names the device.
    pub name: String,
    /// Names its room.
    pub room: Option<String>,
    /// Is set while it is enabled.
    pub enabled: bool,
    /// Is the reading that it has now.
    pub reading: Reading,
    /// Tells when the reading last changed, in RFC 3339.
    pub changed: Option<String>,
}

/// The reading that a sensor has.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Says whether the sensor sees motion.
    Motion(bool),
    /// Is the temperature in degrees Celsius.
    Temperature(f64),
    /// Holds the light level in lux, from CLIP's `10000 * log10(lux) + 1`.
    LightLevel(f64),
    /// Is true while the contact is closed.
    Contact(bool),
    /// Names the event that a button sent last.
    Button(String),
    /// Holds the sensor's CLIP v2 type; there is no valid reading now.
    None(String),
    /// Holds `type: value` of a sensor that this version does not know.
    Other(String),
}
