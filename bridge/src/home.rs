//! The home: what the bridge has, as values that plugins and people can use.

pub(crate) mod build;
pub mod find;
mod model;

pub use model::{
    Battery, BridgeInfo, Capabilities, Device, Group, GroupKind, Home, Id, Light, LightState, Reachability, Reading,
    Scene, SceneState, SceneStatus, Sensor,
};
