//! The resources other than lights.

use serde::Deserialize;
use serde_json::Value;

use super::{
    lenient,
    light::{Dimming, Light, On},
};

/// A reference that points from one resource to another: `{"rid": ..., "rtype": ...}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reference {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) rid: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) rtype: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) archetype: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Device {
    pub(crate) id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) product_data: ProductData,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProductData {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) model_id: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) product_name: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) software_version: Option<String>,
}

/// A group of lights: `room`, `zone` and `bridge_home` have the same fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Group {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) id_v1: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) children: Vec<Reference>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) services: Vec<Reference>,
    /// Is used by firmware up to about 1.50.
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) grouped_services: Vec<Reference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupedLight {
    pub(crate) id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) on: Option<On>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) dimming: Option<Dimming>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Scene {
    pub(crate) id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) group: Reference,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) actions: Vec<SceneAction>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) auto_dynamic: bool,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) status: SceneStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SceneAction {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) target: Reference,
    /// Holds those fields of a light that are set by the scene.
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) action: Light,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SceneStatus {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) active: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) last_recall: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SmartScene {
    pub(crate) id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) group: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Bridge {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) bridge_id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ZigbeeConnectivity {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) status: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DevicePower {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) power_state: PowerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PowerState {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) battery_level: Option<u8>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) battery_state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeviceSoftwareUpdate {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) state: Option<String>,
}

/// Any sensor service. [`crate::home`] reads its value, as each type has its own shape.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sensor {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) enabled: Option<bool>,
    #[serde(flatten)]
    pub(crate) fields: serde_json::Map<String, Value>,
}
