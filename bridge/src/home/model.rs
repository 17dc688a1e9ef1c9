//! The home in the bridge's terms, resolved: each light knows its room, its reachability and what it can do.

use std::{collections::HashMap, sync::Arc};

use crate::color::{Gamut, Xy};

/// A CLIP v2 id (a UUID in text form). Never empty; compared as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Arc<str>);

impl Id {
    /// Takes a text as an id.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything the bridge has, as one consistent value.
///
/// This is a copy and may be stale: see [`crate::Freshness`]. Lists are sorted by room and name, so that equal homes
/// print alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    /// The bridge itself, once known.
    pub bridge: Option<BridgeInfo>,
    /// All light services.
    pub lights: Vec<Light>,
    /// Rooms, zones, and the whole home.
    pub groups: Vec<Group>,
    /// Scenes and smart scenes.
    pub scenes: Vec<Scene>,
    /// All devices.
    pub devices: Vec<Device>,
    /// All sensors.
    pub sensors: Vec<Sensor>,
    /// Positions of the lights in `lights`, by id.
    pub(crate) light_index: HashMap<Id, usize>,
}

impl Home {
    /// The light with this id.
    pub fn light(&self, id: &Id) -> Option<&Light> {
        self.light_index.get(id).and_then(|&position| self.lights.get(position))
    }

    /// The room, zone or home with this id (of the room or zone, not of its `grouped_light`).
    pub fn group(&self, id: &Id) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == *id)
    }

    /// The scene or smart scene with this id.
    pub fn scene(&self, id: &Id) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.id == *id)
    }
}

/// The bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct BridgeInfo {
    /// 16 hexadecimal digits, lower case.
    pub id: String,
    /// The name people gave it.
    pub name: String,
    /// For example `BSB002`.
    pub model_id: Option<String>,
    /// For example `1.78.2071401010`.
    pub firmware: Option<String>,
}

/// A light service of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// CLIP v2 id.
    pub id: Id,
    /// v1 number: 3 for `/lights/3`.
    pub number: Option<u32>,
    /// Name of the light.
    pub name: String,
    /// Id of the room it is in.
    pub room_id: Option<Id>,
    /// Name of the room it is in.
    pub room: Option<String>,
    /// Names of the zones it is in.
    pub zones: Vec<String>,
    /// Id of its device.
    pub device_id: Id,
    /// For example `sultan_bulb`.
    pub archetype: Option<String>,
    /// For example `Hue color lamp`.
    pub product_name: Option<String>,
    /// For example `LCA001`.
    pub model_id: Option<String>,
    /// Whether the bridge can reach it.
    pub reachability: Reachability,
    /// What it can do.
    pub can: Capabilities,
    /// What it does.
    pub state: LightState,
}

/// Whether the bridge can reach a device, as the bridge has it (`zigbee_connectivity.status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reachability {
    /// `connected`.
    Connected,
    /// Anything else; the bridge's own word.
    Unreachable(String),
    /// The bridge does not say: no such service, as for devices that are not on Zigbee.
    Unknown,
}

/// What a light can do.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of abilities")]
pub struct Capabilities {
    /// Has a brightness.
    pub dimming: bool,
    /// Least brightness in percent of its lumen, where the bridge says.
    pub minimum_brightness: Option<f64>,
    /// Shows colours.
    pub color: bool,
    /// The colours it shows, where the bridge says.
    pub gamut: Option<Gamut>,
    /// `A`, `B`, `C` or `other`.
    pub gamut_type: Option<String>,
    /// Range of colour temperatures in mirek; both ends included. Nonsense from uncertified lamps is replaced by
    /// 153-500.
    pub mirek: Option<(u16, u16)>,
    /// Points of a gradient; 0 for none.
    pub gradient_points: u8,
    /// Effects, without `no_effect`.
    pub effects: Vec<String>,
    /// Whether effects go through `effects_v2`.
    pub effects_v2: bool,
    /// Can move through the palette of a scene.
    pub dynamic: bool,
}

