//! HTTPS to the public web, where the usual certificate authorities vouch.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use rustls::{ClientConfig, pki_types::CertificateDer};

use super::{cause, closed, collect, refused};
use crate::{failure::Failure, tls};

/// What is at a public address. The operating system's certificate authorities are trusted, and `authority` beside
/// them.
pub(crate) async fn get_public(url: &str, authority: Option<&[u8]>, patience: Duration) -> Result<Bytes, Failure> {
    let tls = public_tls(authority).map_err(|error| Failure::Connect(format!("TLS cannot be set up: {error}")))?;
    let client = closed(tls, patience).timeout(patience).build().map_err(|error| cause::failure(&error))?;
    let response = client.get(url).send().await.map_err(|error| cause::failure(&error))?;
    match response.status() {
        StatusCode::OK => collect(response).await,
        status => Err(refused(status, None)),
    }
}

fn public_tls(authority: Option<&[u8]>) -> Result<ClientConfig, rustls::Error> {
    let provider = tls::provider();
    let extra = authority.map(|der| CertificateDer::from(der.to_vec()));
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider.clone())?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(std::sync::Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
