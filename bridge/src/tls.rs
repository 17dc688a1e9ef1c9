//! Verifies the bridge's certificate, without exception.
//!
//! A Hue bridge has a certificate of Signify's own kind: one of Signify's two private roots issued it (older bridges
//! signed theirs themselves), its common name is the bridge id, and it has no alternative names at all. The usual check
//! of the host name can therefore never pass. [`Verifier`] takes its place: it checks the chain, then the common name.
//! It cannot be turned off. A bridge without a chain to a root is known by the very certificate seen at pairing.

mod certificate;
mod verifier;

use std::sync::Arc;

use rustls::{ClientConfig, client::danger::ServerCertVerifier, crypto::CryptoProvider};

pub use certificate::{Fingerprint, ParseFingerprintError, parse_bridge_id};
pub(crate) use verifier::{Expectation, SeenCertificate, Verifier, VerifyError};

/// The proof of identity that a bridge has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Its certificate is issued by one of Signify's roots, directly or through others.
    Signify,
    /// Its certificate has this fingerprint.
    Pinned(Fingerprint),
}

/// Configures TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1, with `verifier` as the only check of the server.
pub(crate) fn client_config(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the cryptography provider, ring.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
