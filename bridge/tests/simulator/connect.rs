//! Connecting to a bridge, and the errors of a bridge that is not the paired one.

use hue_bridge::{ApplicationKey, Bridge, Connection, Error, Fingerprint, Identity};

use crate::support::{TEST_TIMEOUT, config, pair, simulator, with_client};

#[tokio::test]
async fn the_mirror_is_filled_and_stays_live() {
    let (sim, bridge) = pair().await;
    let view = bridge.view();
    assert_eq!((view.home.lights.len(), view.freshness.stale), (17, false));
    let info = view.home.bridge.as_ref().expect("the bridge itself");
    assert_eq!(info.id, sim.bridge_id());
    let status = bridge.status();
    assert_eq!((status.connection, status.lights, status.unreachable_lights), (Connection::Live, 17, 1));
    bridge.shutdown().await;
}

#[tokio::test]
async fn what_is_ready_can_be_read_and_written() {
    let sim = simulator().await;
    let bridge = Bridge::connect(config(&sim)).expect("a configuration");
    bridge.ready(TEST_TIMEOUT).await.expect("the bridge answers");
    assert_eq!((bridge.view().freshness.stale, bridge.status().connection), (false, Connection::Live));
}

#[tokio::test]
async fn before_the_first_filling_there_is_nothing_and_it_says_so() {
    let sim = simulator().await;
    let bridge = Bridge::connect(config(&sim)).expect("a configuration");
    let view = bridge.view();
    assert_eq!((view.home.lights.len(), view.freshness.age, view.freshness.stale), (0, None, true));
    assert!(matches!(bridge.plan(&[]), Err(Error::Unavailable { .. })));
    bridge.shutdown().await;
}

#[tokio::test]
async fn another_certificate_is_refused() {
    let sim = simulator().await;
    let identity = Identity::Pinned(Fingerprint::of(b"another certificate"));
    let bridge = Bridge::connect(with_client(&sim, |client| client.identity = identity)).expect("a configuration");
    let error = bridge.ready(TEST_TIMEOUT).await.expect_err("not that certificate");
    assert!(matches!(&error, Error::Identity(text) if text.contains("pair again")), "{error}");
    assert!(sim.requests().is_empty(), "nothing may be sent to a stranger");
}

#[tokio::test]
async fn another_bridge_is_refused() {
    let sim = simulator().await;
    let other = with_client(&sim, |client| client.bridge_id = "001788fffe000000".to_owned());
    let error =
        Bridge::connect(other).expect("a configuration").ready(TEST_TIMEOUT).await.expect_err("not that bridge");
    assert!(matches!(&error, Error::Identity(text) if text.contains("001788fffe000000")), "{error}");
    assert!(sim.requests().is_empty(), "nothing may be sent to a stranger");
}

#[tokio::test]
async fn a_certificate_of_ones_own_making_is_none_of_signify() {
    let sim = simulator().await;
    let identity = with_client(&sim, |client| client.identity = Identity::Signify);
    let error = Bridge::connect(identity).expect("a configuration").ready(TEST_TIMEOUT).await.expect_err("no chain");
    assert!(matches!(&error, Error::Identity(text) if text.contains("not issued by Signify")), "{error}");
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_and_appears_nowhere() {
    let sim = simulator().await;
    let wrong = with_client(&sim, |client| client.application_key = ApplicationKey::new("wrong-key"));
    let bridge = Bridge::connect(wrong).expect("a configuration");
    let error = bridge.ready(TEST_TIMEOUT).await.expect_err("not that key");
    assert_eq!(error, Error::Unauthorized);
    assert!(!format!("{error} {error:?} {bridge:?} {:?}", bridge.status()).contains("wrong-key"));
}

#[tokio::test]
async fn what_is_no_configuration_is_refused_at_once() {
    let sim = simulator().await;
    for config in [
        with_client(&sim, |client| client.bridge_id = "bridge".to_owned()),
        with_client(&sim, |client| client.host = "http://host/path".to_owned()),
    ] {
        assert!(matches!(Bridge::connect(config), Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn shutdown_ends_the_stream_and_may_be_called_twice() {
    let (sim, bridge) = pair().await;
    bridge.shutdown().await;
    bridge.shutdown().await;
    assert!(bridge.view().freshness.stale);
    assert_eq!(bridge.view().home.lights.len(), 17);
    drop(sim);
}
