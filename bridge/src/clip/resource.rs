//! The resources other than lights.

use serde::Deserialize;
use serde_json::Value;

use super::{
    lenient::{self, List, lenient},
    light::{Dimming, Light, On},
    reference::{Metadata, Reference},
};

lenient! {
    struct Device {
        id: String,
        metadata: Metadata,
        product_data: ProductData,
    }

    struct ProductData {
        model_id: Option<String>,
        product_name: Option<String>,
        software_version: Option<String>,
    }

    /// A group of lights: `room`, `zone` and `bridge_home` have the same fields.
    struct Group {
        id: String,
        #[serde(rename = "type")]
        kind: String,
        id_v1: Option<String>,
        metadata: Metadata,
        children: List<Reference>,
        services: List<Reference>,
        /// Is used by firmware up to about 1.50.
        grouped_services: List<Reference>,
    }

    struct GroupedLight {
        id: String,
        owner: Reference,
        on: Option<On>,
        dimming: Option<Dimming>,
    }

    struct Scene {
        id: String,
        metadata: Metadata,
        group: Reference,
        actions: List<SceneAction>,
        auto_dynamic: bool,
        status: SceneStatus,
    }

    struct SceneAction {
        target: Reference,
        /// Holds those fields of a light that are set by the scene.
        action: Light,
    }

    struct SceneStatus {
        active: Option<String>,
        last_recall: Option<String>,
    }

    struct SmartScene {
        id: String,
        metadata: Metadata,
        group: Reference,
        state: Option<String>,
    }

    struct Bridge {
        bridge_id: String,
        owner: Reference,
    }

    struct ZigbeeConnectivity {
        owner: Reference,
        status: Option<String>,
    }

    struct DevicePower {
        owner: Reference,
        power_state: PowerState,
    }

    struct PowerState {
        battery_level: Option<u8>,
        battery_state: Option<String>,
    }

    struct DeviceSoftwareUpdate {
        owner: Reference,
        state: Option<String>,
    }
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
