//! A Philips Hue bridge, through its CLIP API v2 on the local network.
//!
//! A [`Bridge`] mirrors the home, so that reading costs nothing ([`Bridge::view`]); turns what is wanted into as few
//! requests as possible ([`Bridge::plan`]); sends them at a pace that the bridge can take, and tells for each light
//! what came of it ([`Bridge::apply`]). It connects to nothing that does not prove to be that bridge. Whatever of the
//! API it has no words for is sent as it is, at the same pace ([`Bridge::clip`]).
//!
//! It knows nothing of MCP, of plugins, of files or of configuration. It does not speak the older API beyond pairing,
//! nor entertainment streaming, nor through the cloud.
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
//!     // Press the button first. Keep what this gives: the key is all that pairing is for.
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
//! The examples `list`, `watch` and `set` are programs to begin from; with `--demo` they bring a bridge of their own.
//!
//! # What to rely on
//! - **Reading** never waits and never fails: [`View::home`] is one consistent copy, and [`View::freshness`] says what
//!   it is worth. When the bridge is gone it is stale, and writes fail at once.
//! - **Changes** are merged before they are sent: the last one wins per light and attribute, a delta adds to what was
//!   asked before it. A room of four lamps or more that gets one change goes as one command, unless lamp by lamp ends
//!   sooner by over a second; equal changes to all rooms are one command to the home.
//! - **Outcomes** are per light. [`Delivery::Confirmed`] is what the bridge's event stream showed, within its rounding:
//!   of a palette in motion or an effect, that it moves; of a smart scene, whose lights only the bridge knows, that it
//!   is active. [`Delivery::Accepted`] is all that could be seen in time. Nothing that was unreachable is a success.
//! - **A light that was faded out** ([`Power::Off`] with a transition) comes back as bright as it was, although bridges
//!   forget its brightness: the client remembers it and sends it along with a bare [`Power::On`], as long as it lives.
//! - **Requests** wait for their turn inside their deadline. What is sure not to have been done is sent again; what may
//!   have been done, only if doing it twice is as doing it once.
//! - **The application key** is in no log, error or `Debug` text.
//!
//! # Layout
//! - [`home`], [`change`], [`color`]: values. What there is, what can be asked, colours.
//! - `clip`: the API's own values; `client`: HTTPS; `tls`: who is at the other end.
//! - [`discover`]: finding bridges; [`pair`]: getting a key; `stranger`: a bridge before that.
//! - `plan`: commands to requests; `apply`: sending them, and the truth about what came of it; `memory`: what was done
//!   and the mirror does not show; `scenes`: making and changing scenes; `raw`: any other request.
//! - `budget`, `retry`, `gate`: the only way to the bridge, paced and repeated.
//! - [`relocate`]: a bridge that got another address.
//! - `events`, `mirror`: the event stream, and the home it keeps.
//! - `bridge`: the handle on all of it; `config`, `error`, `failure`, `status`: what goes in and what comes out.

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
pub mod relocate;
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
