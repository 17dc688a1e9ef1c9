//! The event stream: a throttle that collects changes into containers, and the open streams they go to.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use crate::change::{Change, Property};
use crate::clock::{Moment, Time};

/// How many frames a client that comes back can have again.
const REPLAYED: usize = 15;
/// How far a client may be behind before its stream is closed.
const BEHIND: usize = 256;

/// Where changes go in, and where streams are opened.
#[derive(Debug)]
pub(crate) struct Events {
    time: Time,
    /// The least time between two containers.
    interval: Duration,
    throttle: Mutex<Throttle>,
    hub: Hub,
}

/// Lets one container out per interval: the first at once, what comes meanwhile when the interval is over.
#[derive(Debug, Default)]
struct Throttle {
    pending: Pending,
    /// When the next container may go.
    allowed: Moment,
}

impl Events {
    pub(crate) fn new(time: Time, interval: Duration) -> Self {
        Self { time, interval, throttle: Mutex::default(), hub: Hub::default() }
    }

    /// Tells the streams what one request changed: `now` as soon as the throttle allows; `later`, which the bridge
    /// works out afterwards, one container after that.
    pub(crate) fn publish(&self, now: Vec<Change>, later: Vec<Change>) {
        let mut throttle = self.throttle();
        throttle.pending.collect(now);
        self.send(&mut throttle);
        throttle.pending.collect(later);
    }

    /// When [`flush`](Self::flush) will have something to send; `None` if nothing waits.
    pub(crate) fn due(&self) -> Option<Moment> {
        let throttle = self.throttle();
        (!throttle.pending.changes.is_empty()).then_some(throttle.allowed)
    }

    /// Sends what waits, if its time has come.
    pub(crate) fn flush(&self) {
        self.send(&mut self.throttle());
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, throttle: &mut Throttle) {
        let now = self.time.now();
        if now >= throttle.allowed && !throttle.pending.changes.is_empty() {
            self.hub.send(std::mem::take(&mut throttle.pending).changes, self.time.timestamp());
            throttle.allowed = now + self.interval;
        }
    }

    /// Opens a stream, beginning after the frame with this id if it is still known.
    pub(crate) fn subscribe(&self, after: Option<&str>) -> ReceiverStream<Bytes> {
        self.hub.subscribe(after)
    }

    /// Ends all open streams.
    pub(crate) fn close_streams(&self) {
        self.hub.lock().streams.clear();
    }

    /// Ends all open streams, and forgets what was told and what was still to be told.
    pub(crate) fn forget(&self) {
        self.throttle().pending = Pending::default();
        *self.hub.lock() = Streams::default();
    }

    pub(crate) fn stream_count(&self) -> usize {
        self.hub.lock().streams.iter().filter(|stream| !stream.is_closed()).count()
    }
}

/// The changes of the next container, in the order in which they were first made.
#[derive(Debug, Default)]
struct Pending {
    changes: Vec<Change>,
    /// Where the change of each property is.
    places: HashMap<Property, usize>,
}

impl Pending {
    /// Adds changes; of a property that changed twice, only the last state is told.
    fn collect(&mut self, changes: Vec<Change>) {
        for change in changes {
            let Some(property) = change.property() else {
                self.changes.push(change);
                continue;
            };
            match self.places.entry(property) {
                Entry::Occupied(place) => self.changes[*place.get()] = change,
                Entry::Vacant(place) => {
                    place.insert(self.changes.len());
                    self.changes.push(change);
                }
            }
        }
    }
}

/// The open streams and the last frames.
#[derive(Debug, Default)]
struct Hub(Mutex<Streams>);

