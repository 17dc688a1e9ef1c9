//! The event stream: a throttle that collects changes into containers, and the open streams that get them.
//!
//! A container is the data of one frame: a list of events.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use crate::world::{BridgeClock, Change, Moment, Property};

/// The number of frames that a client can get again when it reconnects.
const MAX_REPLAYED_FRAMES: usize = 15;
/// The number of frames that a client may lag behind before its stream is closed.
const MAX_BUFFERED_FRAMES: usize = 256;

/// Publishes changes to all event streams that are open.
#[derive(Debug)]
pub(crate) struct Events {
    clock: BridgeClock,
    /// Is the minimum time that passes between two containers.
    interval: Duration,
    throttle: Mutex<Throttle>,
    hub: Hub,
}

/// When grouped lights are reported after a change of their lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AggregateTiming {
    /// They are reported in the container of the change.
    SameContainer,
    /// They are reported one container later.
    NextContainer,
}

/// Lets one container through per interval: the first at once, later changes together at the end of the interval.
#[derive(Debug, Default)]
struct Throttle {
    pending: Pending,
    /// Is the earliest time at which the next container may be sent.
    allowed_at: Moment,
}

impl Events {
    pub(crate) fn new(clock: BridgeClock, interval: Duration) -> Self {
        Self { clock, interval, throttle: Mutex::default(), hub: Hub::default() }
    }

    /// Publishes changes as soon as the throttle allows, and the changes of grouped lights that follow from them.
    pub(crate) fn publish(&self, changes: Vec<Change>, aggregates: Vec<Change>, timing: AggregateTiming) {
        let mut throttle = self.throttle.lock();
        throttle.pending.collect(changes);
        if timing == AggregateTiming::NextContainer {
            self.send_pending(&mut throttle);
            throttle.pending.collect(aggregates);
        } else {
            throttle.pending.collect(aggregates);
            self.send_pending(&mut throttle);
        }
    }

    /// Returns the time at which [`flush`](Self::flush) has something to send; `None` if nothing is pending.
    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        let throttle = self.throttle.lock();
        (!throttle.pending.changes.is_empty()).then_some(throttle.allowed_at)
    }

    /// Sends the pending changes if they are due.
    pub(crate) fn flush(&self) {
        self.send_pending(&mut self.throttle.lock());
    }

    fn send_pending(&self, throttle: &mut Throttle) {
        let now = self.clock.now();
        if now >= throttle.allowed_at && !throttle.pending.changes.is_empty() {
            self.hub.send(std::mem::take(&mut throttle.pending).changes, self.clock.timestamp());
            throttle.allowed_at = now + self.interval;
        }
    }

    /// Opens a stream that begins after the frame with this id, as far as its successors are kept.
    pub(crate) fn subscribe(&self, last_event_id: Option<&str>) -> ReceiverStream<Bytes> {
        self.hub.subscribe(last_event_id)
    }

    /// Ends all streams that are open.
    pub(crate) fn close_streams(&self) {
        self.hub.0.lock().streams.clear();
    }

    /// Ends all open streams, and drops sent frames and pending changes, as a restart does.
    pub(crate) fn reset(&self) {
        self.throttle.lock().pending = Pending::default();
        *self.hub.0.lock() = HubState::default();
    }

    pub(crate) fn stream_count(&self) -> usize {
        self.hub.0.lock().streams.iter().filter(|stream| !stream.is_closed()).count()
    }
}

/// The changes of the next container, in the order in which their properties first changed.
#[derive(Debug, Default)]
struct Pending {
    changes: Vec<Change>,
    /// Maps each property to the index of its change.
    by_property: HashMap<Property, usize>,
}

impl Pending {
    /// Adds changes. A later change of the same property replaces the earlier one.
    fn collect(&mut self, changes: Vec<Change>) {
        for change in changes {
            let Some(property) = change.property() else {
                self.changes.push(change);
                continue;
            };
            match self.by_property.entry(property) {
                Entry::Occupied(index) => self.changes[*index.get()] = change,
                Entry::Vacant(index) => {
                    index.insert(self.changes.len());
                    self.changes.push(change);
                }
            }
        }
    }
}

/// Broadcasts frames to the open streams, and keeps the last ones for clients that reconnect.
#[derive(Debug, Default)]
struct Hub(Mutex<HubState>);

#[derive(Debug, Default)]
struct HubState {
    streams: Vec<mpsc::Sender<Bytes>>,
    frames: VecDeque<(FrameId, Bytes)>,
}

impl Hub {
    fn send(&self, changes: Vec<Change>, now: Timestamp) {
        let container = container(changes, now);
        let mut hub = self.0.lock();
        let id = FrameId::next(hub.frames.back().map(|(id, _)| *id), now.as_second());
        let frame = Bytes::from(format!("id: {}:{}\ndata: {container}\n\n", id.second, id.number));
        // A client that does not read loses its stream, so that memory stays bounded.
        hub.streams.retain(|stream| stream.try_send(frame.clone()).is_ok());
        hub.frames.push_back((id, frame));
        if hub.frames.len() > MAX_REPLAYED_FRAMES {
            hub.frames.pop_front();
        }
    }

