//! The link button, the application keys, and the few bits of the old API that are still needed.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::{Moment, Time};
use crate::store::Store;

/// How long a press of the link button lasts.
const WINDOW: Duration = Duration::from_secs(30);
/// The model and firmware that this bridge claims to be.
pub(crate) const MODEL: &str = "BSB002";
pub(crate) const SOFTWARE: &str = "1978293000";
pub(crate) const API_VERSION: &str = "1.78.0";

/// The link button at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkButton {
    /// Held down: any application can pair at any time.
    Pressed,
    /// As it comes: applications can pair for 30 seconds after each press.
    #[default]
    Released,
}

/// The link button, and who has paired.
pub(crate) struct Pairing {
    time: Time,
    state: Mutex<State>,
}

struct State {
    held: bool,
    pressed: Option<Moment>,
    /// The keys of the applications that have paired.
    keys: HashSet<String>,
}

impl Pairing {
    pub(crate) fn new(button: LinkButton, keys: Vec<String>, time: Time) -> Self {
        let held = button == LinkButton::Pressed;
        Self { time, state: Mutex::new(State { held, pressed: None, keys: keys.into_iter().collect() }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn press(&self) {
        self.lock().pressed = Some(self.time.now());
    }

    pub(crate) fn knows(&self, key: &str) -> bool {
        self.lock().keys.contains(key)
    }

    fn open(&self) -> bool {
        let state = self.lock();
        state.held || state.pressed.is_some_and(|pressed| self.time.now() < pressed + WINDOW)
    }

    /// Answers `POST /api`.
    pub(crate) fn pair(&self, body: &[u8]) -> Value {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return error(2, "body contains invalid json");
        };
        match body["devicetype"].as_str() {
            None => error(5, "invalid/missing parameters in body"),
            Some(name) if name.is_empty() || name.chars().count() > 40 => {
                error(7, "invalid value for parameter, devicetype")
            }
            Some(_) if !self.open() => error(101, "link button not pressed"),
            Some(_) => self.register(body["generateclientkey"] == true),
        }
    }

    fn register(&self, with_client_key: bool) -> Value {
        let key = random_text(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-", 40);
        self.lock().keys.insert(key.clone());
        let mut success = json!({"username": key});
        if with_client_key {
            success["clientkey"] = json!(random_text(b"0123456789ABCDEF", 32));
        }
        json!([{"success": success}])
    }
}

fn random_text(alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(alphabet[rand::random_range(0..alphabet.len())])).collect()
}

fn error(code: u32, description: &str) -> Value {
    json!([{"error": {"type": code, "address": "", "description": description}}])
}

/// Answers any other request to the old API.
pub(crate) fn not_available(method: &str, resource: &str) -> Value {
    let description = format!("method, {method}, not available for resource, {resource}");
    json!([{"error": {"type": 4, "address": resource, "description": description}}])
}

/// The public part of the configuration, which everybody may read.
pub(crate) fn config(store: &Store, bridge_id: &str) -> Value {
    let is_bridge = |device: &&Value| device["product_data"]["product_archetype"] == "bridge_v2";
    let device = store.of_type("device").find(is_bridge);
    let name = device.and_then(|device| device["metadata"]["name"].as_str()).unwrap_or("Hue Bridge");
    // The id is the MAC address with `fffe` in the middle.
    let digits: Vec<char> = bridge_id.chars().collect();
    let mac: Vec<String> =
        digits[..6].chunks(2).chain(digits[10..].chunks(2)).map(|pair| pair.iter().collect()).collect();
    json!({
        "name": name, "datastoreversion": "172", "swversion": SOFTWARE, "apiversion": API_VERSION,
        "mac": mac.join(":"), "bridgeid": bridge_id.to_uppercase(), "factorynew": false, "replacesbridgeid": null,
        "modelid": MODEL, "starterkitid": "",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const REQUEST: &[u8] = br#"{"devicetype":"app#here","generateclientkey":true}"#;

    fn pairing(button: LinkButton) -> Pairing {
        Pairing::new(button, vec![], Time::new(Clock::Stepped))
    }

    #[test]
    fn nobody_pairs_before_the_button_is_pressed() {
        let pairing = pairing(LinkButton::Released);
        assert_eq!(pairing.pair(REQUEST)[0]["error"]["type"], 101);
        pairing.press();
        let answer = pairing.pair(REQUEST);
        let key = answer[0]["success"]["username"].as_str().expect("a key");
        assert_eq!(key.len(), 40);
        assert_eq!(answer[0]["success"]["clientkey"].as_str().map(str::len), Some(32));
        assert!(pairing.knows(key));
    }

    #[test]
    fn a_press_lasts_for_thirty_seconds() {
        let pairing = pairing(LinkButton::Released);
        pairing.press();
        pairing.time.reach(Duration::from_millis(29_999));
        assert!(pairing.pair(REQUEST)[0].get("success").is_some());
        pairing.time.reach(Duration::from_secs(30));
        assert_eq!(pairing.pair(REQUEST)[0]["error"]["type"], 101);
    }

    #[test]
    fn a_client_key_is_given_only_to_who_asks() {
        let pairing = pairing(LinkButton::Pressed);
        let answer = pairing.pair(br#"{"devicetype":"app#here"}"#);
        assert!(answer[0]["success"].get("clientkey").is_none());
    }

    #[test]
    fn nonsense_is_refused_in_the_words_of_the_old_api() {
        let pairing = pairing(LinkButton::Pressed);
        assert_eq!(pairing.pair(b"{")[0]["error"]["type"], 2);
        assert_eq!(pairing.pair(b"{}")[0]["error"]["type"], 5);
    }

    #[test]
    fn the_config_tells_the_id_in_upper_case_and_the_mac_address() {
        let config = config(&Store::default(), "001788fffe5a4c31");
        assert_eq!(config["bridgeid"], "001788FFFE5A4C31");
        assert_eq!(config["mac"], "00:17:88:5a:4c:31");
    }
}
