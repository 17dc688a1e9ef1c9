//! Signify's list of the bridges behind this internet connection.
//!
//! It answers `[{"id":"001788fffe7bf9f0","internalipaddress":"192.168.1.42","port":443}]`; older answers have no port.
//! It may be asked once in 15 minutes, and answers 429 to who asks more often.

use std::time::Duration;

use serde_json::Value;

use super::{Problem, Sighting, Trouble, Way, bridge_id, host};
use crate::{client, error::Error, failure::Failure};

/// Where and when Signify's list is asked.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Default: `https://discovery.meethue.com/`.
    pub url: String,
    /// A certificate authority, as DER, to trust beside those of the operating system. Default: none.
    pub authority: Option<Vec<u8>>,
    /// Default: if nothing else found a bridge.
    pub when: When,
}

/// When Signify's list is asked: it learns that somebody here looks for a bridge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// If no bridge was found on this network.
    #[default]
    NothingFound,
    /// In any case.
    Always,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { url: "https://discovery.meethue.com/".to_owned(), authority: None, when: When::default() }
    }
}

/// Asks for the list, once.
pub(super) async fn sightings(cloud: &Cloud, patience: Duration) -> Result<Vec<Sighting>, Trouble> {
    let trouble = |problem| Trouble { way: Way::Cloud, address: None, id: None, problem };
    let body = client::get_public(&cloud.url, cloud.authority.as_deref(), patience)
        .await
        .map_err(|failure| trouble(problem(failure)))?;
    read(&body).ok_or_else(|| trouble(Problem::Broken("it answers with something unexpected".to_owned())))
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Throttled(429) => Problem::AskedTooOften,
        Failure::Timeout | Failure::Broken(_) => Problem::Unreachable("no answer in time".to_owned()),
        Failure::Connect(reason) => Problem::Unreachable(reason),
        Failure::Rejected(status, _) => Problem::Broken(format!("it answers with status {status}")),
        failure => Problem::Broken(Error::from(failure).to_string()),
    }
}

/// The entries that can be used; `None` if this is no list.
fn read(body: &[u8]) -> Option<Vec<Sighting>> {
    let list: Vec<Value> = serde_json::from_slice(body).ok()?;
    Some(list.iter().filter_map(sighting).collect())
}

/// Only addresses are taken, no names: the list comes from far away.
fn sighting(entry: &Value) -> Option<Sighting> {
    let address = entry["internalipaddress"].as_str()?.parse().ok()?;
    let port = match &entry["port"] {
        Value::Null => 443,
        port => port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)?,
    };
    let id = entry["id"].as_str().and_then(bridge_id);
    Some(Sighting { way: Way::Cloud, addresses: vec![host(address, port)], id, model: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(body: &str) -> Option<Vec<String>> {
        let sightings = read(body.as_bytes())?;
        Some(sightings.into_iter().flat_map(|sighting| sighting.addresses).collect())
    }

    #[test]
    fn the_list_is_read_with_and_without_ports() {
        let list = r#"[{"id":"001788fffe7bf9f0","internalipaddress":"192.168.1.42","port":443},
            {"id":"001788FFFE7BF9F1","internalipaddress":"192.168.1.43"},
            {"id":"001788fffe7bf9f2","internalipaddress":"192.168.1.44","port":8443}]"#;
        let sightings = read(list.as_bytes()).expect("a list");
        assert_eq!(sightings[1].id.as_deref(), Some("001788fffe7bf9f1"));
        let addresses: Vec<_> = sightings.iter().map(|sighting| sighting.addresses[0].as_str()).collect();
        assert_eq!(addresses, ["192.168.1.42", "192.168.1.43", "192.168.1.44:8443"]);
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(addresses("[]"), Some(vec![]));
    }

    #[test]
    fn entries_that_make_no_sense_are_left_out() {
        for entry in [
            "1",
            "{}",
            r#"{"internalipaddress":"evil.example"}"#,
            r#"{"internalipaddress":"192.168.1.42/x"}"#,
            r#"{"internalipaddress":"192.168.1.42","port":70000}"#,
            r#"{"internalipaddress":"192.168.1.42","port":"443"}"#,
        ] {
            assert_eq!(addresses(&format!("[{entry}]")), Some(vec![]), "{entry}");
        }
        assert_eq!(addresses(r#"[{"internalipaddress":"192.168.1.42","id":"?"}]"#).map(|list| list.len()), Some(1));
    }

    #[test]
    fn what_is_no_list_is_no_answer() {
        for body in ["", "{}", "<html>", "null"] {
            assert_eq!(addresses(body), None);
        }
    }
}
