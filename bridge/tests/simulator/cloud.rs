//! A fake of Signify's list: an HTTPS server on loopback that gives every request the same answer.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hue_bridge::discover::{CloudOptions, CloudPolicy};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivatePkcs8KeyDer};

/// A fake list, which serves until the process ends.
pub(crate) struct List {
    address: SocketAddr,
    certificate: Vec<u8>,
    asked: Arc<AtomicUsize>,
}

impl List {
    /// Starts a server that answers with this status and body.
    pub(crate) fn answering(status: u16, body: impl Into<String>) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .expect("a certificate to serve");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let body = body.into();
        let answer =
            format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        std::thread::spawn(move || serve(&listener, &Arc::new(config), &answer, &count));
        Self { address, certificate: cert.der().to_vec(), asked }
    }

    /// Returns the options with which to ask it.
    pub(crate) fn cloud(&self, policy: CloudPolicy) -> CloudOptions {
        CloudOptions { url: format!("https://{}/", self.address), extra_root: Some(self.certificate.clone()), policy }
    }

    /// Counts how often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>, answer: &str, asked: &AtomicUsize) {
    for stream in listener.incoming().flatten() {
        // A client that does not trust the certificate has left before the answer.
        drop(respond(stream, config, answer, asked));
    }
}

fn respond(stream: TcpStream, config: &Arc<ServerConfig>, answer: &str, asked: &AtomicUsize) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    let mut some = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut some)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&some[..read]);
    }
    // Counted before the answer, because a test may read the count as soon as it has the answer.
    asked.fetch_add(1, Ordering::SeqCst);
    stream.write_all(answer.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}
