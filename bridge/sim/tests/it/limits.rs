//! Checks the limits that the web server in front of the bridge has.

use std::time::Duration;

use futures::future::join_all;
use hue_bridge_sim::{Fault, Limits, Simulator};
use reqwest::Method;

use crate::events::Stream;
use crate::support::{APPLICATION_KEY, Http, Setup, client, start, until};

async fn limited() -> Setup {
    start(Simulator::builder().limits(Limits::Real)).await
}

/// Sends slow requests at the same time, and returns their statuses in ascending order.
async fn at_once(setup: &Setup, count: usize) -> Vec<u16> {
    setup.sim.set_fault(Some(Fault::Latency(Duration::from_secs(1))));
    let requests = (0..count).map(|_| setup.request(Method::GET, "/api/config").send());
    let statuses = join_all(requests).await.into_iter().map(|response| response.expect("an answer").status().as_u16());
    let mut statuses: Vec<_> = statuses.collect();
    statuses.sort_unstable();
    setup.sim.set_fault(None);
    statuses
}

#[tokio::test]
async fn a_fifth_request_in_flight_is_rejected() {
    let setup = limited().await;
    assert_eq!(at_once(&setup, 6).await, [200, 200, 200, 200, 429, 429]);
}

#[tokio::test]
async fn an_event_stream_takes_one_of_the_four_places() {
    let setup = limited().await;
    let stream = Stream::open(&setup, None).await;
    assert_eq!(at_once(&setup, 5).await, [200, 200, 200, 429, 429]);
    drop(stream);
    until("the stream to be gone", || setup.sim.event_stream_count() == 0).await;
    assert_eq!(at_once(&setup, 4).await, [200; 4]);
}

#[tokio::test]
async fn a_burst_on_one_connection_is_cut_off_without_a_hint_when_to_come_back() {
    let setup = limited().await;
    let mut rejected = None;
    // On a slow machine the bucket leaks meanwhile, and more requests pass.
    for _ in 0..200 {
        let response = setup.request(Method::GET, "/api/config").send().await.expect("an answer");
        if response.status() == 429 {
            rejected = Some(response);
            break;
        }
    }
    let rejected = rejected.expect("a rejection");
    assert!(setup.sim.requests().len() >= 22, "twenty-one pass in any case");
    assert_eq!(rejected.headers()["content-type"], "text/html");
    assert!(rejected.headers().get("retry-after").is_none());
    let other = client(&setup.sim, Http::Two).get(format!("https://{}/clip/v2/resource", setup.sim.address()));
    let response = other.header("hue-application-key", APPLICATION_KEY).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "another connection has a rate of its own");
}
