//! The types of the bridge's API, CLIP v2, as far as this crate reads them. No I/O.
//!
//! Firmware adds types and fields without notice, leaves fields out, and third-party lamps put nonsense into others.
//! So a field that is null or of another type is read as if it were absent, and unknown fields are ignored. Only `id`
//! and `type` are required: a resource without them is skipped.

mod event;
mod lenient;
mod light;
#[cfg(test)]
mod properties;
mod reference;
mod request;
mod resource;

pub(crate) use event::{Change, Event};
pub(crate) use lenient::read;
pub(crate) use light::{Color, Light, Point};
pub use request::Method;
pub(crate) use request::{Envelope, Request, SoftError};
pub(crate) use resource::{
    Bridge, Device, DevicePower, DeviceSoftwareUpdate, Group, GroupedLight, Scene, Sensor, SmartScene,
    ZigbeeConnectivity,
};
