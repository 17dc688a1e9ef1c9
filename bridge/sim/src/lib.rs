//! A Philips Hue bridge in software: HTTPS, pairing, CLIP v2, the event stream, the limits, and faults.
//!
//! It is written from the observed behaviour of real bridges, not from a client, and shares no type with one. So a client
//! that is tested against it cannot have its own mistakes confirmed. It has a clock of its own, and models how much the
//! radio to the lamps can take.
//!
//! ```
//! use hue_bridge_sim::{Home, Limits, Simulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), hue_bridge_sim::StartError> {
//! let sim = Simulator::builder().home(Home::demo()).application_key("my-key").limits(Limits::Off).start().await?;
//! println!("https://{} has the certificate\n{}", sim.address(), sim.certificate_pem());
//! let lamp = sim.light("Desk lamp").expect("the demo home has one");
//! assert_eq!(lamp["type"], "light");
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! Each module uses only those to the right of it. `product` and `limits` are leaves; `error` uses `network`.
//!
//! ```text
//! simulator ─▶ http ─▶ bridge ─▶ network ─▶ faults
//!                        └─────▶ world
//! ```
//!
//! * `simulator`: the settings, and the handle of a running bridge
//! * `http/`: the HTTPS server, the CLIP v2 API, and the control address by which other programs switch faults
//! * `bridge/`: the state that connections share: event stream, pairing, the record of requests, the passing of time
//! * `network/`: address, certificate, mDNS announcement, and the faults of connections
//! * `world/`: the home: resources, what writes and time do to them, the radio · `faults/`: faults and their rules
//! * `product`: what the bridge claims to be · `limits`: whether it limits clients · `error`: why it does not start

mod bridge;
mod error;
mod faults;
mod http;
mod limits;
mod network;
mod product;
mod simulator;
mod world;

pub use crate::bridge::{LinkButton, RecordedRequest};
pub use crate::error::StartError;
pub use crate::faults::{Fault, FaultKind, FaultRule, ParseFaultError, Scope};
pub use crate::limits::Limits;
pub use crate::network::{Announcement, CertificateError, Identity};
pub use crate::simulator::{Builder, Simulator};
pub use crate::world::{Clock, Home, HomeError, Quirk, RadioTraffic};
