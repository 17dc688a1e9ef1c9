//! The errors that discovery can meet, worded for people.

use std::fmt;

use super::DiscoveryMethod;
use crate::error::Error;

/// A discovery method failed, or a candidate is not a bridge to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryError {
    /// The method that failed or that named the candidate.
    pub method: DiscoveryMethod,
    /// The address of the candidate, if the error concerns one.
    pub address: Option<String>,
    /// The id that the source claimed for the candidate, if it named one.
    pub id: Option<String>,
    /// Says what is wrong.
    pub kind: DiscoveryErrorKind,
}

impl DiscoveryError {
    /// Creates the error of a method that concerns no candidate.
    pub(super) fn of_method(method: DiscoveryMethod, kind: DiscoveryErrorKind) -> Self {
        Self { method, address: None, id: None, kind }
    }
}

/// Says what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryErrorKind {
    /// The candidate is the round bridge, which has no usable API.
    FirstGeneration,
    /// The address does not answer, or not as it should; holds the reason.
    Unreachable(String),
    /// The server at the address is not a Hue bridge; holds the reason.
    NotABridge(String),
    /// The server claims to be a bridge and does not prove its id; holds the reason.
    IdentityUnproven(String),
    /// The address belongs to another bridge, whose id this is.
    OtherBridge(String),
    /// Signify's list was asked too often from this internet connection.
    RateLimited,
    /// The discovery method itself failed; holds the reason.
    MethodFailed(String),
}

impl fmt::Display for DiscoveryErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstGeneration => f.write_str(
                "is a bridge of the first generation (round): it has no CLIP v2, and cannot get it; only the square \
                 bridge and the Bridge Pro do",
            ),
            Self::Unreachable(reason) => write!(f, "cannot be reached: {reason}"),
            Self::NotABridge(reason) => write!(f, "is not a usable bridge: {reason}"),
            Self::IdentityUnproven(reason) => write!(f, "does not prove which bridge it is: {reason}"),
            Self::OtherBridge(id) => write!(f, "is now the bridge {id}"),
            Self::RateLimited => {
                f.write_str("was asked too often from this internet connection; it may be asked once in 15 minutes")
            }
            Self::MethodFailed(reason) => write!(f, "does not work: {reason}"),
        }
    }
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.address, &self.id, self.method) {
            (Some(address), Some(id), _) => write!(f, "{address} (said to be {id}) {}", self.kind),
            (Some(address), None, _) => write!(f, "{address} {}", self.kind),
            (None, Some(id), _) => write!(f, "the bridge {id} {}", self.kind),
            (None, None, DiscoveryMethod::Mdns) => write!(f, "the search on this network {}", self.kind),
            (None, None, DiscoveryMethod::Cloud) => write!(f, "Signify's list of bridges {}", self.kind),
            (None, None, DiscoveryMethod::Manual) => write!(f, "the address {}", self.kind),
        }
    }
}

impl From<Error> for DiscoveryErrorKind {
    fn from(error: Error) -> Self {
        match error {
            Error::Identity(reason) => Self::IdentityUnproven(reason),
            Error::Protocol(reason) => Self::NotABridge(reason),
            Error::Unavailable { reason, .. } => Self::Unreachable(reason),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_sentence() {
        let told = |address: Option<&str>, id: Option<&str>, method, kind| {
            DiscoveryError { method, address: address.map(str::to_owned), id: id.map(str::to_owned), kind }.to_string()
        };
        let refused = DiscoveryErrorKind::Unreachable("the connection was refused".to_owned());
        assert_eq!(
            told(Some("192.168.1.2"), None, DiscoveryMethod::Manual, refused),
            "192.168.1.2 cannot be reached: the connection was refused"
        );
        let other = DiscoveryErrorKind::OtherBridge("ecb5fafffe000001".to_owned());
        assert_eq!(
            told(Some("192.168.1.2"), Some("001788fffe000001"), DiscoveryMethod::Cloud, other),
            "192.168.1.2 (said to be 001788fffe000001) is now the bridge ecb5fafffe000001"
        );
        let list = told(None, None, DiscoveryMethod::Cloud, DiscoveryErrorKind::RateLimited);
        assert!(list.starts_with("Signify's list of bridges was asked too often"), "{list}");
    }
}