    fn subscribe(&self, last_event_id: Option<&str>) -> ReceiverStream<Bytes> {
        let (stream, frames) = mpsc::channel(MAX_BUFFERED_FRAMES);
        let mut hub = self.0.lock();
        // These sends succeed, because the channel is new and holds more than the replayed frames.
        let _ = stream.try_send(Bytes::from_static(b": hi\n\n"));
        if let Some(last) = last_event_id.and_then(FrameId::parse) {
            for (_, frame) in hub.frames.iter().filter(|(id, _)| *id > last) {
                let _ = stream.try_send(frame.clone());
            }
        }
        hub.streams.retain(|stream| !stream.is_closed());
        hub.streams.push(stream);
        ReceiverStream::new(frames)
    }
}

/// The id that a frame has: `<unix second>:<number within that second>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FrameId {
    second: i64,
    number: u32,
}

impl FrameId {
    fn next(last: Option<Self>, second: i64) -> Self {
        match last {
            // Ids grow even if the clock is set back.
            Some(last) if last.second >= second => Self { number: last.number + 1, ..last },
            _ => Self { second, number: 0 },
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (second, number) = text.trim().split_once(':')?;
        Some(Self { second: second.parse().ok()?, number: number.parse().ok()? })
    }
}

/// Makes the `data` of a frame: one event per kind of change and resource type, with grouped lights last.
fn container(changes: Vec<Change>, now: Timestamp) -> Value {
    let mut events: Vec<(&'static str, String, Vec<Value>)> = Vec::new();
    for change in changes {
        let (kind, rtype) = (change.kind(), change.rtype());
        match events.iter_mut().find(|(k, t, _)| *k == kind && t == rtype) {
            Some((_, _, data)) => data.push(change.entry()),
            None => events.push((kind, rtype.to_owned(), vec![change.entry()])),
        }
    }
    events.sort_by_key(|(_, rtype, _)| rtype == "grouped_light");
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    let event = |(kind, _, data)| json!({"creationtime": now, "data": data, "id": Uuid::new_v4(), "type": kind});
    events.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio_stream::StreamExt;

    use super::*;
    use crate::world::Clock;

    const EVENT_INTERVAL: Duration = Duration::from_secs(1);

    fn events() -> (Events, BridgeClock) {
        let clock = BridgeClock::new(Clock::Stepped);
        (Events::new(clock.clone(), EVENT_INTERVAL), clock)
    }

    /// Advances the clock so that the interval passes.
    fn advance_interval(events: &Events, clock: &BridgeClock) {
        clock.advance_to(clock.now() + EVENT_INTERVAL);
        events.flush();
    }

    fn brightness(rtype: &str, id: &str, value: f64) -> Change {
        Change::Update(json!({"id": id, "type": rtype}), "dimming".into(), json!({"brightness": value}))
    }

    /// Returns the frames that have arrived since the last call, without comments.
    fn frames(stream: &mut ReceiverStream<Bytes>) -> Vec<Value> {
        let texts = std::iter::from_fn(|| stream.next().now_or_never().flatten());
        let texts = texts.map(|frame| String::from_utf8_lossy(&frame).into_owned()).filter(|text| text != ": hi\n\n");
        texts.map(|text| serde_json::from_str(text.split_once("data: ").expect("data").1).expect("JSON")).collect()
    }

    #[test]
    fn the_first_change_goes_at_once_and_the_aggregate_an_interval_later() {
        let (events, clock) = events();
        let mut stream = events.subscribe(None);
        events.publish(
            vec![brightness("light", "1", 10.0)],
            vec![brightness("grouped_light", "2", 10.0)],
            AggregateTiming::NextContainer,
        );
        let first = frames(&mut stream);
        assert_eq!((first.len(), &first[0][0]["data"][0]["type"]), (1, &json!("light")));
        assert_eq!(events.next_deadline(), Some(EVENT_INTERVAL));
        advance_interval(&events, &clock);
        let second = frames(&mut stream);
        assert_eq!((second.len(), &second[0][0]["data"][0]["type"]), (1, &json!("grouped_light")));
        assert_eq!(events.next_deadline(), None);
    }

    #[test]
    fn of_two_changes_within_the_interval_the_last_state_is_told_once() {
        let (events, clock) = events();
        let mut stream = events.subscribe(None);
        for value in [1.0, 2.0, 3.0] {
            events.publish(vec![brightness("light", "1", value)], vec![], AggregateTiming::NextContainer);
        }
        advance_interval(&events, &clock);
        let frames = frames(&mut stream);
        assert_eq!(frames[0][0]["data"][0]["dimming"]["brightness"], 1.0);
        assert_eq!(frames[1][0]["data"], json!([{"id": "1", "type": "light", "dimming": {"brightness": 3.0}}]));
        assert_eq!(frames[1][0]["creationtime"], "2026-01-05T08:00:01Z");
    }

    #[test]
    fn a_client_that_comes_back_gets_the_last_15_frames_at_most() {
        let (events, clock) = events();
        for value in 0..20 {
            events.publish(vec![brightness("light", "1", f64::from(value))], vec![], AggregateTiming::NextContainer);
            advance_interval(&events, &clock);
        }
        let missed = frames(&mut events.subscribe(Some("1:0")));
        assert_eq!((missed.len(), &missed[0][0]["data"][0]["dimming"]["brightness"]), (15, &json!(5.0)));
    }

    #[test]
    fn frame_ids_count_within_a_second_and_never_go_back() {
        let first = FrameId::next(None, 100);
        let second = FrameId::next(Some(first), 100);
        let third = FrameId::next(Some(second), 99);
        assert_eq!(second, FrameId { second: 100, number: 1 });
        assert!(third > second);
        assert_eq!(FrameId::parse("100:1"), Some(second));
    }
}
