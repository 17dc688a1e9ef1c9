//! Pairing, with and without the button pressed.

use hue_bridge::{
    Bridge, Config, Error, Fingerprint, Identity,
    pair::{PairError, pair},
};

use crate::support::{TEST_TIMEOUT, simulator};

#[tokio::test]
async fn pairing_gives_a_key_and_pins_the_certificate() {
    let sim = simulator().await;
    sim.press_link_button();
    let host = sim.address().to_string();
    let paired = pair(&host, "lamplighter", Some(sim.bridge_id())).await.expect("the button is pressed");
    assert_eq!(paired.bridge_id, sim.bridge_id());
    assert_eq!(paired.identity, Identity::Pinned(Fingerprint::of(sim.certificate_der())));
    assert!(!format!("{paired:?}").contains(paired.application_key.reveal()));
    let bridge = Bridge::connect(Config::new(host, paired.bridge_id, paired.application_key, paired.identity));
    bridge.expect("a configuration").ready(TEST_TIMEOUT).await.expect("the key is good");
}

#[tokio::test]
async fn an_unpressed_button_is_an_error_of_its_own() {
    let sim = simulator().await;
    let result = pair(&sim.address().to_string(), "lamplighter", None).await;
    assert_eq!(result, Err(PairError::LinkButtonNotPressed));
}

#[tokio::test]
async fn another_bridge_is_not_asked_for_a_key() {
    let sim = simulator().await;
    sim.press_link_button();
    let result = pair(&sim.address().to_string(), "lamplighter", Some("001788fffe000000")).await;
    assert!(matches!(result, Err(PairError::Other(Error::Identity(_)))), "{result:?}");
    assert!(sim.requests().is_empty());
}
