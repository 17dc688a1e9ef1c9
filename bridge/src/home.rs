//! The home: the bridge's resources, resolved into values that plugins and people can use.

pub(crate) mod build;
pub mod find;
mod model;
#[cfg(test)]
pub(crate) mod samples;

pub(crate) use model::BRIGHTNESS_STEP;
pub use model::{
    Battery, BridgeInfo, Capabilities, Device, Group, GroupKind, Home, Id, Light, LightState, Reachability, Reading,
    Scene, SceneState, SceneStatus, Sensor,
};
