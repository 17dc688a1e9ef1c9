//! Who is at the other end: the bridge's certificate, checked without exception.
//!
//! A Hue bridge has a certificate of its own maker's making: issued by one of Signify's two private roots (older ones
//! by themselves), with the bridge id as its common name and no alternative names at all. So the usual check of a
//! host name can never pass, and this check takes its place: the chain, then the common name. There is no way to
//! turn it off; a bridge whose certificate no root vouches for is known by that very certificate, seen at pairing.

mod certificate;
mod verifier;

use std::sync::Arc;

use rustls::{ClientConfig, crypto::CryptoProvider};

pub use certificate::Fingerprint;
pub(crate) use verifier::{Expectation, Refusal, Seen, Verifier};

use crate::error::Error;

/// How the bridge proves that it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Its certificate chains to one of Signify's roots.
    Signify,
    /// It has this very certificate.
    Pinned(Fingerprint),
}

/// The TLS side of a client: TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1, and `verifier` as the only judge.
pub(crate) fn client_config(verifier: Arc<Verifier>, provider: Arc<CryptoProvider>) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Protocol(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The cryptography: ring.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
