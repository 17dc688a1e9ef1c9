//! A Philips Hue bridge in software: HTTPS, pairing, CLIP v2, the event stream, the limits, and what can go wrong.
//!
//! It is written from how real bridges were seen to behave, not from any client, and shares no type with one; so a
//! client that is tested against it cannot have its own mistakes confirmed. It knows what time it is, and how much the
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
//! * `builder`, this file: settings, and the handle of a running bridge
//! * `home/`: what the bridge controls
//! * `network`, `port`, `server`, `tls`, `service`, `mdns`: connections and requests, and being found · `limits`,
//!   `faults`, `requests`, `pairing`: what is on the way
//! * `clip`, `schema`, `reply`: the CLIP v2 API · `light`, `effect`, `group`, `aggregate`, `scene`, `room`, `plain`,
//!   `color`: what its writes mean
//! * `clock`, `bridge`, `world`, `agenda`: the time, and what it changes · `command`, `radio`, `fade`: how a lamp is
//!   told
//! * `control`: plain HTTP, by which other programs switch faults
//! * `store`, `change`, `events`, `poll`: the document, its differences, and the stream that tells them

mod agenda;
mod aggregate;
#[cfg(test)]
mod any_body;
mod bridge;
mod builder;
mod change;
mod clip;
mod clock;
mod color;
mod command;
mod control;
mod effect;
mod events;
mod fade;
mod faults;
mod group;
mod home;
mod ids;
mod light;
mod limits;
mod mdns;
mod network;
mod pairing;
mod plain;
mod poll;
mod port;
mod quirk;
mod radio;
mod reply;
mod requests;
mod room;
mod scene;
mod schema;
mod server;
mod service;
mod store;
mod tls;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use crate::builder::{Builder, StartError};
pub use crate::clock::Clock;
pub use crate::faults::{Fault, Scope, Strike, UnknownFault};
pub use crate::home::{Home, HomeError};
pub use crate::limits::Limits;
pub use crate::mdns::Announcement;
pub use crate::pairing::LinkButton;
pub use crate::quirk::Quirk;
pub use crate::radio::RadioTraffic;
pub use crate::requests::Request;
pub use crate::tls::{CertificateError, Identity};

/// A running bridge. Dropping it stops it; [`shutdown`](Simulator::shutdown) also waits for the end.
pub struct Simulator {
    bridge: Arc<bridge::Bridge>,
    identity: Identity,
    control: Option<SocketAddr>,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Simulator {
    /// The settings of a new bridge.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The address that it listens on now, with the port that it was given.
    pub fn address(&self) -> SocketAddr {
        self.bridge.network.address()
    }

    /// The control address, if there is one: plain HTTP on loopback, everything below `/sim`.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control
    }

    /// The bridge id, 16 hexadecimal digits in lower case: the name in the certificate.
    pub fn bridge_id(&self) -> &str {
        &self.bridge.id
    }

    /// The certificate that it had at the start, as DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.identity.der
    }

    /// The certificate that it had at the start, as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.identity.pem
    }

    /// What it proves its id with, for another simulator to be the same bridge elsewhere or later.
    pub fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// One resource as it is now.
    pub fn resource(&self, rtype: &str, id: &str) -> Option<Value> {
        self.bridge.store().get(rtype, id).cloned()
    }

    /// All resources of a type, in the bridge's order.
    pub fn resources(&self, rtype: &str) -> Vec<Value> {
        self.bridge.store().of_type(rtype).cloned().collect()
    }

    /// The first light with this `metadata.name`.
    pub fn light(&self, name: &str) -> Option<Value> {
        self.bridge.store().of_type("light").find(|light| light["metadata"]["name"] == name).cloned()
    }

    /// The requests answered so far, oldest first, those that were turned away included. The last 10 000 are kept.
    pub fn requests(&self) -> Vec<Request> {
        self.bridge.requests.all()
    }

    /// What went over the radio to the lamps so far.
    pub fn radio_traffic(&self) -> RadioTraffic {
        self.bridge.radio_traffic()
    }

    /// Moves the bridge's clock on by this much. When it returns, all that fell due on the way has happened, each thing
    /// at its time and in order, and the frames of the event stream are on their way to the clients. A clock that runs
    /// is put forward, and runs on from there.
    pub fn advance(&self, by: Duration) {
        self.bridge.advance(by);
    }

    /// Presses the link button: for the next 30 seconds applications can pair.
    pub fn press_link_button(&self) {
        self.bridge.pairing.press();
    }

    /// Makes something go wrong from now on, for every request, in place of what went wrong before; `None` makes all
    /// well.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.bridge.heal();
        if let Some(fault) = fault {
            self.bridge.strike(fault.into());
        }
    }

    /// Makes something go wrong beside what already does. Of two faults that concern a request, the older strikes.
    pub fn add_fault(&self, strike: impl Into<Strike>) {
        self.bridge.strike(strike.into());
    }

    /// The faults that are still in force, oldest first.
    pub fn faults(&self) -> Vec<Strike> {
        self.bridge.faults.all()
    }

    /// Restarts the bridge: connections break, for some time everything is answered with 502, and then the bridge
    /// answers again, and remembers no frame of the event stream. It comes up with another `home` if there is one; keys
    /// stay. Returns at once. Making all well brings it up early.
    pub fn reboot(&self, down: Duration, home: Option<Home>) {
        let home = home.map(|home| builder::document(home, &self.bridge.id));
        let bridge = Arc::clone(&self.bridge);
        tokio::spawn(async move { bridge.reboot(down, home).await });
    }

    /// Shows a new certificate with a new key from now on, and returns it as DER: for the bridge's own id, or that of
    /// another bridge. Open connections break.
    pub fn change_certificate(&self, bridge_id: &str) -> Result<Vec<u8>, StartError> {
        self.bridge.change_certificate(bridge_id)
    }

    /// Proves its id with this from now on, for example with what it [had at the start](Simulator::identity). Open
    /// connections break.
    pub fn set_identity(&self, identity: Identity) {
        self.bridge.network.show(identity);
    }

    /// Stops listening at its address and answers at another, of which the port may be 0; returns the new address. Open
    /// connections break. An error if the address cannot be used; then nothing has changed.
    pub async fn move_to(&self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        self.bridge.network.move_to(address).await
    }

    /// Moves a light into or out of reach, which the event stream tells. Returns false if there is no such light, or
    /// if its device has no `zigbee_connectivity`.
    pub fn set_reachable(&self, light_id: &str, reachable: bool) -> bool {
        self.bridge.set_reachable(light_id, reachable)
    }

    /// Changes something as from outside, like a wall switch: members named here replace those of the resource with the
    /// same `type` and `id`, or the resource is new. Nothing is checked; the event stream tells what changed.
    #[allow(clippy::needless_pass_by_value, reason = "callers write it with json!")]
    pub fn set_resource(&self, resource: Value) {
        self.bridge.set_resource(&resource);
    }

    /// How many event streams are open.
    pub fn event_stream_count(&self) -> usize {
        self.bridge.events.stream_count()
    }

    /// Stops serving, breaks open connections off, and returns when the port is free.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(%error, "the server ended badly");
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        self.bridge.network.announce(None);
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator")
            .field("address", &self.address())
            .field("bridge_id", &self.bridge.id)
            .finish_non_exhaustive()
    }
}
