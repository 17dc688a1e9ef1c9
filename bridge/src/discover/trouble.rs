//! What does not work while looking for bridges, in people's words.

use std::fmt;

use super::Way;
use crate::error::Error;

/// Something that may be a bridge and is none to connect to, or a way of looking that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How it was looked for.
    pub way: Way,
    /// Which address it is about, if any.
    pub address: Option<String>,
    /// Which bridge is said to be there, if that was said.
    pub id: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The round bridge: it has no API that can be used.
    FirstGeneration,
    /// Nothing answers as it should.
    Unreachable(String),
    /// Something answers that is no Hue bridge.
    NoBridge(String),
    /// A bridge answers, or something that wants to pass for one, and does not prove its id.
    Unproven(String),
    /// Another bridge, with this id, is there.
    SomebodyElse(String),
    /// Signify's list was asked too often from this internet connection.
    AskedTooOften,
    /// The way itself does not work.
    Broken(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstGeneration => f.write_str(
                "is a bridge of the first generation (round): it has no CLIP v2, and cannot get it; only the square \
                 bridge and the Bridge Pro do",
            ),
            Self::Unreachable(reason) => write!(f, "cannot be reached: {reason}"),
            Self::NoBridge(reason) => write!(f, "is no bridge to use: {reason}"),
            Self::Unproven(reason) => write!(f, "does not prove which bridge it is: {reason}"),
            Self::SomebodyElse(id) => write!(f, "is the bridge {id} by now"),
            Self::AskedTooOften => {
                f.write_str("was asked too often from this internet connection; it may be asked once in 15 minutes")
            }
            Self::Broken(reason) => write!(f, "does not work: {reason}"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.address, &self.id, self.way) {
            (Some(address), Some(id), _) => write!(f, "{address} (said to be {id}) {}", self.problem),
            (Some(address), None, _) => write!(f, "{address} {}", self.problem),
            (None, Some(id), _) => write!(f, "the bridge {id} {}", self.problem),
            (None, None, Way::Mdns) => write!(f, "looking on this network {}", self.problem),
            (None, None, Way::Cloud) => write!(f, "Signify's list of bridges {}", self.problem),
            (None, None, Way::ByHand) => write!(f, "the address {}", self.problem),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Identity(reason) => Self::Unproven(reason),
            Error::Protocol(reason) => Self::NoBridge(reason),
            Error::Unavailable { reason, .. } => Self::Unreachable(reason),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_a_sentence() {
        let told = |address: Option<&str>, id: Option<&str>, way, problem| {
            Trouble { way, address: address.map(str::to_owned), id: id.map(str::to_owned), problem }.to_string()
        };
        let refused = Problem::Unreachable("the connection was refused".to_owned());
        assert_eq!(
            told(Some("192.168.1.2"), None, Way::ByHand, refused),
            "192.168.1.2 cannot be reached: the connection was refused"
        );
        let other = Problem::SomebodyElse("ecb5fafffe000001".to_owned());
        assert_eq!(
            told(Some("192.168.1.2"), Some("001788fffe000001"), Way::Cloud, other),
            "192.168.1.2 (said to be 001788fffe000001) is the bridge ecb5fafffe000001 by now"
        );
        let list = told(None, None, Way::Cloud, Problem::AskedTooOften);
        assert!(list.starts_with("Signify's list of bridges was asked too often"), "{list}");
    }
}
