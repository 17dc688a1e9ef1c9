//! The values of the bridge's API (CLIP v2) as far as this crate reads them. No I/O.
//!
//! Firmware adds types and fields without notice, leaves fields out, and third-party lamps put nonsense into others.
//! So every field may be absent, null or of another type and is then as if it were not there; what is unknown is
//! ignored. Only `id` and `type` are needed, and a resource without them is skipped.

mod event;
mod light;
#[cfg(test)]
mod properties;
mod request;
mod resource;
mod soft;

pub(crate) use event::{Change, Event};
pub(crate) use light::{Color, Light, Point};
pub use request::Method;
pub(crate) use request::{Envelope, Request, SoftError};
pub(crate) use resource::{
    Bridge, Device, DevicePower, DeviceSoftwareUpdate, Group, GroupedLight, Scene, Sensor, SmartScene,
    ZigbeeConnectivity,
};
pub(crate) use soft::read;
