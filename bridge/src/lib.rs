//! A Philips Hue bridge, through its CLIP API v2 on the local network.
//!
//! A [`Bridge`] mirrors the home, so that reading costs nothing ([`Bridge::view`]); turns what is wanted into as few
//! requests as possible ([`Bridge::plan`]); sends them at a pace that the bridge can take, and tells for each light
//! what came of it ([`Bridge::apply`]). It connects to nothing that does not prove to be that bridge.
//!
//! It knows nothing of MCP, of plugins, of files or of configuration, and it is not a general client of the API: it
//! offers what a home needs.
//!
//! ```no_run
//! use std::time::Duration;
//! use hue_bridge::{
//!     ApplicationKey, ApplyOptions, Bridge, Change, Command, Config, Identity, Power, Target, home::find::Kinds,
//! };
//!
//! # async fn program() -> Result<(), Box<dyn std::error::Error>> {
//! let key = ApplicationKey::new(std::env::var("HUE_KEY")?);
//! let bridge = Bridge::connect(Config::new("192.168.1.2", "001788fffe123456", key, Identity::Signify))?;
//! bridge.ready(Duration::from_secs(10)).await?;
//!
//! let desk = bridge.view().home.find("desk lamp", Kinds::LIGHTS, None)?;
//! let on = Command::Set {
//!     target: Target::Light(desk.id),
//!     change: Change { power: Some(Power::On), ..Change::default() },
//! };
//! for outcome in bridge.apply(&[on], ApplyOptions::default()).await? {
//!     println!("{}: {:?}", outcome.name, outcome.delivery);
//! }
//! bridge.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//! - [`home`], [`change`], [`color`]: values. What there is, what can be asked, colours.
//! - `clip`: the API's own values; `client`: HTTPS; `tls`: who is at the other end.
//! - [`discover`]: finding bridges; [`pair`]: getting a key; `stranger`: a bridge before that.
//! - `plan`: commands to requests; `apply`: sending them, and the truth about what came of it.
//! - `budget`, `retry`, `gate`: the only way to the bridge, paced and repeated.
//! - `events`, `mirror`: the event stream, and the home it keeps.

mod apply;
mod bridge;
mod budget;
pub mod change;
mod client;
mod clip;
pub mod color;
mod config;
pub mod discover;
mod error;
mod events;
mod failure;
mod gate;
pub mod home;
mod memory;
mod mirror;
pub mod pair;
mod plan;
mod raw;
mod retry;
mod scenes;
mod status;
mod stranger;
#[cfg(test)]
mod testing;
mod tls;

pub use bridge::{Bridge, Freshness, View};
pub use budget::{Bucket, BudgetStatus, Caller, Speed, Waits};
pub use change::*;
pub use color::{ColorValue, Gamut, Xy};
pub use config::{ApplicationKey, Config};
pub use error::Error;
pub use home::{
    Battery, BridgeInfo, Capabilities, Device, Group, GroupKind, Home, Id, Light, LightState, Reachability, Reading,
    Scene, SceneState, SceneStatus, Sensor,
    find::{Candidate, FindError, Kind, Kinds},
};
pub use raw::{ClipReply, Method as ClipMethod};
pub use scenes::{NewScene, SceneChanges, SceneLights};
pub use status::{Connection, Status};
pub use stranger::Facts;
pub use tls::{Fingerprint, Identity};
