//! How the bridge is on the network: its address and its certificate, and what is wrong with its connections.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::faults::Fault;
use crate::mdns::Announced;
use crate::tls::Identity;

/// The bridge as the network sees it.
pub(crate) struct Network {
    place: Mutex<Place>,
    weather: watch::Sender<Weather>,
    /// The number that the next connection gets.
    next: AtomicU64,
    /// To whoever listens: where to listen from now on.
    moves: mpsc::UnboundedSender<TcpListener>,
    /// Requests on one connection after which an HTTP/2 client is asked to open another.
    pub(crate) goaway_after: Option<u32>,
}

struct Place {
    address: SocketAddr,
    identity: Identity,
    announced: Option<Announced>,
}

/// What is wrong with connections.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    door: Door,
    /// Nothing is read or written.
    silent: bool,
    /// Connections with smaller numbers break.
    broken_before: u64,
    /// Connections with smaller numbers are never heard again.
    dead_before: u64,
}

/// What becomes of a new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Door {
    #[default]
    Open,
    /// It is accepted and reset.
    Resets,
    /// Nothing listens.
    Closed,
}

impl Network {
    /// With the receiver for whoever listens.
    pub(crate) fn new(
        address: SocketAddr,
        identity: Identity,
        goaway_after: Option<u32>,
    ) -> (Self, mpsc::UnboundedReceiver<TcpListener>) {
        let (moves, listeners) = mpsc::unbounded_channel();
        let place = Mutex::new(Place { address, identity, announced: None });
        (Self { place, weather: watch::Sender::default(), next: AtomicU64::new(0), moves, goaway_after }, listeners)
    }

    /// Keeps an announcement up to date; `None` takes it back.
    pub(crate) fn announce(&self, announced: Option<Announced>) {
        self.place().announced = announced;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.place().address
    }

    /// What new connections are encrypted with.
    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.place().identity.config)
    }

    /// The certificate that it shows now, as PEM.
    pub(crate) fn certificate_pem(&self) -> String {
        self.place().identity.pem.clone()
    }

    /// Shows another certificate from now on. Open connections break.
    pub(crate) fn show(&self, identity: Identity) {
        self.place().identity = identity;
        self.break_connections();
    }

    /// Listens there and nowhere else from now on. Open connections break.
    pub(crate) async fn move_to(&self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        {
            let mut place = self.place();
            place.address = address;
            if let Some(Err(error)) = place.announced.as_ref().map(|announced| announced.moved(address)) {
                tracing::warn!(%error, "could not announce the new address");
            }
        }
        self.break_connections();
        // Fails only when the bridge has stopped, and then it answers nowhere.
        let _ = self.moves.send(listener);
        Ok(address)
    }

    /// Does to connections what a fault says, if it says anything about them.
    pub(crate) fn strike(&self, fault: &Fault) {
        let next = self.next.load(Ordering::Acquire);
        self.weather.send_modify(|weather| match fault {
            Fault::Refused => (weather.door, weather.broken_before) = (Door::Closed, next),
            Fault::Offline => (weather.door, weather.broken_before) = (Door::Resets, next),
            Fault::Unresponsive => weather.silent = true,
            Fault::DeadConnections => weather.dead_before = next,
            _ => {}
        });
    }

    /// What is new works again; what broke or died stays so.
    pub(crate) fn heal(&self) {
        self.weather.send_modify(|weather| (weather.door, weather.silent) = (Door::Open, false));
    }

    pub(crate) fn break_connections(&self) {
        let next = self.next.load(Ordering::Acquire);
        self.weather.send_modify(|weather| weather.broken_before = next);
    }

    /// The number of a new connection.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::AcqRel)
    }

    pub(crate) fn door(&self) -> Door {
        self.weather.borrow().door
    }

    /// Returns when the door is not like this any more.
    pub(crate) async fn door_other_than(&self, door: Door) {
        self.until(|weather| weather.door != door).await;
    }

    /// Returns when the connection with this number breaks.
    pub(crate) async fn broke(&self, number: u64) {
        self.until(|weather| number < weather.broken_before).await;
    }

    /// Runs what serves a connection, as long as there is anybody at the other end of the wire.
    pub(crate) async fn while_heard<T>(&self, number: u64, serving: impl Future<Output = T>) -> T {
        let mut serving = std::pin::pin!(serving);
        loop {
            tokio::select! {
                biased;
                () = self.until(|weather| weather.is_silent(number)) => {}
                end = &mut serving => return end,
            }
            self.until(|weather| !weather.is_silent(number)).await;
        }
    }

    async fn until(&self, so: impl Fn(&Weather) -> bool) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.weather.subscribe().wait_for(so).await;
    }

    // A std mutex: held for a line.
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Weather {
    fn is_silent(&self, number: u64) -> bool {
        self.silent || number < self.dead_before
    }
}
