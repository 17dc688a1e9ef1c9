//! The port of the bridge: listened on, or only held, so that connections are refused and nobody else takes it.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// As many connections as wait to be accepted anywhere.
const BACKLOG: u32 = 1024;

/// A port.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    holding: Holding,
}

#[derive(Debug)]
enum Holding {
    Listening(TcpListener),
    /// Bound, but not listening: the system refuses connections.
    Held(TcpSocket),
    /// Lost; it is taken again when it is opened.
    Nothing,
}

impl Port {
    pub(crate) fn new(listener: TcpListener, address: SocketAddr) -> Self {
        Self { address, holding: Holding::Listening(listener) }
    }

    /// Listens, or does not.
    pub(crate) fn set_open(&mut self, open: bool) -> io::Result<()> {
        let holding = std::mem::replace(&mut self.holding, Holding::Nothing);
        self.holding = match (holding, open) {
            (Holding::Held(socket), true) => Holding::Listening(listen(socket)?),
            (Holding::Nothing, true) => Holding::Listening(listen(bound(self.address)?)?),
            (Holding::Listening(listener), false) => {
                drop(listener);
                Holding::Held(bound(self.address)?)
            }
            (same, _) => same,
        };
        Ok(())
    }

    /// The next connection; never, while nobody listens.
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.holding {
            Holding::Listening(listener) => listener.accept().await,
            Holding::Held(_) | Holding::Nothing => std::future::pending().await,
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections that were just broken off still have the address. Once it is ours, nobody else may share it.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.set_reuseaddr(false)?;
    Ok(socket)
}

fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.set_reuseaddr(true)?;
    socket.listen(BACKLOG)
}
