//! Checks the faults of connections, reboots, and a bridge that changes its certificate, address or home.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hue_bridge_sim::{Fault, Home, Limits, Simulator, StartError};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::events::Stream;
use crate::support::{Http, Setup, TEST_TIMEOUT, client, client_of, demo, id, start, until};

/// The time after which nothing is expected to come any more.
const QUIET_PERIOD: Duration = Duration::from_millis(300);

/// Sends a request with a short timeout, and returns the status.
async fn asks(setup: &Setup) -> reqwest::Result<u16> {
    let request = setup.request(Method::GET, "/clip/v2/resource/bridge").timeout(QUIET_PERIOD);
    Ok(request.send().await?.status().as_u16())
}

/// Waits until the bridge answers with this status.
async fn answers(setup: &Setup, status: u16) {
    let heard = async { while asks(setup).await.ok() != Some(status) {} };
    timeout(TEST_TIMEOUT, heard).await.expect("the answer in time");
}

/// Waits until connections to this address are refused.
async fn refuses(address: SocketAddr) {
    let refused = async {
        while TcpStream::connect(address).await.map_err(|error| error.kind()).err()
            != Some(ErrorKind::ConnectionRefused)
        {}
    };
    timeout(TEST_TIMEOUT, refused).await.expect("a refusal in time");
}

#[tokio::test]
async fn an_offline_bridge_breaks_connections_and_takes_no_new_ones() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::Offline));
    assert_eq!(stream.block().await, None);
    assert!(asks(&setup).await.is_err());
    setup.sim.set_fault(None);
    answers(&setup, 200).await;
}

#[tokio::test]
async fn where_nothing_listens_connections_are_refused_and_the_port_is_kept() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::Refused));
    assert_eq!(stream.block().await, None);
    refuses(setup.sim.address()).await;
    let error = tokio::net::TcpListener::bind(setup.sim.address()).await.expect_err("the port is taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    setup.sim.set_fault(None);
    answers(&setup, 200).await;
}

#[tokio::test]
async fn an_unresponsive_bridge_says_nothing_at_all_and_goes_on_later() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::Unresponsive));
    assert!(asks(&setup).await.expect_err("no answer on the open connection").is_timeout());
    let new = client(&setup.sim, Http::Two).get(format!("https://{}/api/config", setup.sim.address()));
    assert!(new.timeout(QUIET_PERIOD).send().await.expect_err("no handshake").is_timeout());
    setup.sim.set_resource(json!({"id": setup.id("Bedside left"), "type": "light", "on": {"on": true}}));
    assert!(timeout(QUIET_PERIOD, stream.block()).await.is_err(), "the stream tells nothing, and does not end");
    setup.sim.set_fault(None);
    assert!(stream.block().await.is_some());
    answers(&setup, 200).await;
}

#[tokio::test]
async fn dead_connections_answer_no_ping_and_new_ones_work() {
    let mut setup = demo().await;
    setup.client = client_of(&setup.sim, Http::Two, |builder| {
        let builder = builder.http2_keep_alive_interval(Duration::from_millis(100));
        builder.http2_keep_alive_timeout(Duration::from_millis(100)).http2_keep_alive_while_idle(true)
    });
    let mut stream = Stream::open(&setup, None).await;
    assert!(timeout(QUIET_PERIOD * 2, stream.block()).await.is_err(), "as long as PINGs are answered");
    setup.sim.add_fault(Fault::DeadConnections);
    assert_eq!(stream.block().await, None, "the client noticed");
    assert!(setup.sim.faults().is_empty(), "it is not in force any more");
    Stream::open(&setup, None).await;
}

#[tokio::test]
async fn a_rebooting_bridge_is_away_for_a_time_and_remembers_no_frame() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.put_light("Bedside left", &json!({"on": {"on": true}})).await;
    stream.block().await.expect("a frame");
    setup.sim.reboot(QUIET_PERIOD, None);
    while stream.block().await.is_some() {}
    answers(&setup, 502).await;
    answers(&setup, 200).await;
    assert_eq!(setup.light("Bedside left")["on"]["on"], true);
    let mut again = Stream::open(&setup, Some("1:0")).await;
    assert!(timeout(QUIET_PERIOD, again.block()).await.is_err(), "nothing is told again");
}

#[tokio::test]
async fn a_reboot_is_over_when_all_is_made_well() {
    let setup = demo().await;
    setup.sim.reboot(TEST_TIMEOUT * 10, None);
    answers(&setup, 502).await;
    setup.sim.set_fault(None);
    answers(&setup, 200).await;
}

#[tokio::test]
async fn a_bridge_may_come_back_with_another_home() {
    let setup = demo().await;
    setup.sim.reboot(Duration::ZERO, Some(Home::of_lights(3)));
    until("the new home", || setup.sim.resources("light").len() == 3).await;
    answers(&setup, 200).await;
    assert_eq!(setup.sim.resources("bridge")[0]["bridge_id"], setup.sim.bridge_id());
}

#[tokio::test]
async fn a_changed_certificate_is_another_one_for_the_id_that_is_wanted() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let own = setup.sim.change_certificate(setup.sim.bridge_id()).expect("a certificate");
    assert_ne!(own, setup.sim.certificate_der());
    assert_eq!(stream.block().await, None);
    let other = setup.sim.change_certificate("001788FFFE000001").expect("a certificate");
    let named = |der: &[u8], id: &str| der.windows(id.len()).any(|window| window == id.as_bytes());
    assert!(named(&own, setup.sim.bridge_id()) && named(&other, "001788fffe000001"));
    assert!(matches!(setup.sim.change_certificate("bridge"), Err(StartError::BridgeId(_))));
    setup.sim.set_identity(setup.sim.identity());
    answers(&setup, 200).await;
}

#[tokio::test]
async fn a_bridge_that_moved_answers_at_its_new_address_only() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let old = setup.sim.address();
    let new = setup.sim.move_to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
    assert!(new != old && new == setup.sim.address());
    assert_eq!(stream.block().await, None);
    answers(&setup, 200).await;
    refuses(old).await;
}

#[tokio::test]
async fn after_so_many_requests_a_connection_is_given_up_without_a_loss() {
    let setup = start(Simulator::builder().limits(Limits::Off).goaway_after(5)).await;
    let stream = Stream::open(&setup, None).await;
    let light = setup.light("Bedside left");
    for on in [true, false].iter().cycle().take(40) {
        let (status, _) = setup.put_light("Bedside left", &json!({"on": {"on": on}})).await;
        assert_eq!(status, 200);
    }
    let puts = setup.sim.requests().iter().filter(|request| request.path.ends_with(&id(&light))).count();
    assert_eq!(puts, 40);
    assert_eq!(setup.sim.event_stream_count(), 1, "what was open stays open");
    drop(stream);
}

#[tokio::test]
async fn after_shutdown_the_port_is_free() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.put_light("Desk lamp", &json!({"on": {"on": false}})).await;
    let address = setup.sim.address();
    setup.sim.shutdown().await;
    while stream.block().await.is_some() {}
    tokio::net::TcpListener::bind(address).await.expect("the port");
}
