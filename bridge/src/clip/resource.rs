//! Everything but lights.

use serde::Deserialize;
use serde_json::Value;

use super::{
    light::{Dimming, Light, On},
    soft,
};

/// `{"rid": ..., "rtype": ...}`: how one resource names another.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reference {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) rid: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) rtype: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) archetype: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Device {
    pub(crate) id: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) product_data: ProductData,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProductData {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) model_id: Option<String>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) product_name: Option<String>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) software_version: Option<String>,
}

/// `room`, `zone` and `bridge_home`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Group {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) id_v1: Option<String>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "soft::list")]
    pub(crate) children: Vec<Reference>,
    #[serde(deserialize_with = "soft::list")]
    pub(crate) services: Vec<Reference>,
    /// Firmware up to about 1.50.
    #[serde(deserialize_with = "soft::list")]
    pub(crate) grouped_services: Vec<Reference>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupedLight {
    pub(crate) id: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) on: Option<On>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) dimming: Option<Dimming>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Scene {
    pub(crate) id: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) group: Reference,
    #[serde(deserialize_with = "soft::list")]
    pub(crate) actions: Vec<SceneAction>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) auto_dynamic: bool,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) status: SceneStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SceneAction {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) target: Reference,
    /// Has the fields of a light, as far as the scene sets them.
    #[serde(deserialize_with = "soft::field")]
    pub(crate) action: Light,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SceneStatus {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) active: Option<String>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) last_recall: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SmartScene {
    pub(crate) id: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) group: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Bridge {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) bridge_id: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ZigbeeConnectivity {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) status: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DevicePower {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) power_state: PowerState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PowerState {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) battery_level: Option<u8>,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) battery_state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeviceSoftwareUpdate {
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) state: Option<String>,
}

/// Any sensor service; what it senses is read by [`crate::home`], as each type has its own shape.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sensor {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "soft::field")]
    pub(crate) enabled: Option<bool>,
    #[serde(flatten)]
    pub(crate) fields: serde_json::Map<String, Value>,
}
