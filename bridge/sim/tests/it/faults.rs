//! Checks what the faults of requests and event streams do.

use std::time::{Duration, Instant};

use futures::StreamExt;
use hue_bridge_sim::{Fault, Limits, Scope, Simulator};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::events::Stream;
use crate::support::{APPLICATION_KEY, Http, Setup, TEST_TIMEOUT, client, demo, start, until};

const TURN_ON: fn() -> Value = || json!({"on": {"on": true}});

/// Reads as much of the body as arrives, and returns whether it arrived completely.
async fn body(response: Response) -> (Vec<u8>, bool) {
    let mut chunks = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = timeout(TEST_TIMEOUT, chunks.next()).await.expect("an end in time") {
        match chunk {
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(_) => return (body, false),
        }
    }
    (body, true)
}

async fn everything(setup: &Setup) -> Response {
    setup.request(Method::GET, "/clip/v2/resource").send().await.expect("a head")
}

/// True if the lamp is on at the bridge.
fn is_on(setup: &Setup) -> bool {
    setup.light("Bedside left")["on"]["on"] == true
}

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
async fn a_fault_strikes_what_it_concerns_and_as_often_as_it_was_told() {
    let setup = demo().await;
    setup.sim.add_fault(Fault::Status(503).on(Scope::LightWrites).times(1));
    assert_eq!(setup.get("/light").await.0, 200);
    let path = format!("/clip/v2/resource/light/{}", setup.id("Bedside left"));
    let struck = setup.request(Method::PUT, &path).json(&TURN_ON()).send().await.expect("an answer");
    assert_eq!(struck.status(), 503);
    assert_eq!(setup.put_light("Bedside left", &TURN_ON()).await.0, 200);
    assert!(setup.sim.faults().is_empty());
    let acted: Vec<_> = setup.sim.requests().iter().filter(|it| it.method == "PUT").map(|it| it.acted).collect();
    assert_eq!(acted, [false, true]);
}

#[tokio::test]
async fn before_acting_nothing_happens_and_after_it_only_the_answer_is_lost() {
    let setup = demo().await;
    let path = format!("/clip/v2/resource/light/{}", setup.id("Bedside left"));
    let put = async || setup.request(Method::PUT, &path).json(&TURN_ON()).send().await.expect("an answer").status();
    setup.sim.set_fault(Some(Fault::Status(502)));
    assert_eq!((put().await.as_u16(), is_on(&setup)), (502, false));
    setup.sim.set_fault(None);
    setup.sim.add_fault(Fault::Status(502).on(Scope::LightWrites).after_acting());
    assert_eq!((put().await.as_u16(), is_on(&setup)), (502, true));
}

#[tokio::test]
async fn a_client_that_gives_up_before_the_bridge_acts_changes_nothing_and_is_recorded() {
    let setup = demo().await;
    setup.sim.add_fault(Fault::Latency(TEST_TIMEOUT).on(Scope::LightWrites));
    let path = format!("/clip/v2/resource/light/{}", setup.id("Bedside left"));
    let put = setup.request(Method::PUT, &path).json(&TURN_ON()).timeout(Duration::from_millis(200)).send().await;
    assert!(put.expect_err("no answer").is_timeout());
    let gone = || setup.sim.requests().iter().any(|it| it.method == "PUT" && it.status == 499);
    until("the request to be recorded", gone).await;
    assert!(!is_on(&setup));
}

#[tokio::test]
async fn a_page_may_come_with_200() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::Html));
    let response = everything(&setup).await;
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/html".parse().unwrap()));
    assert!(body(response).await.0.starts_with(b"<html>"));
}

#[tokio::test]
async fn a_truncated_answer_ends_as_if_it_were_whole() {
    let setup = demo().await;
    let (whole, _) = body(everything(&setup).await).await;
    setup.sim.set_fault(Some(Fault::Truncated));
    let (half, ended) = body(everything(&setup).await).await;
    assert!(ended && half == whole[..whole.len() / 2]);
}

#[tokio::test]
async fn an_empty_answer_has_its_status_and_nothing_else() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::Empty));
    let response = everything(&setup).await;
    assert_eq!(response.status(), 200);
    assert_eq!(body(response).await, (Vec::new(), true));
}

#[tokio::test]
async fn wrong_types_are_json_that_makes_no_sense() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::WrongTypes));
    let (status, lights) = setup.get("/light").await;
    let light = &lights["data"][0];
    assert_eq!((status, &light["type"]), (200, &json!("light")));
    assert!(light["on"]["on"].is_string() && light["metadata"]["name"].is_number(), "{light}");
    assert!(light.get("owner").is_none() && light.get("unheard_of").is_some(), "{light}");
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_body_takes_the_connection_with_it() {
    for http in [Http::One, Http::Two] {
        let mut setup = demo().await;
        setup.client = client(&setup.sim, http);
        let mut stream = Stream::open(&setup, None).await;
        setup.sim.add_fault(Fault::Reset.on(Scope::Reads).times(1));
        let response = everything(&setup).await;
        assert_eq!(response.status(), 200);
        let (half, ended) = body(response).await;
        assert!(!half.is_empty() && !ended, "{http:?}");
        if http == Http::Two {
            assert_eq!(stream.block().await, None, "it was on the same connection");
        }
        assert_eq!(setup.get("/bridge").await.0, 200);
    }
}

