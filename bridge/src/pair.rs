//! Getting a key from a bridge, while somebody presses its button.
//!
//! Over HTTPS only: over plain HTTP the key would be on the wire for all to read. A bridge with a certificate issued by
//! Signify has to show one from then on; any other, the very certificate seen here. That is trust on first use: whoever
//! presses the button should be at home, on the network of that bridge.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    client::Client,
    clip::Request,
    config::{ApplicationKey, Config},
    error::Error,
    failure::Failure,
    stranger::{Facts, Stranger},
    tls::Identity,
};

/// The error number of a bridge whose button was not pressed.
const LINK_BUTTON_NOT_PRESSED: u64 = 101;
/// For connecting, and for each answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What pairing gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paired {
    /// 16 hexadecimal digits, lower case.
    pub bridge_id: String,
    /// The key to all that the bridge can do.
    pub application_key: ApplicationKey,
    /// How it proves from now on that it is itself.
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

/// A bridge that may be asked for a key, as often as it takes until somebody has pressed its button.
pub struct Pairing {
    host: String,
    stranger: Stranger,
}

impl Pairing {
    /// Meets the bridge at `host`: nothing is asked of it yet. `expected_id` refuses any other bridge, and so does a
    /// certificate that does not carry the id that the bridge tells.
    pub async fn with(host: &str, expected_id: Option<&str>) -> Result<Self, PairError> {
        let stranger = Stranger::meet(host, expected_id, PATIENCE).await?;
        if !stranger.facts.clip_v2 {
            return Err(PairError::TooOld(stranger.facts.software));
        }
        Ok(Self { host: host.to_owned(), stranger })
    }

    /// What the bridge tells everybody.
    pub fn facts(&self) -> &Facts {
        &self.stranger.facts
    }

    /// Asks for a key, once: a bridge gives one if its button was pressed within the last 30 seconds, and lists it
    /// under `app_name`. Each success makes a key, and a bridge keeps only a hundred.
    pub async fn ask(&self, app_name: &str) -> Result<ApplicationKey, PairError> {
        let body = json!({"devicetype": device_type(app_name), "generateclientkey": true});
        key(&self.stranger.client.post("/api", &body).await.map_err(Error::from)?)
    }

    /// Whether the bridge accepts the key, on a connection that is as strict as every later one.
    pub async fn check(&self, key: &ApplicationKey) -> Result<(), Error> {
        let Facts { id, identity, .. } = &self.stranger.facts;
        let client = Client::new(Config::new(self.host.clone(), id.clone(), key.clone(), *identity))?;
        client.send(&Request::get("bridge")).await.map(drop).map_err(Failure::of_reading)
    }
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairing").field("facts", self.facts()).finish_non_exhaustive()
    }
}

/// Pairs with the bridge at `host`: its button has to have been pressed within the last 30 seconds.
///
/// `app_name` is what the bridge lists the key under. `expected_id` refuses any other bridge. To wait for the button,
/// see [`Pairing`].
pub async fn pair(host: &str, app_name: &str, expected_id: Option<&str>) -> Result<Paired, PairError> {
    let pairing = Pairing::with(host, expected_id).await?;
    let application_key = pairing.ask(app_name).await?;
    let Facts { id, identity, name, .. } = pairing.stranger.facts;
    Ok(Paired { bridge_id: id, application_key, identity, name })
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
