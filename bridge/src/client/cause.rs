//! What is behind an error of the HTTP client.

use std::{error::Error as StdError, io};

use rustls::{CertificateError, Error as TlsError};

use crate::{failure::Failure, tls::Refusal};

/// Sorts an error. The address is left out: messages reach people who should not see it.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    if let Some(reason) = identity(error) {
        return Failure::Identity(reason);
    }
    if error.is_connect() {
        return Failure::Connect(connecting(error));
    }
    if error.is_timeout() {
        return Failure::Timeout;
    }
    Failure::Broken(root(error).to_string())
}

fn connecting(error: &reqwest::Error) -> String {
    if chain(error).find_map(tls_error).is_some_and(|tls| matches!(tls, TlsError::InvalidMessage(_))) {
        return "what answers there does not speak HTTPS".to_owned();
    }
    let Some(kind) = chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind) else {
        return if error.is_timeout() { "no answer to the connection".to_owned() } else { root(error).to_string() };
    };
    match kind {
        io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        io::ErrorKind::TimedOut => "no answer to the connection".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "no way to its network".to_owned(),
        _ => root(error).to_string(),
    }
}

/// The verifier's own words, if it was the verifier.
fn identity(error: &reqwest::Error) -> Option<String> {
    let tls = chain(error).find_map(tls_error)?;
    match tls {
        TlsError::InvalidCertificate(CertificateError::Other(other)) => {
            Some(other.0.downcast_ref::<Refusal>().map_or_else(|| other.to_string(), ToString::to_string))
        }
        TlsError::InvalidCertificate(other) => Some(format!("its certificate is not valid: {other}")),
        _ => None,
    }
}

/// An I/O error does not give the error it wraps as its source, but that one's; and wraps others of its kind.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    if let Some(tls) = error.downcast_ref::<TlsError>() {
        return Some(tls);
    }
    tls_error(error.downcast_ref::<io::Error>()?.get_ref()?)
}

fn root(error: &reqwest::Error) -> &(dyn StdError + 'static) {
    let mut last: &(dyn StdError + 'static) = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error: &&(dyn StdError + 'static)| (*error).source())
}
