//! Connections: accepted, encrypted, served with HTTP/2 or HTTP/1.1, ended.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bridge::Bridge;
use crate::limits::Bucket;
use crate::network::Door;
use crate::port::Port;
use crate::service;

/// How long a client may take over its handshake, and over the body of a request.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long an HTTP/1.1 connection may be idle.
const KEEP_ALIVE: Duration = Duration::from_mins(10);
/// The pause after a failure to accept, when most likely the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How many streams a client may have open on one HTTP/2 connection.
const STREAMS: u32 = 128;

/// What the requests of one connection share.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: IpAddr,
    pub(crate) bucket: Mutex<Bucket>,
    number: u64,
    requests: AtomicU32,
    broken: CancellationToken,
    retired: CancellationToken,
}

impl Connection {
    fn new(client: IpAddr, number: u64) -> Self {
        let (broken, retired) = (CancellationToken::new(), CancellationToken::new());
        Self { client, bucket: Mutex::new(Bucket::new()), number, requests: AtomicU32::new(0), broken, retired }
    }

    /// Counts a request; after the last that the connection may have, the client is told to open another.
    pub(crate) fn count(&self, most: Option<u32>) {
        let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if most.is_some_and(|most| requests >= most) {
            self.retired.cancel();
        }
    }

    /// Ends the connection at once, with a TCP reset.
    pub(crate) fn reset(&self) {
        self.broken.cancel();
    }
}

/// Serves until `stop` is cancelled, and returns when the last connection has ended.
pub(crate) async fn run(
    listener: TcpListener,
    mut moved: mpsc::UnboundedReceiver<TcpListener>,
    bridge: Arc<Bridge>,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let mut port = Port::new(listener, bridge.network.address());
    loop {
        let door = bridge.network.door();
        if let Err(error) = port.set_open(door != Door::Closed) {
            tracing::warn!(%error, "the port is lost");
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = bridge.network.door_other_than(door) => {}
            Some(listener) = moved.recv() => port = Port::new(listener, bridge.network.address()),
            accepted = port.accept() => match accepted {
                Ok((stream, peer)) => welcome(stream, peer.ip(), &bridge, &connections, &stop),
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    connections.close();
    connections.wait().await;
}

/// Serves a new connection beside the others, or resets it.
fn welcome(
    stream: TcpStream,
    client: IpAddr,
    bridge: &Arc<Bridge>,
    connections: &TaskTracker,
    stop: &CancellationToken,
) {
    // The number comes first: a door that closes meanwhile breaks what has one.
    let connection = Arc::new(Connection::new(client, bridge.network.number()));
    if bridge.network.door() != Door::Open {
        return reset(&stream);
    }
    let end = until_the_end(handle(&stream), Arc::clone(&connection), Arc::clone(bridge), stop.clone());
    let (number, bridge) = (connection.number, Arc::clone(bridge));
    connections.spawn(async move {
        tokio::select! {
            () = bridge.network.while_heard(number, serve(stream, &bridge, connection)) => {}
            () = end => {}
        }
    });
}

/// Makes the end of a connection a reset rather than a goodbye, so that the client sees it break.
fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "could not reset a connection");
    }
}

/// The same connection once more: the one that is served belongs to those who serve it.
fn handle(stream: &TcpStream) -> io::Result<std::net::TcpStream> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

/// Returns when a connection is to end: because it breaks, or because the bridge stops.
async fn until_the_end(
    handle: io::Result<std::net::TcpStream>,
    connection: Arc<Connection>,
    bridge: Arc<Bridge>,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = bridge.network.broke(connection.number) => {}
        () = connection.broken.cancelled() => match handle.and_then(TcpStream::from_std) {
            Ok(stream) => reset(&stream),
            Err(error) => tracing::debug!(%error, "could not reset a connection"),
        }
    }
}

async fn serve(stream: TcpStream, bridge: &Arc<Bridge>, connection: Arc<Connection>) {
    // Small frames must not wait for one another.
    let _ = stream.set_nodelay(true);
    let acceptor = TlsAcceptor::from(bridge.network.tls());
    let stream = match timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => return tracing::debug!("TLS handshake took too long"),
    };
    let service = service_fn(|request| {
        let (bridge, connection) = (Arc::clone(bridge), Arc::clone(&connection));
        async move { Ok::<_, Infallible>(service::serve(bridge, connection, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let end = tokio::select! {
        end = &mut serving => end,
        () = connection.retired.cancelled() => {
            // GOAWAY; what is under way is answered.
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = end {
        tracing::debug!(%error, "connection ended");
    }
}
