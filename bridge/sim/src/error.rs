//! Why a simulator does not start, or does not change its certificate.

use std::net::SocketAddr;

use crate::network::CertificateError;

/// The reason why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The bridge id is not 16 hexadecimal digits.
    #[error("the bridge id {0:?} is not 16 hexadecimal digits")]
    BridgeId(String),
    /// The certificate could not be made or used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The home has no light with this name, or the light has no radio, so it cannot be unreachable.
    #[error("there is no light {0:?} with a radio")]
    NoSuchLight(String),
    /// The address cannot be used.
    #[error("could not listen on {address}")]
    Listen {
        /// Is the address that was asked for.
        address: SocketAddr,
        /// Is the error that the operating system reports.
        source: std::io::Error,
    },
    /// The bridge cannot be announced by multicast DNS.
    #[error("could not announce the bridge by multicast DNS")]
    Announce(#[from] mdns_sd::Error),
}
