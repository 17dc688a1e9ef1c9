//! The accept loop: connections are accepted, encrypted, served with HTTP/2 or HTTP/1.1, and ended.

use std::convert::Infallible;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
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

use super::connection::{CLIENT_TIMEOUT, Connection};
use super::service;
use crate::bridge::Bridge;
use crate::network::{AcceptMode, Port};

/// The time that an HTTP/1.1 connection may be idle.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// The pause after a failed accept, most likely because the process has no file descriptors left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);
/// The number of streams that a client may have open on one HTTP/2 connection.
const MAX_CONCURRENT_STREAMS: u32 = 128;

/// Serves until `stop` is cancelled, and returns when the last connection has ended.
pub(crate) async fn run(
    listener: TcpListener,
    mut moved: mpsc::UnboundedReceiver<TcpListener>,
    bridge: Arc<Bridge>,
    stop: CancellationToken,
) {
    let (connections, slots) = (TaskTracker::new(), Arc::default());
    let mut port = Port::new(listener, bridge.network.address());
    loop {
        let mode = bridge.network.accept_mode();
        if let Err(error) = port.set_open(mode != AcceptMode::Refuse) {
            tracing::warn!(%error, "could not bind the port again, retrying");
            tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = bridge.network.accept_mode_changed(mode) => {}
            Some(listener) = moved.recv() => port = Port::new(listener, bridge.network.address()),
            accepted = port.accept() => match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection::new(peer.ip(), bridge.network.next_connection_number(), Arc::clone(&slots));
                    spawn_connection(stream, Arc::new(connection), &bridge, &connections, &stop);
                },
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                }
            },
        }
    }
    connections.close();
    connections.wait().await;
}

/// Serves a new connection in a task of its own, or resets it.
fn spawn_connection(
    stream: TcpStream,
    connection: Arc<Connection>,
    bridge: &Arc<Bridge>,
    connections: &TaskTracker,
    stop: &CancellationToken,
) {
    // The connection has its number by now, so a fault that comes after this check breaks it.
    if bridge.network.accept_mode() != AcceptMode::Serve {
        return set_reset_on_close(&stream);
    }
    let end = connection_end(duplicate(&stream), Arc::clone(&connection), Arc::clone(bridge), stop.clone());
    let (number, bridge) = (connection.number, Arc::clone(bridge));
    connections.spawn(async move {
        tokio::select! {
            () = bridge.network.suspend_while_silent(number, serve(stream, &bridge, connection)) => {}
            () = end => {}
        }
    });
}

/// Makes the connection end with a TCP reset instead of a FIN, so that the client sees it break.
fn set_reset_on_close(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "could not reset a connection");
    }
}

/// Duplicates the socket, because hyper owns the stream while it serves it.
fn duplicate(stream: &TcpStream) -> io::Result<std::net::TcpStream> {
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

/// Returns when a connection is to end, because it breaks or because the bridge stops.
async fn connection_end(
    socket: io::Result<std::net::TcpStream>,
    connection: Arc<Connection>,
    bridge: Arc<Bridge>,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = bridge.network.connection_broken(connection.number) => {}
        () = connection.broken.cancelled() => match socket.and_then(TcpStream::from_std) {
            Ok(stream) => set_reset_on_close(&stream),
            Err(error) => tracing::debug!(%error, "could not reset a connection"),
        }
    }
}

async fn serve(stream: TcpStream, bridge: &Arc<Bridge>, connection: Arc<Connection>) {
    // Nagle's algorithm would hold back small frames.
    let _ = stream.set_nodelay(true);
    let acceptor = TlsAcceptor::from(bridge.network.tls_config());
    let stream = match timeout(CLIENT_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => return tracing::debug!("TLS handshake timed out"),
    };
    let service = service_fn(|request| {
        let (bridge, connection) = (Arc::clone(bridge), Arc::clone(&connection));
        async move { Ok::<_, Infallible>(service::serve(bridge, connection, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_CONCURRENT_STREAMS);
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let end = tokio::select! {
        end = &mut serving => end,
        () = connection.retired.cancelled() => {
            // Sends GOAWAY; requests in flight are still answered.
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = end {
        tracing::debug!(%error, "connection failed");
    }
}
