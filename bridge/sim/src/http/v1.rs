//! The two parts of the v1 API that CLIP v2 still needs: pairing, and the public configuration.
//!
//! A key in the path makes no difference. All other requests get error 4, "method not available".

use axum::http::Method;
use serde_json::{Value, json};

use crate::bridge::{Bridge, Pairing};
use crate::product::{self, API_VERSION, MODEL_ID, SOFTWARE_VERSION};
use crate::world::Store;

/// The number of characters that `devicetype` may have.
const MAX_DEVICETYPE_CHARS: usize = 40;

/// Answers a request below `/api`; `path` is what follows.
pub(super) fn answer(bridge: &Bridge, method: &Method, path: &[&str], body: &[u8]) -> Value {
    match (method, path) {
        (&Method::POST, []) => pair(&bridge.pairing, body),
        (&Method::GET, ["config"] | [_, "config"]) => bridge.read(|world| public_config(&world.store, &bridge.id)),
        (method, path) => {
            let resource_below_key = format!("/{}", path.get(1..).unwrap_or_default().join("/"));
            let description = format!("method, {method}, not available for resource, {resource_below_key}");
            error(4, &resource_below_key, &description)
        }
    }
}

fn pair(pairing: &Pairing, body: &[u8]) -> Value {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return error(2, "", "body contains invalid json");
    };
    match body["devicetype"].as_str() {
        None => error(5, "", "invalid/missing parameters in body"),
        Some(name) if name.is_empty() || name.chars().count() > MAX_DEVICETYPE_CHARS => {
            error(7, "", "invalid value for parameter, devicetype")
        }
        Some(_) if !pairing.is_open() => error(101, "", "link button not pressed"),
        Some(_) => {
            let mut success = json!({"username": pairing.register()});
            if body["generateclientkey"] == true {
                success["clientkey"] = json!(Pairing::generate_client_key());
            }
            json!([{"success": success}])
        }
    }
}

fn error(code: u32, address: &str, description: &str) -> Value {
    json!([{"error": {"type": code, "address": address, "description": description}}])
}

/// Returns the part of the configuration that needs no key.
fn public_config(store: &Store, bridge_id: &str) -> Value {
    let is_bridge = |device: &&Value| device["product_data"]["product_archetype"] == "bridge_v2";
    let device = store.of_type("device").find(is_bridge);
    let name = device.and_then(|device| device["metadata"]["name"].as_str()).unwrap_or("Hue Bridge");
    let digits: Vec<char> = product::mac_digits(bridge_id).chars().collect();
    let mac: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    json!({
        "name": name, "datastoreversion": "172", "swversion": SOFTWARE_VERSION, "apiversion": API_VERSION,
        "mac": mac.join(":"), "bridgeid": bridge_id.to_uppercase(), "factorynew": false, "replacesbridgeid": null,
        "modelid": MODEL_ID, "starterkitid": "",
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bridge::LinkButton;
    use crate::world::{BridgeClock, Clock};

    const PAIRING_REQUEST: &[u8] = br#"{"devicetype":"app#here","generateclientkey":true}"#;

    fn pairing(button: LinkButton) -> (Pairing, BridgeClock) {
        let clock = BridgeClock::new(Clock::Stepped);
        (Pairing::new(button, vec![], clock.clone()), clock)
    }

    #[test]
    fn nobody_pairs_before_the_button_is_pressed() {
        let (pairing, _) = pairing(LinkButton::Released);
        assert_eq!(pair(&pairing, PAIRING_REQUEST)[0]["error"]["type"], 101);
        pairing.press_link_button();
        let answer = pair(&pairing, PAIRING_REQUEST);
        let key = answer[0]["success"]["username"].as_str().expect("a key");
        assert_eq!(key.len(), 40);
        assert_eq!(answer[0]["success"]["clientkey"].as_str().map(str::len), Some(32));
        assert!(pairing.is_registered(key));
    }

    #[test]
    fn a_press_lasts_for_thirty_seconds() {
        let (pairing, clock) = pairing(LinkButton::Released);
        pairing.press_link_button();
        clock.advance_to(Duration::from_millis(29_999));
        assert!(pair(&pairing, PAIRING_REQUEST)[0].get("success").is_some());
        clock.advance_to(Duration::from_secs(30));
        assert_eq!(pair(&pairing, PAIRING_REQUEST)[0]["error"]["type"], 101);
    }

    #[test]
    fn a_client_key_is_given_only_to_who_asks() {
        let (pairing, _) = pairing(LinkButton::Pressed);
        let answer = pair(&pairing, br#"{"devicetype":"app#here"}"#);
        assert!(answer[0]["success"].get("clientkey").is_none());
    }

    #[test]
    fn nonsense_is_refused_in_the_words_of_the_old_api() {
        let (pairing, _) = pairing(LinkButton::Pressed);
        assert_eq!(pair(&pairing, b"{")[0]["error"]["type"], 2);
        assert_eq!(pair(&pairing, b"{}")[0]["error"]["type"], 5);
    }

    #[test]
    fn the_config_tells_the_id_in_upper_case_and_the_mac_address() {
        let config = public_config(&Store::default(), "001788fffe5a4c31");
        assert_eq!(config["bridgeid"], "001788FFFE5A4C31");
        assert_eq!(config["mac"], "00:17:88:5a:4c:31");
    }
}