/// What a light does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LightState {
    /// On or off.
    pub on: bool,
    /// Percent, above 0 to 100. A light that is off keeps the one it comes back with.
    pub brightness: Option<f64>,
    /// Only while the light shows a colour temperature.
    pub mirek: Option<u16>,
    /// The colour as the bridge has it.
    pub xy: Option<Xy>,
    /// The colours along it, while it shows several; `xy` is the first of them.
    pub gradient: Vec<Xy>,
    /// The effect that runs.
    pub effect: Option<String>,
    /// It moves through the palette of a scene: its colours are the bridge's choice.
    pub dynamic: bool,
}

/// What kind of group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// A light is in one room at most.
    Room,
    /// A light may be in any number of zones.
    Zone,
    /// All lights (`bridge_home`).
    Home,
}

/// A room, a zone, or the whole home.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// CLIP v2 id of the room, zone or `bridge_home`.
    pub id: Id,
    /// v1 number: 5 for `/groups/5`.
    pub number: Option<u32>,
    /// Its name; `all` for the whole home.
    pub name: String,
    /// What it is.
    pub kind: GroupKind,
    /// For example `living_room`.
    pub archetype: Option<String>,
    /// Its lights.
    pub lights: Vec<Id>,
    /// The service that takes group commands; none for an empty room.
    pub grouped_light: Option<Id>,
    /// Whether any light is on.
    pub on: bool,
    /// Mean brightness of the lights that are on.
    pub brightness: Option<f64>,
}

/// A scene or a smart scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// CLIP v2 id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The room or zone it belongs to.
    pub group_id: Id,
    /// That group's name.
    pub group: Option<String>,
    /// Whether it is on.
    pub status: SceneStatus,
    /// A smart scene follows the time of day.
    pub smart: bool,
    /// Its palette is in motion when it is simply recalled.
    pub auto_dynamic: bool,
    /// What it gives each of its lights; empty for smart scenes.
    pub actions: Vec<(Id, SceneState)>,
    /// RFC 3339.
    pub last_recall: Option<String>,
}

/// What a scene gives a light; what it does not name stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SceneState {
    /// On or off.
    pub on: Option<bool>,
    /// Percent.
    pub brightness: Option<f64>,
    /// A colour temperature.
    pub mirek: Option<u16>,
    /// A colour.
    pub xy: Option<Xy>,
    /// Colours along a gradient light.
    pub gradient: Vec<Xy>,
    /// An effect; `no_effect` ends one.
    pub effect: Option<String>,
}

/// Whether a scene is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SceneStatus {
    /// Not recalled, or changed since.
    Inactive,
    /// Recalled.
    Active,
    /// Recalled, with its palette in motion.
    Dynamic,
    /// A word this version does not know.
    Other(String),
}

/// A physical thing paired with the bridge.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// CLIP v2 id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// For example `Hue motion sensor`.
    pub product_name: Option<String>,
    /// For example `SML003`.
    pub model_id: Option<String>,
    /// Version of its software.
    pub firmware: Option<String>,
    /// Name of its room.
    pub room: Option<String>,
    /// Whether the bridge can reach it.
    pub reachability: Reachability,
    /// Its battery.
    pub battery: Option<Battery>,
    /// Whether an update is ready for it.
    pub update_pending: bool,
    /// Its lights.
    pub lights: Vec<Id>,
}

/// The battery of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Battery {
    /// 0 to 100.
    pub percent: Option<u8>,
    /// `normal`, `low`, `critical`.
    pub state: Option<String>,
}

/// One sensor of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// CLIP v2 id.
    pub id: Id,
    /// Its device.
    pub device_id: Id,
    /// Name of the device.
    pub name: String,
    /// Name of its room.
    pub room: Option<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What it says.
    pub reading: Reading,
    /// RFC 3339.
    pub changed: Option<String>,
}

/// What a sensor says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Sees motion.
    Motion(bool),
    /// Degrees Celsius.
    Temperature(f64),
    /// Lux, from CLIP's `10000 * log10(lux) + 1`.
    LightLevel(f64),
    /// The contact is closed.
    Contact(bool),
    /// The last event of a button.
    Button(String),
    /// No valid reading now; its CLIP v2 type.
    None(String),
    /// `type: value` of a sensor this version does not know.
    Other(String),
}
