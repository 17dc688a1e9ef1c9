//! Speaks to a Philips Hue bridge through its CLIP API v2 on the local network.
//!
//! A [`Bridge`] mirrors the home, so that reading costs nothing ([`Bridge::view`]). It turns commands into as few requests
//! as possible ([`Bridge::plan`]), sends them at a pace that the bridge can take, and reports the outcome for each light
//! ([`Bridge::apply`]). It connects to nothing that does not prove to be that bridge. [`Bridge::clip`] sends any other
//! request of the API as JSON, at the same pace.
//!
//! This crate knows nothing of MCP, of plugins, of files or of configuration files. It uses the older API only for
//! pairing. It does not stream entertainment, and it does not go through the cloud.
//!
//! A complete program, which pairs with a bridge and turns its desk lamp orange:
//!
//! ```no_run
//! use std::time::Duration;
//! use hue_bridge::{
//!     ApplyOptions, Bridge, Brightness, Change, Color, Command, Config, Delivery, Kinds, Power, Target, pair,
//! };
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Press the button first. Store the result: the key is the purpose of pairing.
//!     let host = "192.168.1.2";
//!     let paired = pair::pair(host, "my-program", None).await?;
//!     let bridge = Bridge::connect(Config::new(host, paired.bridge_id, paired.application_key, paired.identity))?;
//!     bridge.ready(Duration::from_secs(10)).await?;
//!
//!     let desk = bridge.view().home.find("desk lamp", Kinds::LIGHTS, None)?;
//!     let change = Change {
//!         power: Some(Power::On),
//!         brightness: Some(Brightness::Percent(40.0)),
//!         color: Some(Color::Text("orange".to_owned())),
//!         ..Change::default()
//!     };
//!     let orange = Command::Set { target: Target::Light(desk.id), change };
//!     for outcome in bridge.apply(&[orange], ApplyOptions::default()).await? {
//!         match outcome.delivery {
//!             Delivery::Confirmed | Delivery::Accepted | Delivery::Unchanged => println!("{} is orange",
//!             outcome.name), Delivery::Unreachable => println!("{} has no power", outcome.name),
//!             other => println!("{}: {other:?}", outcome.name),
//!         }
//!     }
//!     bridge.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! The examples `list`, `watch` and `set` are complete programs. With `--demo` they start a simulated bridge.
//!
//! # Guarantees
//! - **Reading** never waits and never fails. [`View::home`] is one consistent copy, and [`View::freshness`] says what it
//!   is worth. When the bridge is gone, the copy is stale, and writes fail at once.
//! - **Changes** are merged before they are sent: the last one wins per light and attribute, and a delta adds to the
//!   change before it. A room of four lamps or more that gets one change takes one group command, unless the last
//!   lamp follows over a quarter of a second sooner lamp by lamp. Equal changes to all rooms take one command to the home.
//! - **Outcomes** are per light. [`Delivery::Confirmed`] means that the bridge's event stream showed the state, within its
//!   rounding. For a palette in motion or an effect, the stream showed that it moves. For a smart scene, whose states only
//!   the bridge knows, it showed that the light changed and the scene is active. [`Delivery::Accepted`] means that the
//!   stream showed nothing in time. An unreachable light is never a success. What was sent is never [`Delivery::Failed`]
//!   unless the bridge refused it: [`Delivery::Unknown`] means that its answer is missing.
//! - **A light that was faded out** ([`Power::Off`] with a transition) comes back as bright as it was. Bridges forget its
//!   brightness, so the client remembers it and sends it with a bare [`Power::On`], for as long as the client lives.
//! - **Requests** wait for their turn inside their deadline. A request that was definitely not done is sent again; a
//!   request that may have been done is sent again only if it is idempotent.
//! - **The application key** is in no log, error or `Debug` text.
//!
//! # Layout
//! The modules stand in layers. A module uses only modules of its own layer or of the layers below it, and no two modules
//! use each other. From the bottom:
//! 1. Values: `error`; `clip`, the API's own values; [`color`]; [`home`], what the home has; [`change`], what can be asked.
//! 2. Parts of a connection: `attempt_error`, the error of one attempt; `tls`, which verifies the bridge's certificate;
//!    `budget`, the rate limiter; `events`, the decoder of the event stream.
//! 3. One request: `client`, over HTTPS; `retry`.
//! 4. `paced_client`, the only way to a paired bridge, paced and retried; `probe`, a bridge without a key.
//! 5. [`discover`], which finds bridges; [`pair`], which gets a key.
//! 6. `relocate`, which follows a bridge to a new address; `config`.
//! 7. `mirror`, which keeps the home up to date.
//! 8. `pending_writes`, the writes that the mirror does not show yet.
//! 9. `plan`, which turns commands into requests.
//! 10. `apply`, which sends a plan and reports the outcomes; `scenes`, which edits scenes; `raw`, any other request;
//!     `status`.
//! 11. `bridge`, the handle on all of it. All methods of [`Bridge`] stand there.

mod apply;
mod attempt_error;
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
pub mod home;
mod mirror;
mod paced_client;
pub mod pair;
mod pending_writes;
mod plan;
mod probe;
mod raw;
mod relocate;
mod retry;
mod scenes;
mod status;
#[cfg(test)]
mod testing;
mod tls;

pub use bridge::{Bridge, Freshness, View};
pub use budget::{Bucket, BudgetStatus, Caller, Speed};
pub use change::*;
pub use client::{ApplicationKey, ClientConfig};
pub use color::{ColorValue, Gamut, Xy};
pub use config::Config;
pub use error::Error;
pub use home::{
    Battery, BridgeInfo, Capabilities, Device, Group, GroupKind, Home, Id, Light, LightState, Reachability, Reading,
    Scene, SceneState, SceneStatus, Sensor,
    find::{Candidate, FindError, Kind, Kinds},
};
pub use probe::PublicConfig;
pub use raw::{ClipReply, Method as ClipMethod};
pub use relocate::Rediscovery;
pub use scenes::{NewScene, SceneChanges, SceneEdit, SceneEditPlan, SceneLights};
pub use status::{Connection, Status};
pub use tls::{Fingerprint, Identity, ParseFingerprintError, parse_bridge_id};
