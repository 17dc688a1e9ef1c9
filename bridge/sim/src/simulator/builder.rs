//! Collects the settings of a simulator, and starts it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Simulator;
use crate::bridge::{self, Bridge, Events, LinkButton, Pairing};
use crate::error::StartError;
use crate::faults::FaultRule;
use crate::http::{control, server};
use crate::limits::Limits;
use crate::network::{Announcement, Identity, Network, Responder};
use crate::product::parse_bridge_id;
use crate::world::{BridgeClock, Clock, Home, Quirk, World};

/// The id of a bridge without a given one.
const DEFAULT_BRIDGE_ID: &str = "001788fffe5a4c31";
/// The number of requests that a real bridge was observed to allow on one connection.
const DEFAULT_GOAWAY_AFTER: u32 = 1000;

/// The settings of a [`Simulator`]; each method states its default.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    home: Home,
    listen: SocketAddr,
    bridge_id: Option<String>,
    link_button: LinkButton,
    keys: Vec<String>,
    limits: Limits,
    clock: Clock,
    quirks: Vec<Quirk>,
    event_interval: Duration,
    identity: Option<Identity>,
    announcement: Option<Announcement>,
    goaway_after: Option<u32>,
    faults: Vec<FaultRule>,
    unreachable: Vec<String>,
    control: Option<u16>,
}

/// Shows the settings but not the keys.
impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("listen", &self.listen)
            .field("bridge_id", &self.bridge_id)
            .finish_non_exhaustive()
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            home: Home::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bridge_id: None,
            link_button: LinkButton::default(),
            keys: Vec::new(),
            limits: Limits::default(),
            clock: Clock::default(),
            quirks: Vec::new(),
            event_interval: Duration::from_secs(1),
            identity: None,
            announcement: None,
            goaway_after: None,
            faults: Vec::new(),
            unreachable: Vec::new(),
            control: None,
        }
    }

    /// Sets the home. Default: the demo home.
    pub fn home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets the bridge id, 16 hexadecimal digits. Default: the id in the home's `bridge` resource, else a constant one.
    pub fn bridge_id(mut self, id: impl Into<String>) -> Self {
        self.bridge_id = Some(id.into());
        self
    }

    /// Sets the state of the link button at the start. Default: released.
    pub fn link_button(mut self, button: LinkButton) -> Self {
        self.link_button = button;
        self
    }

    /// Registers an application key as if it had been paired before; may be called again. Default: none.
    pub fn application_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Sets whether clients are limited. Default: as on a real bridge.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Chooses how time passes. Default: by itself.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a quirk; may be called again. Default: none.
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// Sets the minimum time that passes between two containers of events. Default: one second.
    pub fn event_interval(mut self, interval: Duration) -> Self {
        self.event_interval = interval;
        self
    }

    /// Sets the id and certificate of another simulator, to be the same bridge. Default: a new certificate.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Announces the bridge by multicast DNS. Default: no announcement.
    pub fn announce(mut self, announcement: Announcement) -> Self {
        self.announcement = Some(announcement);
        self
    }

    /// Sets the number of requests after which an HTTP/2 client is told by GOAWAY to open another connection.
    /// Default: 1000 with [`Limits::Real`], unlimited with [`Limits::Off`].
    pub fn goaway_after(mut self, requests: u32) -> Self {
        self.goaway_after = Some(requests);
        self
    }

    /// Adds a fault that is in force from the start; may be called again. Default: none.
    pub fn fault(mut self, rule: impl Into<FaultRule>) -> Self {
        self.faults.push(rule.into());
        self
    }

    /// Makes the light with this name unreachable from the start; may be called again. Default: the unreachable lights of
    /// the home.
    pub fn unreachable(mut self, light: impl Into<String>) -> Self {
        self.unreachable.push(light.into());
        self
    }

    /// Opens a control address at this port of 127.0.0.1; 0 takes a free port. Programs in any language can use it to
    /// switch faults and change the home while the bridge runs. `hue-bridge-sim --help` lists its requests. Default: none.
    pub fn control(mut self, port: u16) -> Self {
        self.control = Some(port);
        self
    }

    /// Opens the port and starts serving. Must be called in a tokio runtime.
    pub async fn start(self) -> Result<Simulator, StartError> {
        let identity = match self.identity {
            Some(identity) => identity,
            None => Identity::generate(&bridge_id(self.bridge_id, &self.home)?)?,
        };
        let id = identity.bridge_id.clone();
        let failed = |source| StartError::Listen { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let clock = BridgeClock::new(self.clock);
        let pairing = Pairing::new(self.link_button, self.keys, clock.clone());
        let events = Events::new(clock.clone(), self.event_interval);
        let world = World::new(self.home.into_store(&id), clock, self.limits, self.quirks);
        let goaway_after = self.goaway_after.or((self.limits == Limits::Real).then_some(DEFAULT_GOAWAY_AFTER));
        let (network, moved) = Network::new(address, identity.clone(), goaway_after);
        let bridge = Arc::new(Bridge::new(id, world, events, self.limits, pairing, network));
        self.faults.into_iter().for_each(|rule| bridge.add_fault(rule));
        let make_unreachable = |name: &String| {
            bridge.change(|world| world.light_id(name).is_some_and(|id| world.set_reachable(&id, false)))
        };
        if let Some(unknown) = self.unreachable.into_iter().find(|name| !make_unreachable(name)) {
            return Err(StartError::NoSuchLight(unknown));
        }
        let responder = self.announcement.map(|it| Responder::new(&it, &bridge.id, address)).transpose()?;
        bridge.network.set_responder(responder);
        let control = open_control(self.control).await?;
        let stop = CancellationToken::new();
        tokio::spawn(bridge::run_clock(Arc::clone(&bridge), stop.clone()));
        let server = tokio::spawn(server::run(listener, moved, Arc::clone(&bridge), stop.clone()));
        let control_address = control.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = control {
            tokio::spawn(control::run(listener, Arc::clone(&bridge), stop.clone()));
        }
        Ok(Simulator { bridge, identity, control: control_address, stop, server: Some(server) })
    }
}

/// Opens the listener of the control address, if there is to be one.
async fn open_control(port: Option<u16>) -> Result<Option<TcpListener>, StartError> {
    let Some(port) = port else { return Ok(None) };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|source| StartError::Listen { address, source })
}

/// Returns the id that was given, else that of the home, else the default, in lower case.
fn bridge_id(given: Option<String>, home: &Home) -> Result<String, StartError> {
    match given {
        Some(id) => parse_bridge_id(&id).ok_or(StartError::BridgeId(id)),
        // In an anonymised dump the id may be any text.
        None => Ok(home.bridge_id().and_then(parse_bridge_id).unwrap_or_else(|| DEFAULT_BRIDGE_ID.to_owned())),
    }
}
