//! Signify's list of the bridges behind this internet connection.
//!
//! The list answers `[{"id":"001788fffe7bf9f0","internalipaddress":"192.168.1.42","port":443}]`; older answers have no
//! port. A client may ask it once in 15 minutes; Signify answers 429 to clients that ask more often.

use std::time::Duration;

use serde_json::Value;

use super::{
    DiscoveryError, DiscoveryErrorKind, DiscoveryMethod,
    candidate::{UnverifiedBridge, format_host},
};
use crate::{attempt_error::AttemptError, client, error::Error, tls::parse_bridge_id};

const SIGNIFY_LIST_URL: &str = "https://discovery.meethue.com/";

/// Says where and when Signify's list is asked.
#[derive(Clone, Debug)]
pub struct CloudOptions {
    /// The URL that the list is read from. Default: `https://discovery.meethue.com/`.
    pub url: String,
    /// A certificate authority (DER) that is trusted beside those of the operating system. Default: none.
    pub extra_root: Option<Vec<u8>>,
    /// Decides when the list is asked. Default: if no other method found a bridge.
    pub policy: CloudPolicy,
}

/// Decides when Signify's list is asked. Asking tells Signify that this connection looks for a bridge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloudPolicy {
    /// The list is asked if no bridge was found on this network.
    #[default]
    WhenNothingFound,
    /// The list is asked in any case.
    Always,
}

impl Default for CloudOptions {
    fn default() -> Self {
        Self { url: SIGNIFY_LIST_URL.to_owned(), extra_root: None, policy: CloudPolicy::default() }
    }
}

/// Fetches the list once.
pub(super) async fn fetch_list(
    options: &CloudOptions,
    timeout: Duration,
) -> Result<Vec<UnverifiedBridge>, DiscoveryError> {
    let error = |kind| DiscoveryError::of_method(DiscoveryMethod::Cloud, kind);
    let body = client::get_public(&options.url, options.extra_root.as_deref(), timeout)
        .await
        .map_err(|cause| error(error_kind(cause)))?;
    parse_list(&body)
        .ok_or_else(|| error(DiscoveryErrorKind::MethodFailed("it answers with something unexpected".to_owned())))
}

fn error_kind(error: AttemptError) -> DiscoveryErrorKind {
    match error {
        AttemptError::Throttled(429) => DiscoveryErrorKind::RateLimited,
        AttemptError::Timeout | AttemptError::ConnectionLost(_) => {
            DiscoveryErrorKind::Unreachable("no answer in time".to_owned())
        }
        AttemptError::Connect(reason) => DiscoveryErrorKind::Unreachable(reason),
        AttemptError::Rejected(status, _) => {
            DiscoveryErrorKind::MethodFailed(format!("it answers with status {status}"))
        }
        error => DiscoveryErrorKind::MethodFailed(Error::from(error).to_string()),
    }
}

/// Returns the usable entries of the list; `None` if `body` is not a list.
fn parse_list(body: &[u8]) -> Option<Vec<UnverifiedBridge>> {
    let list: Vec<Value> = serde_json::from_slice(body).ok()?;
    Some(list.iter().filter_map(parse_entry).collect())
}

/// Parses one entry. Accepts addresses but no host names, because the list comes from the internet.
fn parse_entry(entry: &Value) -> Option<UnverifiedBridge> {
    let address = entry["internalipaddress"].as_str()?.parse().ok()?;
    let port = match &entry["port"] {
        Value::Null => 443,
        port => port.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0)?,
    };
    let id = entry["id"].as_str().and_then(parse_bridge_id);
    let addresses = vec![format_host(address, port)];
    Some(UnverifiedBridge { method: DiscoveryMethod::Cloud, addresses, id, model: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(body: &str) -> Option<Vec<String>> {
        let candidates = parse_list(body.as_bytes())?;
        Some(candidates.into_iter().flat_map(|candidate| candidate.addresses).collect())
    }

    #[test]
    fn the_list_is_read_with_and_without_ports() {
        let list = r#"[{"id":"001788fffe7bf9f0","internalipaddress":"192.168.1.42","port":443},
            {"id":"001788FFFE7BF9F1","internalipaddress":"192.168.1.43"},
            {"id":"001788fffe7bf9f2","internalipaddress":"192.168.1.44","port":8443}]"#;
        let candidates = parse_list(list.as_bytes()).expect("a list");
        assert_eq!(candidates[1].id.as_deref(), Some("001788fffe7bf9f1"));
        let addresses: Vec<_> = candidates.iter().map(|candidate| candidate.addresses[0].as_str()).collect();
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