#[tokio::test]
async fn a_stream_reset_leaves_the_connection_alone() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.add_fault(Fault::StreamReset.on(Scope::Reads).times(1));
    let (half, ended) = body(everything(&setup).await).await;
    assert!(!half.is_empty() && !ended);
    setup.put_light("Bedside left", &TURN_ON()).await;
    assert!(stream.block().await.is_some(), "the event stream on the same connection goes on");
}

#[tokio::test]
async fn a_stalled_answer_begins_and_does_not_end() {
    let setup = demo().await;
    setup.sim.set_fault(Some(Fault::Stalled));
    let response = everything(&setup).await;
    assert_eq!(response.status(), 200);
    let chunks = std::pin::pin!(response.bytes_stream());
    let mut chunks = chunks.inspect(|chunk| assert!(chunk.is_ok()));
    let ended = timeout(Duration::from_millis(300), async { while chunks.next().await.is_some() {} }).await;
    assert!(ended.is_err(), "there is neither more nor an end");
}

#[tokio::test]
async fn a_stalled_answer_keeps_its_place_among_the_requests_in_flight() {
    let setup = start(Simulator::builder().limits(Limits::Real)).await;
    setup.sim.add_fault(Fault::Stalled.on(Scope::Reads).times(4));
    let mut stalled = Vec::new();
    for _ in 0..4 {
        stalled.push(everything(&setup).await);
    }
    assert_eq!(everything(&setup).await.status(), 429);
    drop(stalled);
    let free = async || {
        while everything(&setup).await.status() != 200 {
            tokio::time::sleep(Duration::from_millis(110)).await;
        }
    };
    timeout(TEST_TIMEOUT, free()).await.expect("the places are given back");
}

#[tokio::test]
async fn a_stalled_event_stream_stays_open_and_tells_nothing() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.add_fault(Fault::Stalled.on(Scope::Events));
    assert_eq!(setup.put_light("Bedside left", &TURN_ON()).await.0, 200);
    assert!(timeout(Duration::from_millis(300), stream.block()).await.is_err(), "there is neither more nor an end");
    assert_eq!(setup.sim.event_stream_count(), 1);
}

#[tokio::test]
async fn frames_are_cut_or_make_no_sense() {
    let told = async |fault: Fault| {
        let setup = demo().await;
        let mut stream = Stream::open(&setup, None).await;
        setup.sim.add_fault(fault.on(Scope::Events).times(1));
        setup.put_light("Bedside left", &TURN_ON()).await;
        let frame = stream.block().await.expect("a frame");
        frame.split_once("data: ").expect("data").1.to_owned()
    };
    let cut = told(Fault::Truncated).await;
    assert!(serde_json::from_str::<Value>(&cut).is_err(), "{cut}");
    let mistyped: Value = serde_json::from_str(&told(Fault::WrongTypes).await).expect("JSON");
    assert!(mistyped[0]["data"][0]["on"]["on"].is_string(), "{mistyped}");
}

#[tokio::test]
async fn a_frame_may_be_the_last_thing_before_a_reset() {
    for fault in [Fault::Reset, Fault::StreamReset] {
        let setup = demo().await;
        let mut stream = Stream::open(&setup, None).await;
        setup.sim.add_fault(fault.on(Scope::Events).times(1));
        setup.put_light("Bedside left", &TURN_ON()).await;
        assert_eq!(stream.block().await, None);
        Stream::open(&setup, None).await;
    }
}

#[tokio::test]
async fn an_event_stream_may_not_open() {
    let setup = demo().await;
    let url = format!("https://{}/eventstream/clip/v2", setup.sim.address());
    let open =
        async || setup.client.get(&url).header("hue-application-key", APPLICATION_KEY).send().await.expect("an answer");
    setup.sim.add_fault(Fault::Status(503).on(Scope::Events).times(1));
    assert_eq!(open().await.status(), 503);
    setup.sim.add_fault(Fault::Empty.on(Scope::Events).times(1));
    assert_eq!(body(open().await).await, (Vec::new(), true));
    Stream::open(&setup, None).await;
}

#[tokio::test]
async fn a_late_event_stream_opens_all_the_same() {
    let setup = demo().await;
    setup.sim.add_fault(Fault::Latency(Duration::from_millis(50)).on(Scope::Events));
    let begun = Instant::now();
    Stream::open(&setup, None).await;
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn streams_end_and_can_be_opened_again() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.sim.set_fault(Some(Fault::DropEventStreams));
    assert_eq!(stream.block().await, None);
    Stream::open(&setup, None).await;
}
