//! The port of the bridge, which listens or is only bound.
//!
//! A bound port that does not listen refuses connections, and no other program can take it.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The number of connections that may wait to be accepted, as in std.
const LISTEN_BACKLOG: u32 = 1024;

/// A port that the bridge owns.
#[derive(Debug)]
pub(crate) struct Port {
    address: SocketAddr,
    state: PortState,
}

#[derive(Debug)]
enum PortState {
    Listening(TcpListener),
    /// Bound without listening: the operating system refuses connections.
    Bound(TcpSocket),
    /// Lost after an error; it is bound again when it is opened.
    Lost,
}

impl Port {
    pub(crate) fn new(listener: TcpListener, address: SocketAddr) -> Self {
        Self { address, state: PortState::Listening(listener) }
    }

    /// Starts or stops listening. After an error the port is lost.
    pub(crate) fn set_open(&mut self, open: bool) -> io::Result<()> {
        let state = std::mem::replace(&mut self.state, PortState::Lost);
        self.state = match (state, open) {
            (PortState::Bound(socket), true) => PortState::Listening(listen(socket)?),
            (PortState::Lost, true) => PortState::Listening(listen(bind(self.address)?)?),
            (PortState::Listening(listener), false) => {
                drop(listener);
                PortState::Bound(bind(self.address)?)
            }
            (unchanged, _) => unchanged,
        };
        Ok(())
    }

    /// Returns the next connection; waits for ever while the port does not listen.
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.state {
            PortState::Listening(listener) => listener.accept().await,
            PortState::Bound(_) | PortState::Lost => std::future::pending().await,
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections that have just been broken still hold the address. After the bind no other socket may share it.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.set_reuseaddr(false)?;
    Ok(socket)
}

fn listen(socket: TcpSocket) -> io::Result<TcpListener> {
    socket.set_reuseaddr(true)?;
    socket.listen(LISTEN_BACKLOG)
}