#[derive(Debug, Default)]
struct Streams {
    streams: Vec<mpsc::Sender<Bytes>>,
    frames: VecDeque<(FrameId, Bytes)>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, changes: Vec<Change>, now: Timestamp) {
        let container = container(changes, now);
        let mut hub = self.lock();
        let id = FrameId::next(hub.frames.back().map(|(id, _)| *id), now.as_second());
        let frame = Bytes::from(format!("id: {}:{}\ndata: {container}\n\n", id.second, id.number));
        // A client that does not read loses its stream rather than the bridge its memory.
        hub.streams.retain(|stream| stream.try_send(frame.clone()).is_ok());
        hub.frames.push_back((id, frame));
        if hub.frames.len() > REPLAYED {
            hub.frames.pop_front();
        }
    }

    fn subscribe(&self, after: Option<&str>) -> ReceiverStream<Bytes> {
        let (stream, frames) = mpsc::channel(BEHIND);
        let mut hub = self.lock();
        // The channel is new and has room for more than is replayed.
        let _ = stream.try_send(Bytes::from_static(b": hi\n\n"));
        if let Some(after) = after.and_then(FrameId::parse) {
            for (_, frame) in hub.frames.iter().filter(|(id, _)| *id > after) {
                let _ = stream.try_send(frame.clone());
            }
        }
        hub.streams.retain(|stream| !stream.is_closed());
        hub.streams.push(stream);
        ReceiverStream::new(frames)
    }
}

/// `<unix second>:<number within that second>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FrameId {
    second: i64,
    number: u32,
}

impl FrameId {
    fn next(last: Option<Self>, second: i64) -> Self {
        match last {
            // Also when the clock was set back: ids only grow.
            Some(last) if last.second >= second => Self { number: last.number + 1, ..last },
            _ => Self { second, number: 0 },
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (second, number) = text.trim().split_once(':')?;
        Some(Self { second: second.parse().ok()?, number: number.parse().ok()? })
    }
}

/// The `data` of a frame: changes of one kind and resource type together are one event, aggregates last.
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
    use crate::clock::Clock;

    const INTERVAL: Duration = Duration::from_secs(1);

    fn events() -> (Events, Time) {
        let time = Time::new(Clock::Stepped);
        (Events::new(time.clone(), INTERVAL), time)
    }

    /// Lets the interval pass.
    fn step(events: &Events, time: &Time) {
        time.reach(time.now() + INTERVAL);
        events.flush();
    }

    fn brightness(rtype: &str, id: &str, value: f64) -> Change {
        Change::Update(json!({"id": id, "type": rtype}), "dimming".into(), json!({"brightness": value}))
    }

    /// What has arrived since the last call, without the greeting.
    fn frames(stream: &mut ReceiverStream<Bytes>) -> Vec<Value> {
        let texts = std::iter::from_fn(|| stream.next().now_or_never().flatten());
        let texts = texts.map(|frame| String::from_utf8_lossy(&frame).into_owned()).filter(|text| text != ": hi\n\n");
        texts.map(|text| serde_json::from_str(text.split_once("data: ").expect("data").1).expect("JSON")).collect()
    }

    #[test]
    fn the_first_change_goes_at_once_and_the_aggregate_an_interval_later() {
        let (events, time) = events();
        let mut stream = events.subscribe(None);
        events.publish(vec![brightness("light", "1", 10.0)], vec![brightness("grouped_light", "2", 10.0)]);
        let first = frames(&mut stream);
        assert_eq!((first.len(), &first[0][0]["data"][0]["type"]), (1, &json!("light")));
        assert_eq!(events.due(), Some(INTERVAL));
        step(&events, &time);
        let second = frames(&mut stream);
        assert_eq!((second.len(), &second[0][0]["data"][0]["type"]), (1, &json!("grouped_light")));
        assert_eq!(events.due(), None);
    }

    #[test]
    fn of_two_changes_within_the_interval_the_last_state_is_told_once() {
        let (events, time) = events();
        let mut stream = events.subscribe(None);
        for value in [1.0, 2.0, 3.0] {
            events.publish(vec![brightness("light", "1", value)], vec![]);
        }
        step(&events, &time);
        let frames = frames(&mut stream);
        assert_eq!(frames[0][0]["data"][0]["dimming"]["brightness"], 1.0);
        assert_eq!(frames[1][0]["data"], json!([{"id": "1", "type": "light", "dimming": {"brightness": 3.0}}]));
        assert_eq!(frames[1][0]["creationtime"], "2026-01-05T08:00:01Z");
    }

    #[test]
    fn a_client_that_comes_back_gets_the_last_15_frames_at_most() {
        let (events, time) = events();
        for value in 0..20 {
            events.publish(vec![brightness("light", "1", f64::from(value))], vec![]);
            step(&events, &time);
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
