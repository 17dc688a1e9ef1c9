//! How a simulator is set up and started.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::bridge::{self, Bridge};
use crate::clock::{Clock, Time};
use crate::events::Events;
use crate::faults::Strike;
use crate::home::Home;
use crate::limits::Limits;
use crate::mdns::{Announced, Announcement};
use crate::network::Network;
use crate::pairing::{LinkButton, Pairing};
use crate::quirk::Quirk;
use crate::store::Store;
use crate::tls::{self, CertificateError, Identity};
use crate::world::World;
use crate::{Simulator, aggregate, control, server};

/// The id of a bridge that nobody gave one.
const BRIDGE_ID: &str = "001788fffe5a4c31";

/// What a real bridge was seen to allow on one connection.
const GOAWAY_AFTER: u32 = 1000;

/// The settings of a [`Simulator`]; each method tells its default.
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
    faults: Vec<Strike>,
    unreachable: Vec<String>,
    control: Option<u16>,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The bridge id is not 16 hexadecimal digits.
    #[error("the bridge id {0:?} is not 16 hexadecimal digits")]
    BridgeId(String),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There is no light of this name to be out of reach.
    #[error("there is no light {0:?} with a radio")]
    NoSuchLight(String),
    /// The address cannot be used.
    #[error("could not listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// It cannot be announced by multicast DNS.
    #[error("could not announce the bridge by multicast DNS")]
    Announce(#[from] mdns_sd::Error),
}

/// Without the keys.
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

    /// What the bridge controls. Default: the demo home.
    pub fn home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// Where it listens. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The id, 16 hexadecimal digits. Default: that of the home's `bridge` resource, or else a made up one.
    pub fn bridge_id(mut self, id: impl Into<String>) -> Self {
        self.bridge_id = Some(id.into());
        self
    }

    /// The link button at the start. Default: released.
    pub fn link_button(mut self, button: LinkButton) -> Self {
        self.link_button = button;
        self
    }

    /// Registers an application key, as if it had been paired before; may be called again. Default: none.
    pub fn application_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Whether clients are limited. Default: as a real bridge does.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How time passes. Default: by itself.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds an oddity; may be called again. Default: none.
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// The least time between two containers of events. Default: one second.
    pub fn event_interval(mut self, interval: Duration) -> Self {
        self.event_interval = interval;
        self
    }

    /// Be the bridge that another simulator is or was: its id and its certificate. Default: a certificate of its own.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Announces the bridge by multicast DNS. Default: not.
    pub fn announce(mut self, announcement: Announcement) -> Self {
        self.announcement = Some(announcement);
        self
    }

    /// How many requests an HTTP/2 connection may have before its client is told, with GOAWAY, to open another.
    /// Default: 1000 with [`Limits::Real`], as many as one likes with [`Limits::Off`].
    pub fn goaway_after(mut self, requests: u32) -> Self {
        self.goaway_after = Some(requests);
        self
    }

    /// Something that goes wrong from the start on; may be called again. Default: nothing.
    pub fn fault(mut self, strike: impl Into<Strike>) -> Self {
        self.faults.push(strike.into());
        self
    }

    /// A light that cannot be reached from the start on, by its name; may be called again. Default: those that the home
    /// has.
    pub fn unreachable(mut self, light: impl Into<String>) -> Self {
        self.unreachable.push(light.into());
        self
    }

    /// Opens a control address at this port of 127.0.0.1, 0 for a free one: plain HTTP, by which programs in any
    /// language switch faults and play fate while the bridge runs. `hue-bridge-sim --help` lists what it understands.
    /// Default: none.
    pub fn control(mut self, port: u16) -> Self {
        self.control = Some(port);
        self
    }

    /// Opens the port and starts serving. Must be called within a tokio runtime.
    pub async fn start(self) -> Result<Simulator, StartError> {
        let identity = match self.identity {
            Some(identity) => identity,
            None => tls::identity(&bridge_id(self.bridge_id, &self.home)?)?,
        };
        let id = identity.bridge_id.clone();
        let failed = |source| StartError::Listen { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let time = Time::new(self.clock);
        let pairing = Pairing::new(self.link_button, self.keys, time.clone());
        let events = Events::new(time.clone(), self.event_interval);
        let world = World::new(document(self.home, &id), time, self.limits, self.quirks);
        let goaway_after = self.goaway_after.or((self.limits == Limits::Real).then_some(GOAWAY_AFTER));
        let (network, moved) = Network::new(address, identity.clone(), goaway_after);
        let bridge = Arc::new(Bridge::new(id, world, events, self.limits, pairing, network));
        self.faults.into_iter().for_each(|strike| bridge.strike(strike));
        let lost = |light: &String| bridge.light_id(light).is_some_and(|id| bridge.set_reachable(&id, false));
        if let Some(unknown) = self.unreachable.into_iter().find(|light| !lost(light)) {
            return Err(StartError::NoSuchLight(unknown));
        }
        let announced = self.announcement.map(|how| Announced::new(&how, &bridge.id, address)).transpose()?;
        bridge.network.announce(announced);
        let control = open_control(self.control).await?;
        let stop = CancellationToken::new();
        tokio::spawn(bridge::run(Arc::clone(&bridge), stop.clone()));
        let server = tokio::spawn(server::run(listener, moved, Arc::clone(&bridge), stop.clone()));
        let control_address = control.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = control {
            tokio::spawn(control::run(listener, Arc::clone(&bridge), stop.clone()));
        }
        Ok(Simulator { bridge, identity, control: control_address, stop, server: Some(server) })
    }
}

/// The listener of the control address, if there is to be one.
async fn open_control(port: Option<u16>) -> Result<Option<TcpListener>, StartError> {
    let Some(port) = port else { return Ok(None) };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|source| StartError::Listen { address, source })
}

/// The given id, or the one that the home knows, in lower case.
fn bridge_id(given: Option<String>, home: &Home) -> Result<String, StartError> {
    match given {
        Some(id) => checked_id(&id),
        // In an anonymised dump the id may be anything.
        None => Ok(home.bridge_id().and_then(|id| checked_id(id).ok()).unwrap_or_else(|| BRIDGE_ID.to_owned())),
    }
}

/// The id in lower case, if it is one.
pub(crate) fn checked_id(id: &str) -> Result<String, StartError> {
    let valid = id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    if valid { Ok(id.to_lowercase()) } else { Err(StartError::BridgeId(id.to_owned())) }
}

/// The home as the bridge's document, with what follows from other parts put right.
pub(crate) fn document(home: Home, bridge_id: &str) -> Store {
    let mut store = Store::new(home.into_resources());
    let bridges: Vec<_> = store.of_type("bridge").map(crate::store::id).collect();
    for bridge in bridges {
        store.edit("bridge", &bridge, |bridge| bridge["bridge_id"] = bridge_id.into());
    }
    aggregate::refresh(&mut store);
    store.take_changes();
    store
}
