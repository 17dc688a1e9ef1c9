//! Checks what the event stream and the long poll report.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use hue_bridge_sim::{Limits, Simulator};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{Setup, TEST_TIMEOUT, demo, id, start, until};

/// A client of an event stream, which reads blocks of lines.
pub(crate) struct Stream {
    bytes: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: String,
}

/// A frame that has arrived on an event stream.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) id: String,
    pub(crate) events: Value,
}

impl Stream {
    pub(crate) async fn open(setup: &Setup, after: Option<&str>) -> Self {
        let url = format!("https://{}/eventstream/clip/v2", setup.sim.address());
        let mut request = setup.client.get(url).header("accept", "text/event-stream");
        request = request.header("hue-application-key", crate::support::APPLICATION_KEY);
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self { bytes: response.bytes_stream().boxed(), buffer: String::new() };
        assert_eq!(stream.block().await.as_deref(), Some(": hi"));
        stream
    }

    /// Returns the next block, or `None` when the stream has ended.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_string();
                return Some(block);
            }
            let bytes = timeout(TEST_TIMEOUT, self.bytes.next()).await.expect("a frame in time")?.ok()?;
            self.buffer.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        let block = self.block().await.expect("a frame");
        let (id, data) = block.split_once('\n').expect("two lines");
        let data = data.strip_prefix("data: ").expect("data");
        Frame {
            id: id.strip_prefix("id: ").expect("an id").to_owned(),
            events: serde_json::from_str(data).expect("JSON"),
        }
    }
}

#[tokio::test]
async fn a_change_comes_at_once_and_its_groups_after_the_interval() {
    let interval = Duration::from_millis(600);
    let setup = start(Simulator::builder().limits(Limits::Off).event_interval(interval)).await;
    let mut stream = Stream::open(&setup, None).await;
    let begun = std::time::Instant::now();
    setup.put_light("Bedside left", &json!({"on": {"on": true}, "dimming": {"brightness": 20}})).await;
    let frame = stream.frame().await;
    let data = &frame.events[0]["data"];
    assert_eq!(frame.events[0]["type"], "update");
    assert_eq!((&data[0]["on"], &data[0]["id"]), (&json!({"on": true}), &json!(setup.id("Bedside left"))));
    assert_eq!(data[0]["owner"]["rtype"], "device");
    let groups = stream.frame().await.events;
    assert!(begun.elapsed() >= interval);
    let owners: Vec<_> =
        groups[0]["data"].as_array().expect("data").iter().map(|it| it["owner"]["rtype"].clone()).collect();
    assert!(owners.contains(&json!("room")) && owners.contains(&json!("bridge_home")), "{owners:?}");
}

#[tokio::test]
async fn switch_and_brightness_are_two_entries_of_one_event() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    setup.put_light("Bedside left", &json!({"on": {"on": true}, "dimming": {"brightness": 80}})).await;
    let event = stream.frame().await.events[0].clone();
    assert_eq!(event["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(event["data"][0]["on"], json!({"on": true}));
    assert_eq!(event["data"][1]["dimming"], json!({"brightness": 79.84}));
}

#[tokio::test]
async fn a_recall_tells_lights_scenes_and_groups_together() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let movie = id(&setup.named("scene", "Movie"));
    setup.send(Method::PUT, &format!("/scene/{movie}"), &json!({"recall": {"action": "active"}})).await;
    let events = stream.frame().await.events;
    let types: Vec<_> =
        events.as_array().expect("events").iter().map(|event| event["data"][0]["type"].clone()).collect();
    assert_eq!(types, ["light", "scene", "grouped_light"]);
    assert_eq!(events[1]["data"][0]["status"]["active"], "static");
    assert!(events[1]["data"][0]["status"]["last_recall"].is_string());
}

#[tokio::test]
async fn a_scene_is_told_from_its_beginning_to_its_end() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let group = json!({"rid": setup.named("room", "Office")["id"], "rtype": "room"});
    let body = json!({"metadata": {"name": "Mine"}, "group": group, "actions": []});
    let (_, made) = setup.send(Method::POST, "/scene", &body).await;
    let added = stream.frame().await.events;
    assert_eq!((&added[0]["type"], &added[0]["data"][0]["metadata"]["name"]), (&json!("add"), &json!("Mine")));
    let path = format!("/scene/{}", made["data"][0]["rid"].as_str().expect("an id"));
    setup.send(Method::DELETE, &path, &json!({})).await;
    let deleted = stream.frame().await.events;
    assert_eq!(deleted[0]["type"], "delete");
    let members: Vec<_> = deleted[0]["data"][0].as_object().expect("an entry").keys().cloned().collect();
    assert_eq!(members, ["id", "id_v1", "type"]);
}

#[tokio::test]
async fn outside_changes_are_told_too() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let light = setup.id("Bedside left");
    setup.sim.set_resource(json!({"id": light, "type": "light", "on": {"on": true}}));
    assert_eq!(stream.frame().await.events[0]["data"][0]["on"], json!({"on": true}));
    stream.frame().await;
    setup.sim.set_reachable(&light, false);
    let event = stream.frame().await.events[0].clone();
    assert_eq!(event["data"][0]["type"], "zigbee_connectivity");
    assert_eq!(event["data"][0]["status"], "connectivity_issue");
}

#[tokio::test]
async fn a_client_that_comes_back_gets_what_it_missed() {
    let setup = demo().await;
    let mut stream = Stream::open(&setup, None).await;
    let change = async |on: bool| setup.put_light("Spare bulb", &json!({"on": {"on": on}})).await;
    change(true).await;
    let first = stream.frame().await.id;
    let second = stream.frame().await.id;
    let mut again = Stream::open(&setup, Some(&first)).await;
    assert_eq!(again.frame().await.id, second);
}

#[tokio::test]
async fn a_closed_stream_is_noticed() {
    let setup = demo().await;
    let stream = Stream::open(&setup, None).await;
    assert_eq!(setup.sim.event_stream_count(), 1);
    drop(stream);
    until("the stream to be gone", || setup.sim.event_stream_count() == 0).await;
}

/// Polls once, and returns the id for the next poll and the events.
async fn poll(setup: &Setup, after: &str) -> (String, Vec<Value>) {
    let request = setup.request(Method::GET, "/eventstream/clip/v2").header("if-none-match", after);
    let response = request.header("accept", "application/json").send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/json");
    let id = response.headers()["etag"].to_str().expect("text").to_owned();
    (id, response.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_long_poll_waits_for_events_and_goes_on_after_them() {
    let setup = demo().await;
    let on = json!({"on": {"on": true}});
    let ((mut last, mut told), _) = tokio::join!(poll(&setup, "0:0"), setup.put_light("Spare bulb", &on));
    // The aggregate comes later, or together with the change if the poll came late.
    while told.len() < 2 {
        let (id, events) = poll(&setup, &last).await;
        last = id;
        told.extend(events);
    }
    assert_eq!(told[0]["data"][0]["on"], json!({"on": true}));
    assert_eq!(told[1]["data"][0]["type"], "grouped_light");
    assert_eq!(poll(&setup, "0:0").await.1, told, "what is remembered comes at once");
}
