//! Getting a key from a bridge, while somebody presses its button.
//!
//! Over HTTPS only: over plain HTTP the key would be on the wire for all to read. The certificate seen here is the one
//! that the bridge has to show from then on. Trust on first use: whoever presses the button should be at home, on the
//! network of that bridge.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client::PairingClient,
    config::{ApplicationKey, Config},
    error::Error,
    failure::Failure,
    tls::{self, Expectation, Fingerprint, Identity, Verifier},
};

/// The error number of a bridge whose button was not pressed.
const LINK_BUTTON_NOT_PRESSED: u64 = 101;
/// Software that has the API this crate speaks.
const FIRST_SOFTWARE: u64 = 1_948_086_000;

/// What pairing gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paired {
    /// 16 hexadecimal digits, lower case.
    pub bridge_id: String,
    /// The key to all that the bridge can do.
    pub application_key: ApplicationKey,
    /// The certificate that was seen.
    pub identity: Identity,
    /// The name people gave the bridge.
    pub name: String,
}

/// Why pairing did not work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PairError {
    /// The button has to be pressed within 30 seconds before pairing.
    #[error("the bridge's button was not pressed: press it, then pair within 30 seconds")]
    LinkButtonNotPressed,
    /// The bridge is too old for the API this crate speaks.
    #[error("the bridge's software {0} is too old: update it in the Hue app")]
    TooOld(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

/// The part of `/api/config` that everybody may read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PublicConfig {
    name: String,
    bridgeid: String,
    swversion: String,
}

/// Pairs with the bridge at `host`: its button has to have been pressed within the last 30 seconds.
///
/// `app_name` is what the bridge lists the key under. `expected_id` refuses any other bridge. The bridge's own word of
/// its id has to agree with its certificate.
pub async fn pair(host: &str, app_name: &str, expected_id: Option<&str>) -> Result<Paired, PairError> {
    let expected = expected_id.map(str::to_lowercase);
    let provider = tls::provider();
    let expectation = Expectation::FirstUse { bridge_id: expected, seen: std::sync::Mutex::default() };
    let verifier = Arc::new(Verifier::new(expectation, &provider));
    let client = PairingClient::new(host, &verifier, &timeouts(host))?;
    let config = public_config(&client).await?;
    let (bridge_id, fingerprint) = identity(&verifier, &config)?;
    if config.swversion.parse::<u64>().is_ok_and(|version| version < FIRST_SOFTWARE) {
        return Err(PairError::TooOld(config.swversion));
    }
    // Not repeated: each success makes a key, and a bridge keeps only a hundred.
    let body = json!({"devicetype": device_type(app_name), "generateclientkey": true});
    let answer = client.post("/api", &body).await.map_err(Error::from)?;
    let application_key = key(&answer)?;
    Ok(Paired { bridge_id, application_key, identity: Identity::Pinned(fingerprint), name: config.name })
}

/// Only the timeouts are used of it.
fn timeouts(host: &str) -> Config {
    let config = Config::new(host, "", ApplicationKey::new(""), Identity::Signify);
    Config { read_timeout: Duration::from_secs(10), ..config }
}

async fn public_config(client: &PairingClient) -> Result<PublicConfig, Error> {
    let body = client.get("/api/config").await.map_err(|failure| match failure {
        Failure::Rejected(..) => Error::Protocol("there is no Hue bridge at this address".to_owned()),
        failure => failure.into(),
    })?;
    serde_json::from_slice(&body).map_err(|_| Error::Protocol("there is no Hue bridge at this address".to_owned()))
}

/// The id and the certificate, on which the bridge's certificate and its own word agree.
fn identity(verifier: &Verifier, config: &PublicConfig) -> Result<(String, Fingerprint), Error> {
    let (bridge_id, fingerprint) =
        verifier.seen().ok_or_else(|| Error::Identity("no certificate was seen".to_owned()))?;
    if bridge_id.eq_ignore_ascii_case(&config.bridgeid) {
        return Ok((bridge_id, fingerprint));
    }
    Err(Error::Identity(format!("it is that of {bridge_id}, but the bridge says it is another one")))
}

/// `<app>#<device>` of at most 20 and 19 characters.
fn device_type(app_name: &str) -> String {
    let plain = |text: &str, most: usize| -> String {
        text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_. ".contains(*c)).take(most).collect()
    };
    let (app, device) = app_name.split_once('#').unwrap_or((app_name, "host"));
    format!("{}#{}", plain(app, 20), plain(device, 19))
}

/// The older API answers with status 200 and a list of one success or error.
fn key(answer: &[u8]) -> Result<ApplicationKey, PairError> {
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
        assert_eq!(key(answer), Err(PairError::LinkButtonNotPressed));
    }

    #[test]
    fn a_success_has_the_key() {
        let answer = br#"[{"success":{"username":"abc","clientkey":"00FF"}}]"#;
        assert_eq!(key(answer), Ok(ApplicationKey::new("abc")));
    }

    #[test]
    fn any_other_answer_is_an_error() {
        for answer in [&b""[..], b"[]", b"{}", b"[{}]", b"[1]", b"<html>", br#"[{"success":{"username":""}}]"#] {
            assert!(key(answer).is_err());
        }
    }

    #[test]
    fn the_device_type_has_a_form() {
        assert_eq!(device_type("lamplighter"), "lamplighter#host");
        assert_eq!(device_type("lamplighter#m\u{e9}dia \"pc\""), "lamplighter#mdia pc");
        assert_eq!(device_type(&"x".repeat(99)).len(), 25);
    }
}
