//! The bridge on the network: its address, its certificate, its mDNS announcement, and the faults of its connections.
//!
//! # Layout
//!
//! * `identity`: certificate and TLS configuration · `mdns`: the announcement · `port`: the listening port
//! * `connection_faults`: the state that faults of the kind [`Connection`](crate::FaultKind::Connection) set

mod connection_faults;
mod identity;
mod mdns;
mod port;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

pub(crate) use self::connection_faults::AcceptMode;
use self::connection_faults::ConnectionFaults;
pub use self::identity::{CertificateError, Identity};
pub use self::mdns::Announcement;
pub(crate) use self::mdns::Responder;
pub(crate) use self::port::Port;
use crate::faults::Fault;

/// One bridge as its clients reach it over the network.
pub(crate) struct Network {
    /// Is locked for a few lines, never across an await.
    endpoint: Mutex<Endpoint>,
    faults: watch::Sender<ConnectionFaults>,
    /// Is given to the next connection as its number, and then counted up.
    next_connection: AtomicU64,
    /// Sends the accept loop a listener at the new address.
    listeners: mpsc::UnboundedSender<TcpListener>,
    /// The number of requests after which an HTTP/2 client gets GOAWAY; unlimited if `None`.
    pub(crate) goaway_after: Option<u32>,
}

/// Where the bridge listens, and how it identifies itself there.
struct Endpoint {
    address: SocketAddr,
    identity: Identity,
    responder: Option<Responder>,
}

impl Network {
    /// Makes the network side, and the receiver by which the accept loop learns of moves.
    pub(crate) fn new(
        address: SocketAddr,
        identity: Identity,
        goaway_after: Option<u32>,
    ) -> (Self, mpsc::UnboundedReceiver<TcpListener>) {
        let (listeners, moved) = mpsc::unbounded_channel();
        let endpoint = Mutex::new(Endpoint { address, identity, responder: None });
        let faults = watch::Sender::default();
        (Self { endpoint, faults, next_connection: AtomicU64::new(0), listeners, goaway_after }, moved)
    }

    /// Replaces the mDNS announcement and keeps it up to date after moves. `None` withdraws it.
    pub(crate) fn set_responder(&self, responder: Option<Responder>) {
        self.endpoint.lock().responder = responder;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.endpoint.lock().address
    }

    pub(crate) fn tls_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.endpoint.lock().identity.config)
    }

    /// Returns the certificate that is in use now, as PEM.
    pub(crate) fn certificate_pem(&self) -> String {
        self.endpoint.lock().identity.pem.clone()
    }

    /// Uses another certificate from now on. Open connections break.
    pub(crate) fn set_identity(&self, identity: Identity) {
        self.endpoint.lock().identity = identity;
        self.break_connections();
    }

    /// Listens at another address and nowhere else. Open connections break.
    pub(crate) async fn move_to(&self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        {
            let mut endpoint = self.endpoint.lock();
            endpoint.address = address;
            if let Some(Err(error)) = endpoint.responder.as_ref().map(|responder| responder.announce_address(address)) {
                tracing::warn!(%error, %address, "could not announce the new address by multicast DNS");
            }
        }
        self.break_connections();
        // Fails only when the accept loop has ended, and then the bridge answers nowhere.
        let _ = self.listeners.send(listener);
        Ok(address)
    }

    /// Applies a fault of the kind [`Connection`](crate::FaultKind::Connection); any other fault changes nothing.
    pub(crate) fn apply_fault(&self, fault: &Fault) {
        let next = self.next_connection.load(Ordering::Acquire);
        self.faults.send_modify(|faults| faults.apply(fault, next));
    }

    /// Lets new connections work again. Broken and dead connections stay broken and dead.
    pub(crate) fn clear_faults(&self) {
        self.faults.send_modify(ConnectionFaults::clear);
    }

    pub(crate) fn break_connections(&self) {
        let next = self.next_connection.load(Ordering::Acquire);
        self.faults.send_modify(|faults| faults.break_before(next));
    }

    /// Takes the number of a new connection.
    pub(crate) fn next_connection_number(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::AcqRel)
    }

    pub(crate) fn accept_mode(&self) -> AcceptMode {
        self.faults.borrow().accept_mode
    }

    /// Waits until the accept mode is no longer `mode`.
    pub(crate) async fn accept_mode_changed(&self, mode: AcceptMode) {
        self.wait_until(|faults| faults.accept_mode != mode).await;
    }

    /// Waits until the connection with this number is to break.
    pub(crate) async fn connection_broken(&self, number: u64) {
        self.wait_until(|faults| faults.is_broken(number)).await;
    }

    /// Runs the future that serves a connection, but suspends it while a fault keeps the connection silent.
    pub(crate) async fn suspend_while_silent<T>(&self, number: u64, serving: impl Future<Output = T>) -> T {
        let mut serving = std::pin::pin!(serving);
        loop {
            tokio::select! {
                biased;
                () = self.wait_until(|faults| faults.is_silent(number)) => {}
                end = &mut serving => return end,
            }
            self.wait_until(|faults| !faults.is_silent(number)).await;
        }
    }

    async fn wait_until(&self, condition: impl Fn(&ConnectionFaults) -> bool) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.faults.subscribe().wait_for(condition).await;
    }
}
