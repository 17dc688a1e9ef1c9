//! What can be made to go wrong.

use std::time::{Duration, Instant};

use hue_bridge_sim::Fault;
use reqwest::Method;
use serde_json::json;

use crate::events::Stream;
use crate::support::demo;

#[tokio::test]
async fn latency_delays_every_answer() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::Latency(Duration::from_millis(200))));
    let begun = Instant::now();
    assert_eq!(setup.get("/bridge").await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_status_is_answered_with_a_page_until_all_is_well() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::Status(502)));
    let response = setup.request(Method::GET, "/clip/v2/resource").send().await.expect("an answer");
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
    setup.sim.set_fault(None);
    assert_eq!(setup.get("").await.0, 200);
}

#[tokio::test]
async fn streams_end_and_can_be_opened_again() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::DropEventStreams));
    assert_eq!(stream.block().await, None);
    Stream::open(&setup, None).await;
}

#[tokio::test]
async fn an_offline_bridge_breaks_connections_and_takes_no_new_ones() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::Offline));
    assert_eq!(stream.block().await, None);
    assert!(setup.request(Method::GET, "/api/config").send().await.is_err());
    setup.sim.set_fault(None);
    assert_eq!(setup.get("/bridge").await.0, 200);
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
