//! What all HTTPS clients share: how they are built, the bridge's URL, bodies and refusals.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::{Response, StatusCode, redirect};
use rustls::client::danger::ServerCertVerifier;

use crate::{attempt_error::AttemptError, error::Error, tls, tls::Verifier};

/// Limits a response body. All resources of a bridge with 150 lamps take about 2 MB.
const MAX_BODY_BYTES: usize = 16 << 20;

/// Starts a client whose server has to satisfy `verifier`.
///
/// It follows no redirects and uses no proxies, because either would carry the key to another server. A Bridge Pro
/// answers on port 80 with 301.
pub(super) fn client_builder(
    verifier: Arc<dyn ServerCertVerifier>,
    connect_timeout: Duration,
) -> Result<reqwest::ClientBuilder, rustls::Error> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(verifier)?)
        .https_only(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(connect_timeout)
        .user_agent(concat!("lamplighter/", env!("CARGO_PKG_VERSION")));
    Ok(builder)
}

/// Starts a client that speaks to a bridge.
pub(super) fn bridge_builder(
    verifier: Arc<Verifier>,
    connect_timeout: Duration,
) -> Result<reqwest::ClientBuilder, Error> {
    client_builder(verifier, connect_timeout).map_err(|error| Error::Protocol(format!("TLS cannot be set up: {error}")))
}

pub(super) fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|error| Error::Protocol(format!("the HTTP client cannot be set up: {error}")))
}

/// Returns the base URL of a host, if it is a valid one.
pub(super) fn base_url(host: &str) -> Result<String, Error> {
    let host = host.trim();
    let is_plain = !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', ' ']);
    let base = format!("https://{host}");
    if is_plain && reqwest::Url::parse(&base).is_ok() {
        return Ok(base);
    }
    Err(Error::Invalid("the bridge's host must be a name or an address, with a port if it is not 443".to_owned()))
}

/// Reads a body of at most [`MAX_BODY_BYTES`].
pub(super) async fn read_body(response: Response) -> Result<Bytes, AttemptError> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(AttemptError::Protocol(format!("an answer of more than {} MiB", MAX_BODY_BYTES >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(body))
}

/// Reads the body of a response with status 200; any other status is an error.
pub(super) async fn read_ok_body(response: Response) -> Result<Bytes, AttemptError> {
    match response.status() {
        StatusCode::OK => read_body(response).await,
        status => Err(status_error(status, None)),
    }
}

/// Converts the status of a refusal, with the bridge's own words if it gave any.
pub(super) fn status_error(status: StatusCode, message: Option<String>) -> AttemptError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AttemptError::Unauthorized,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => AttemptError::Throttled(status.as_u16()),
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => AttemptError::BadGateway,
        status => AttemptError::Rejected(status.as_u16(), message.unwrap_or_else(|| status.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_host() {
        for host in ["192.168.1.2", "127.0.0.1:8443", "[fe80::1]:443", "bridge.local"] {
            assert_eq!(base_url(host), Ok(format!("https://{host}")));
        }
        for host in ["", "http://a", "a/b", "user@host", "a b", "host:99999"] {
            assert!(base_url(host).is_err(), "{host}");
        }
    }
}
