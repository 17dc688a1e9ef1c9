//! Tests of pairing and of the public configuration.

use hue_bridge_sim::{LinkButton, Simulator, StartError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Setup, answer, demo, start};

async fn pair(setup: &Setup) -> Value {
    let body = json!({"devicetype": "test#here", "generateclientkey": true});
    let (status, body) = answer(setup.without_key(Method::POST, "/api").json(&body).send().await).await;
    assert_eq!(status, 200);
    body
}

#[tokio::test]
async fn a_key_is_given_after_the_button_was_pressed_and_opens_the_bridge() {
    let setup = demo().await;
    let refused = json!([{"error": {"type": 101, "address": "", "description": "link button not pressed"}}]);
    assert_eq!(pair(&setup).await, refused);
    setup.sim.press_link_button();
    let key = pair(&setup).await[0]["success"]["username"].as_str().expect("a key").to_owned();
    let request = setup.without_key(Method::GET, "/clip/v2/resource/bridge").header("hue-application-key", key);
    let (status, body) = answer(request.send().await).await;
    assert_eq!((status, &body["data"][0]["bridge_id"]), (200, &json!(setup.sim.bridge_id())));
}

#[tokio::test]
async fn a_held_button_lets_everybody_in() {
    let setup = start(Simulator::builder().link_button(LinkButton::Pressed)).await;
    for _ in 0..2 {
        assert!(pair(&setup).await[0].get("success").is_some());
    }
}

#[tokio::test]
async fn everybody_may_read_the_config_whatever_the_key() {
    let setup = start(Simulator::builder().bridge_id("001788FFFE123456")).await;
    for path in ["/api/config", "/api/0/config", "/api/nobody/config"] {
        let (status, config) = answer(setup.without_key(Method::GET, path).send().await).await;
        assert_eq!((status, &config["bridgeid"]), (200, &json!("001788FFFE123456")));
        assert_eq!(config["mac"], "00:17:88:12:34:56");
    }
    assert_eq!(setup.sim.bridge_id(), "001788fffe123456");
    let (_, refused) = answer(setup.without_key(Method::GET, "/api").send().await).await;
    assert_eq!(refused[0]["error"]["type"], 4);
}

#[tokio::test]
async fn a_bridge_id_must_be_one() {
    let started = Simulator::builder().bridge_id("bridge").start().await;
    assert!(matches!(started, Err(StartError::BridgeId(id)) if id == "bridge"));
}
