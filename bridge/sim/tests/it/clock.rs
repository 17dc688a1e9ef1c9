//! Tests of a bridge with a stepped clock.

use std::time::{Duration, SystemTime};

use hue_bridge_sim::{Clock, Limits, Simulator};
use reqwest::Method;
use serde_json::json;

use crate::events::Stream;
use crate::support::{Setup, answer, id, start};

const ONE_SECOND: Duration = Duration::from_secs(1);
/// The start of a stepped clock, in seconds of Unix time.
const STEPPED_START_UNIX: u64 = 1_767_600_000;

async fn stepped() -> Setup {
    start(Simulator::builder().clock(Clock::Stepped).limits(Limits::Off)).await
}

#[tokio::test]
async fn the_link_button_stays_pressed_for_thirty_seconds_of_the_bridge() {
    let setup = stepped().await;
    let pair = async || {
        let request = setup.without_key(Method::POST, "/api").json(&json!({"devicetype": "test#here"}));
        answer(request.send().await).await.1[0].get("success").is_some()
    };
    setup.sim.press_link_button();
    setup.sim.advance(ONE_SECOND * 29);
    assert!(pair().await);
    setup.sim.advance(ONE_SECOND);
    assert!(!pair().await);
}

#[tokio::test]
async fn no_container_comes_before_its_time_and_each_when_time_has_passed() {
    let setup = stepped().await;
    let mut stream = Stream::open(&setup, None).await;
    let dim = async |level: i32| setup.put_light("Sofa lamp", &json!({"dimming": {"brightness": level}})).await;
    for level in [10, 20, 30] {
        dim(level).await;
    }
    setup.sim.advance(ONE_SECOND);
    for level in [40, 50] {
        dim(level).await;
    }
    setup.sim.advance(ONE_SECOND * 5);
    // Each container has the last state of its second, and the frame's id is the second.
    for (second, told) in [(0, 9.88), (1, 30.04), (2, 49.8)] {
        let frame = stream.frame().await;
        assert_eq!(frame.id, format!("{}:0", STEPPED_START_UNIX + second));
        assert_eq!(frame.events[0]["data"][0]["dimming"]["brightness"], told);
    }
}

#[tokio::test]
async fn the_rate_of_a_connection_recovers_only_with_the_clock() {
    let setup = start(Simulator::builder().clock(Clock::Stepped)).await;
    let passed = async || {
        let mut passed = 0;
        for _ in 0..30 {
            let response = setup.request(Method::GET, "/api/config").send().await.expect("an answer");
            passed += u32::from(response.status() == 200);
        }
        passed
    };
    assert_eq!((passed().await, passed().await), (21, 0));
    setup.sim.advance(ONE_SECOND);
    assert_eq!(passed().await, 10);
}

#[tokio::test]
async fn time_stamps_are_those_of_the_clock() {
    let setup = stepped().await;
    setup.sim.advance(Duration::from_millis(3_600_250));
    let scene = id(&setup.named("scene", "Movie"));
    setup.send(Method::PUT, &format!("/scene/{scene}"), &json!({"recall": {"action": "active"}})).await;
    assert_eq!(setup.named("scene", "Movie")["status"]["last_recall"], "2026-01-05T09:00:00.250Z");
    let beginning = SystemTime::UNIX_EPOCH + Duration::from_secs(STEPPED_START_UNIX);
    assert_eq!(setup.sim.requests()[0].at, beginning + Duration::from_millis(3_600_250));
}

#[tokio::test]
async fn a_running_clock_can_be_put_forward() {
    let setup = start(Simulator::builder().limits(Limits::Off).event_interval(ONE_SECOND * 3600)).await;
    let mut stream = Stream::open(&setup, None).await;
    setup.put_light("Sofa lamp", &json!({"on": {"on": false}})).await;
    assert_eq!(stream.frame().await.events[0]["data"][0]["type"], "light");
    setup.sim.advance(ONE_SECOND * 3600);
    assert_eq!(stream.frame().await.events[0]["data"][0]["type"], "grouped_light");
}
