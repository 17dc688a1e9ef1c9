//! Finds the cause behind an error of the HTTP client.

use std::{error::Error as StdError, io};

use rustls::{CertificateError, Error as TlsError};

use crate::{attempt_error::AttemptError, tls::VerifyError};

impl From<reqwest::Error> for AttemptError {
    /// Classifies the error. The text leaves out the address, because people may read it who should not know that.
    fn from(error: reqwest::Error) -> Self {
        if let Some(reason) = identity_error(&error) {
            return Self::Identity(reason);
        }
        if error.is_connect() {
            return Self::Connect(connect_error(&error));
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        Self::ConnectionLost(root_cause(&error))
    }
}

fn connect_error(error: &reqwest::Error) -> String {
    if causes(error).find_map(find_tls_error).is_some_and(|tls| matches!(tls, TlsError::InvalidMessage(_))) {
        return "the server there does not speak HTTPS".to_owned();
    }
    let io_kind = causes(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io_kind {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused".to_owned(),
        Some(io::ErrorKind::TimedOut) => "no answer to the connection".to_owned(),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "its network is unreachable".to_owned()
        }
        None if error.is_timeout() => "no answer to the connection".to_owned(),
        _ => root_cause(error),
    }
}

/// Returns the verifier's own words, if it refused the certificate.
fn identity_error(error: &reqwest::Error) -> Option<String> {
    match causes(error).find_map(find_tls_error)? {
        TlsError::InvalidCertificate(CertificateError::Other(other)) => {
            Some(other.0.downcast_ref::<VerifyError>().map_or_else(|| other.to_string(), ToString::to_string))
        }
        TlsError::InvalidCertificate(other) => Some(format!("its certificate is not valid: {other}")),
        _ => None,
    }
}

/// Finds a TLS error inside I/O errors: [`StdError::source`] of an I/O error skips the error that it wraps.
fn find_tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    if let Some(tls) = error.downcast_ref::<TlsError>() {
        return Some(tls);
    }
    find_tls_error(error.downcast_ref::<io::Error>()?.get_ref()?)
}

fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Iterates over the error itself and its sources.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |error: &&(dyn StdError + 'static)| (*error).source())
}
