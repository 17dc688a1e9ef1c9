//! Provides the handle of a simulator that runs.

mod builder;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::builder::Builder;
use crate::bridge::{Bridge, RecordedRequest};
use crate::error::StartError;
use crate::faults::{Fault, FaultRule};
use crate::network::Identity;
use crate::world::{Home, RadioTraffic, World};

/// A running bridge. Dropping it stops the bridge; [`shutdown`](Simulator::shutdown) also waits for the end.
pub struct Simulator {
    bridge: Arc<Bridge>,
    /// Is the identity that the bridge had at the start.
    identity: Identity,
    control: Option<SocketAddr>,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Begins a new bridge that has the default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns the address that the bridge listens on now.
    pub fn address(&self) -> SocketAddr {
        self.bridge.network.address()
    }

    /// Returns the control address if there is one: plain HTTP on loopback, with all paths below `/sim`.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control
    }

    /// Returns the bridge id, 16 hexadecimal digits in lower case. It is the name in the certificate.
    pub fn bridge_id(&self) -> &str {
        &self.bridge.id
    }

    /// Returns the certificate that the bridge had at the start, as DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.identity.der
    }

    /// Returns the certificate that the bridge had at the start, as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.identity.pem
    }

    /// Returns the identity that the bridge had at the start. With it another simulator can be the same bridge elsewhere or later.
    pub fn identity(&self) -> Identity {
        self.identity.clone()
    }

    /// Returns the state that a resource has now, or `None` if there is no such resource.
    pub fn resource(&self, rtype: &str, id: &str) -> Option<Value> {
        self.bridge.read(|world| world.store.get(rtype, id).cloned())
    }

    /// Returns all resources that have this type, in the bridge's order.
    pub fn resources(&self, rtype: &str) -> Vec<Value> {
        self.bridge.read(|world| world.store.of_type(rtype).cloned().collect())
    }

    /// Returns the first light that has this `metadata.name`.
    pub fn light(&self, name: &str) -> Option<Value> {
        self.bridge.read(|world| world.store.light_named(name).cloned())
    }

    /// Returns the requests so far, oldest first, including rejected ones. The last 10 000 are kept.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.bridge.requests.all()
    }

    /// Returns the traffic that has gone over the radio to the lamps so far.
    pub fn radio_traffic(&self) -> RadioTraffic {
        self.bridge.read(World::radio_traffic)
    }

    /// Advances the bridge's clock.
    ///
    /// On return everything due in that time has happened, in order and each at its time, and the frames of the event
    /// stream are on their way to the clients. A running clock is put forward and runs on from there.
    pub fn advance(&self, by: Duration) {
        self.bridge.advance(by);
    }

    /// Presses the link button, so that applications can pair for the next 30 seconds.
    pub fn press_link_button(&self) {
        self.bridge.pairing.press_link_button();
    }

    /// Replaces all faults by this one, for all requests; `None` ends all faults.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.bridge.clear_faults();
        if let Some(fault) = fault {
            self.bridge.add_fault(fault.into());
        }
    }

    /// Adds a fault beside those in force. The oldest rule that matches a request applies to it.
    pub fn add_fault(&self, rule: impl Into<FaultRule>) {
        self.bridge.add_fault(rule.into());
    }

    /// Returns the faults that are in force, oldest first.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.bridge.faults.all()
    }

    /// Restarts the bridge in the background.
    ///
    /// Connections break, and for the time `down` all requests get status 502; ending all faults ends this time early.
    /// Afterwards the bridge has no earlier frames of the event stream. Its keys stay. With a `home` it comes up with that
    /// home.
    pub fn reboot(&self, down: Duration, home: Option<Home>) {
        let home = home.map(|home| home.into_store(&self.bridge.id));
        let bridge = Arc::clone(&self.bridge);
        tokio::spawn(async move { bridge.reboot(down, home).await });
    }

    /// Generates a new key and certificate, for the bridge's own id or that of another bridge, uses them from now on, and
    /// returns the certificate as DER. Open connections break.
    pub fn change_certificate(&self, bridge_id: &str) -> Result<Vec<u8>, StartError> {
        self.bridge.change_certificate(bridge_id)
    }

    /// Uses this identity from now on, for example the one [of the start](Simulator::identity). Open connections break.
    pub fn set_identity(&self, identity: Identity) {
        self.bridge.network.set_identity(identity);
    }

    /// Listens at another address instead, whose port may be 0, and returns the new address. Open connections break.
    ///
    /// Fails and changes nothing if the address cannot be used.
    pub async fn move_to(&self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        self.bridge.network.move_to(address).await
    }

    /// Makes a light reachable or unreachable, which the event stream reports. Returns false if there is no such light,
    /// or if its device has no `zigbee_connectivity`.
    pub fn set_reachable(&self, light_id: &str, reachable: bool) -> bool {
        self.bridge.change(|world| world.set_reachable(light_id, reachable))
    }

    /// Changes a resource from outside, as a wall switch does, which the event stream reports.
    ///
    /// The given members replace those of the resource with the same `type` and `id`; without such a resource it is
    /// added. Nothing is checked.
    #[allow(clippy::needless_pass_by_value, reason = "callers write it with json!")]
    pub fn set_resource(&self, resource: Value) {
        self.bridge.change(|world| world.set_resource(&resource));
    }

    /// Counts the event streams that are open.
    pub fn event_stream_count(&self) -> usize {
        self.bridge.events.stream_count()
    }

    /// Stops serving, breaks open connections, and returns when the port is free.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(%error, "the server task panicked");
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        self.bridge.network.set_responder(None);
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
