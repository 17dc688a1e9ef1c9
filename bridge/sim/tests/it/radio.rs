//! Tests of the radio and of fades: which commands reach the lamps, and when.

use std::time::Duration;

use hue_bridge_sim::{Clock, Limits, RadioTraffic, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::events::Stream;
use crate::support::{Http, Setup, answer, client, id, start};

const ONE_SECOND: Duration = Duration::from_secs(1);

async fn stepped(limits: Limits) -> Setup {
    start(Simulator::builder().clock(Clock::Stepped).limits(limits)).await
}

/// The token buckets of a client that never exceeds its budget: for requests, lights and groups.
struct Budget {
    requests: f64,
    lights: f64,
    groups: f64,
}

impl Budget {
    const STEP_INTERVAL: Duration = Duration::from_millis(20);

    fn full() -> Self {
        Self { requests: 10.0, lights: 10.0, groups: 1.0 }
    }

    fn step(&mut self) {
        let passed = Self::STEP_INTERVAL.as_secs_f64();
        self.requests = (self.requests + 10.0 * passed).min(10.0);
        self.lights = (self.lights + 10.0 * passed).min(10.0);
        self.groups = (self.groups + passed).min(1.0);
    }

    /// Takes the tokens that a command costs, if there are enough.
    fn spend(&mut self, group: bool, messages: f64) -> bool {
        let cost = if group { 1.0 } else { f64::max(1.0, 0.4 * messages) };
        let purse = if group { &mut self.groups } else { &mut self.lights };
        if *purse < cost || self.requests < 1.0 {
            return false;
        }
        *purse -= cost;
        self.requests -= 1.0;
        true
    }
}

/// Sends as many commands as the budget allows for 30 seconds: to a lamp, and to a group if `groups` is set.
async fn thirty_greedy_seconds(light: &Value, messages: f64, groups: bool) -> (usize, RadioTraffic) {
    let setup = stepped(Limits::Real).await;
    let room = id(&setup.grouped_light(&setup.named("room", "Living room")));
    let mut budget = Budget::full();
    let mut sent = 0;
    for _ in 0..30 * 50 {
        while groups && budget.spend(true, 1.0) {
            sent += 1;
            let answer = setup.send(Method::PUT, &format!("/grouped_light/{room}"), &json!({"on": {"on": true}})).await;
            assert_eq!(answer.0, 200, "{answer:?}");
        }
        while budget.spend(false, messages) {
            sent += 1;
            let answer = setup.put_light("Desk lamp", light).await;
            assert_eq!(answer.0, 200, "{answer:?}");
        }
        setup.sim.advance(Budget::STEP_INTERVAL);
        budget.step();
    }
    (sent, setup.sim.radio_traffic())
}

#[tokio::test]
async fn ten_commands_a_second_lose_nothing_and_hardly_wait() {
    let (sent, traffic) = thirty_greedy_seconds(&json!({"on": {"on": true}}), 1.0, false).await;
    assert!(sent >= 300, "{sent}");
    assert_eq!((traffic.sent, traffic.lost), (sent as u64, 0));
    assert!(traffic.longest_delay < Duration::from_millis(500), "{traffic:?}");
}

#[tokio::test]
async fn commands_of_three_messages_at_their_price_lose_nothing_and_hardly_wait() {
    let light = json!({"on": {"on": true}, "dimming": {"brightness": 40}, "color_temperature": {"mirek": 300}});
    let (sent, traffic) = thirty_greedy_seconds(&light, 3.0, false).await;
    assert!(sent >= 250, "{sent}");
    assert_eq!((traffic.sent, traffic.lost), (3 * sent as u64, 0));
    assert!(traffic.longest_delay <= ONE_SECOND, "{traffic:?}");
}

#[tokio::test]
async fn lights_and_a_group_a_second_lose_nothing_and_hardly_wait() {
    let light = json!({"dimming": {"brightness": 40}, "color_temperature": {"mirek": 300}});
    let (sent, traffic) = thirty_greedy_seconds(&light, 2.0, true).await;
    assert!(sent >= 300, "{sent}");
    assert_eq!(traffic.lost, 0);
    assert!(traffic.longest_delay <= ONE_SECOND, "{traffic:?}");
}

#[tokio::test]
async fn what_is_sent_too_fast_is_delayed_and_then_lost_with_a_soft_error() {
    let setup = stepped(Limits::Real).await;
    let other = Setup { client: client(&setup.sim, Http::Two), sim: setup.sim };
    let first = client(&other.sim, Http::Two);
    let path = format!("https://{}/clip/v2/resource/light/{}", other.sim.address(), other.id("Desk lamp"));
    let body = json!({"on": {"on": true}, "dimming": {"brightness": 40}, "color_temperature": {"mirek": 300}});
    let mut answers = Vec::new();
    // Each connection sends twenty, because the web server limits each connection.
    for client in [&first, &other.client] {
        for _ in 0..20 {
            let request = client.put(&path).header("hue-application-key", crate::support::APPLICATION_KEY).json(&body);
            answers.push(answer(request.send().await).await);
        }
    }
    assert!(answers[..33].iter().all(|(status, _)| *status == 200));
    for (status, body) in &answers[33..] {
        assert_eq!((*status, &body["errors"][0]["error_code"]), (207, &json!("communication_error")));
    }
    let longest_delay = Duration::from_millis(3840);
    assert_eq!(other.sim.radio_traffic(), RadioTraffic { sent: 99, delayed: 96, lost: 21, longest_delay });
    other.sim.advance(ONE_SECOND * 4);
    assert_eq!(other.put_light("Desk lamp", &body).await.0, 200, "the queue is empty again");
}

#[tokio::test]
async fn a_lost_group_command_and_a_lost_recall_leave_all_as_it_was() {
    let setup = stepped(Limits::Real).await;
    let group = format!("/grouped_light/{}", id(&setup.grouped_light(&setup.named("room", "Office"))));
    for _ in 0..4 {
        assert_eq!(setup.send(Method::PUT, &group, &json!({"on": {"on": true}})).await.0, 200);
    }
    let lights = setup.sim.resources("light");
    let (status, body) = setup.send(Method::PUT, &group, &json!({"on": {"on": false}})).await;
    assert_eq!((status, &body["errors"][0]["error_code"]), (207, &json!("communication_error")));
    let movie = format!("/scene/{}", id(&setup.named("scene", "Movie")));
    let (status, body) = setup.send(Method::PUT, &movie, &json!({"recall": {"action": "active"}})).await;
    assert_eq!((status, &body["errors"][0]["error_code"]), (207, &json!("communication_error")));
    assert_eq!(setup.sim.resources("light"), lights);
    assert_eq!(setup.named("scene", "Movie")["status"]["active"], "inactive");
}

#[tokio::test]
async fn a_fade_of_a_room_is_told_at_once_and_then_by_single_lights() {
    let setup = stepped(Limits::Off).await;
    let mut stream = Stream::open(&setup, None).await;
    let room = setup.named("room", "Living room");
    let path = format!("/grouped_light/{}", id(&setup.grouped_light(&room)));
    let body = json!({"on": {"on": true}, "dimming": {"brightness": 100}, "dynamics": {"duration": 40_000}});
    setup.send(Method::PUT, &path, &body).await;
    let told = stream.frame().await.events;
    let targets = told[0]["data"].as_array().expect("data").iter().filter(|it| it["dimming"]["brightness"] == 100.0);
    assert_eq!(targets.count(), 5);
    assert_eq!(setup.grouped_light(&room)["dimming"]["brightness"], 100.0);
    setup.sim.advance(ONE_SECOND * 20);
    let group = setup.grouped_light(&room)["dimming"]["brightness"].as_f64().expect("a number");
    assert!(group < 99.0, "the mean of what the lights told: {group}");
    assert_eq!(stream.frame().await.events[0]["data"][0]["type"], "grouped_light");
    let report = stream.frame().await.events[0]["data"][0].clone();
    assert!(report["type"] == "light" && report["dimming"]["brightness"].as_f64().is_some_and(|it| it < 100.0));
    setup.sim.advance(ONE_SECOND * 30);
    assert_eq!(setup.grouped_light(&room)["dimming"]["brightness"], 100.0);
}
