//! Gets a key from a bridge while a person presses its button.
//!
//! Pairing uses HTTPS only: over plain HTTP anybody on the network could read the key. This is trust on first use: the
//! person who presses the button should be on the home network of that bridge. If Signify issued the bridge's
//! certificate, the bridge has to show such a one from then on; otherwise it has to show this very certificate.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    attempt_error::AttemptError,
    client::{ApplicationKey, Client, ClientConfig},
    clip::Request,
    error::Error,
    probe::{Probe, PublicConfig},
    tls::Identity,
};

/// The error number that a bridge answers while its button is not pressed.
const LINK_BUTTON_NOT_PRESSED: u64 = 101;
/// Limits connecting, and each answer.
const PAIRING_TIMEOUT: Duration = Duration::from_secs(10);
/// The most characters that a bridge takes before and after the `#` of a device type.
const MAX_APP_LENGTH: usize = 20;
const MAX_DEVICE_LENGTH: usize = 19;

/// The result of pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paired {
    /// The bridge id, which has 16 hexadecimal digits in lower case.
    pub bridge_id: String,
    /// The key, which permits everything that the bridge can do.
    pub application_key: ApplicationKey,
    /// The proof to demand of the bridge from now on.
    pub identity: Identity,
    /// The name that people gave the bridge.
    pub name: String,
}

/// Why pairing failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PairError {
    /// The button was not pressed within the last 30 seconds.
    #[error("the bridge's button was not pressed: press it, then pair within 30 seconds")]
    LinkButtonNotPressed,
    /// The bridge's software has no CLIP v2; holds its version.
    #[error("the bridge's software {0} is too old: update it in the Hue app")]
    TooOld(String),
    /// Pairing failed for another reason.
    #[error(transparent)]
    Other(#[from] Error),
}

/// A connection to a bridge that can be asked for a key repeatedly, until a person has pressed its button.
pub struct Pairing {
    host: String,
    probe: Probe,
}

impl Pairing {
    /// Connects to the bridge at `host`, without asking for a key. Refuses a bridge other than `expected_id`, and a
    /// certificate that does not carry the id that the bridge reports.
    pub async fn connect(host: &str, expected_id: Option<&str>) -> Result<Self, PairError> {
        let probe = Probe::connect(host, expected_id, PAIRING_TIMEOUT).await?;
        if !probe.config.clip_v2 {
            return Err(PairError::TooOld(probe.config.software));
        }
        Ok(Self { host: host.to_owned(), probe })
    }

    /// Returns the public configuration that the bridge reported.
    pub fn public_config(&self) -> &PublicConfig {
        &self.probe.config
    }

    /// Asks for a key once. The bridge gives one if its button was pressed within the last 30 seconds, and lists it
    /// under `app_name`. Each success makes a new key, and a bridge keeps only a hundred.
    pub async fn request_key(&self, app_name: &str) -> Result<ApplicationKey, PairError> {
        let body = json!({"devicetype": device_type(app_name), "generateclientkey": true});
        parse_key(&self.probe.client.post("/api", &body).await.map_err(Error::from)?)
    }

    /// Checks that the bridge accepts the key, on a connection that is as strict as every later one.
    pub async fn verify_key(&self, key: &ApplicationKey) -> Result<(), Error> {
        let PublicConfig { id, identity, .. } = self.public_config();
        let client = Client::new(ClientConfig::new(self.host.clone(), id.clone(), key.clone(), *identity))?;
        client.send(&Request::get("bridge")).await.map(drop).map_err(AttemptError::into_read_error)
    }
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairing").field("public_config", self.public_config()).finish_non_exhaustive()
    }
}

/// Pairs with the bridge at `host`, whose button has to have been pressed within the last 30 seconds.
///
/// The bridge lists the key under `app_name`. `expected_id` refuses any other bridge. To wait for the button, use
/// [`Pairing`].
pub async fn pair(host: &str, app_name: &str, expected_id: Option<&str>) -> Result<Paired, PairError> {
    let pairing = Pairing::connect(host, expected_id).await?;
    let application_key = pairing.request_key(app_name).await?;
    let PublicConfig { id, identity, name, .. } = pairing.probe.config;
    Ok(Paired { bridge_id: id, application_key, identity, name })
}

/// Formats `<app>#<device>`, of at most 20 and 19 characters.
fn device_type(app_name: &str) -> String {
    let truncate = |text: &str, max: usize| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_. ".contains(*c)).take(max).collect()
    };
    let (app, device) = app_name.split_once('#').unwrap_or((app_name, "host"));
    format!("{}#{}", truncate(app, MAX_APP_LENGTH), truncate(device, MAX_DEVICE_LENGTH))
}

/// Parses the answer of the older API, which has status 200 and is a list of one success or error.
fn parse_key(answer: &[u8]) -> Result<ApplicationKey, PairError> {
    let unexpected = || Error::Protocol("pairing was answered with neither a key nor an error".to_owned());
    let answer: Vec<Value> = serde_json::from_slice(answer).map_err(|_| unexpected())?;
    let first = answer.first().ok_or_else(unexpected)?;
    if let Some(key) = first.pointer("/success/username").and_then(Value::as_str).filter(|key| !key.is_empty()) {
        return Ok(ApplicationKey::new(key));
    }
    let error = first.get("error").ok_or_else(unexpected)?;
    if error["type"].as_u64() == Some(LINK_BUTTON_NOT_PRESSED) {
        return Err(PairError::LinkButtonNotPressed);
    }
    let message = error["description"].as_str().unwrap_or("no reason given").to_owned();
    Err(Error::Rejected { status: 200, message }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unpressed_button_is_an_error_of_its_own() {
        let answer = br#"[{"error":{"type":101,"address":"","description":"link button not pressed"}}]"#;
        assert_eq!(parse_key(answer), Err(PairError::LinkButtonNotPressed));
    }

    #[test]
    fn a_success_has_the_key() {
        let answer = br#"[{"success":{"username":"abc","clientkey":"00FF"}}]"#;
        assert_eq!(parse_key(answer), Ok(ApplicationKey::new("abc")));
    }

    #[test]
    fn any_other_answer_is_an_error() {
        for answer in [&b""[..], b"[]", b"{}", b"[{}]", b"[1]", b"<html>", br#"[{"success":{"username":""}}]"#] {
            assert!(parse_key(answer).is_err());
        }
    }

    #[test]
    fn the_device_type_has_a_form() {
        assert_eq!(device_type("lamplighter"), "lamplighter#host");
        assert_eq!(device_type("lamplighter#m\u{e9}dia \"pc\""), "lamplighter#mdia pc");
        assert_eq!(device_type(&"x".repeat(99)).len(), 25);
    }
}
