//! The event stream: a throttle that collects changes into containers, and the open streams they go to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use crate::change::Change;

/// How many frames a client that comes back can have again.
const REPLAYED: usize = 15;
/// How far a client may be behind before its stream is closed.
const BEHIND: usize = 256;

/// Where changes go in. Clones feed the same streams.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    inbox: mpsc::UnboundedSender<Batch>,
    hub: Arc<Hub>,
}

/// The changes of one request.
#[derive(Debug)]
struct Batch {
    /// What goes out as soon as the throttle allows.
    now: Vec<Change>,
    /// What the bridge works out afterwards, for the next container.
    later: Vec<Change>,
}

impl Events {
    /// Starts the throttle; it ends when the last clone is dropped.
    pub(crate) fn start(interval: Duration) -> Self {
        let (inbox, batches) = mpsc::unbounded_channel();
        let hub = Arc::new(Hub::default());
        tokio::spawn(throttle(batches, Arc::clone(&hub), interval));
        Self { inbox, hub }
    }

    /// Tells the streams; `later` comes one container after `now`.
    pub(crate) fn publish(&self, now: Vec<Change>, later: Vec<Change>) {
        // Fails only when the runtime is shutting down, and then nobody listens.
        let _ = self.inbox.send(Batch { now, later });
    }

    /// Opens a stream, beginning after the frame with this id if it is still known.
    pub(crate) fn subscribe(&self, after: Option<&str>) -> ReceiverStream<Bytes> {
        self.hub.subscribe(after)
    }

    /// Ends all open streams.
    pub(crate) fn close_streams(&self) {
        self.hub.lock().streams.clear();
    }

    pub(crate) fn stream_count(&self) -> usize {
        self.hub.lock().streams.iter().filter(|stream| !stream.is_closed()).count()
    }
}

/// Lets one container out per interval: the first at once, what comes meanwhile when the interval is over.
async fn throttle(mut batches: mpsc::UnboundedReceiver<Batch>, hub: Arc<Hub>, interval: Duration) {
    let mut pending = Vec::new();
    let mut allowed = Instant::now();
    loop {
        tokio::select! {
            () = sleep_until(allowed), if !pending.is_empty() => {
                hub.send(std::mem::take(&mut pending));
                allowed = Instant::now() + interval;
            }
            batch = batches.recv() => {
                let Some(Batch { now, later }) = batch else { return };
                collect(&mut pending, now);
                if Instant::now() >= allowed && !pending.is_empty() {
                    hub.send(std::mem::take(&mut pending));
                    allowed = Instant::now() + interval;
                }
                collect(&mut pending, later);
            }
        }
    }
}

/// Adds changes to a container; of a property that changed twice, only the last state is told.
fn collect(pending: &mut Vec<Change>, changes: Vec<Change>) {
    for change in changes {
        match pending.iter_mut().find(|earlier| change.replaces(earlier)) {
            Some(earlier) => *earlier = change,
            None => pending.push(change),
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
    fn lock(&self) -> std::sync::MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, changes: Vec<Change>) {
        let container = container(changes);
        let mut hub = self.lock();
        let id = FrameId::next(hub.frames.back().map(|(id, _)| *id), Timestamp::now().as_second());
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
fn container(changes: Vec<Change>) -> Value {
    let mut events: Vec<(&'static str, String, Vec<Value>)> = Vec::new();
    for change in changes {
        let (kind, rtype) = (change.kind(), change.rtype());
        match events.iter_mut().find(|(k, t, _)| *k == kind && t == rtype) {
            Some((_, _, data)) => data.push(change.entry()),
            None => events.push((kind, rtype.to_owned(), vec![change.entry()])),
        }
    }
    events.sort_by_key(|(_, rtype, _)| rtype == "grouped_light");
    let now = Timestamp::now().round(Unit::Second).unwrap_or_else(|_| Timestamp::now()).to_string();
    let event = |(kind, _, data)| json!({"creationtime": now, "data": data, "id": Uuid::new_v4(), "type": kind});
    events.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    /// Longer than a busy machine takes to send the first frame.
    const INTERVAL: Duration = Duration::from_millis(500);

    fn brightness(rtype: &str, id: &str, value: f64) -> Change {
        Change::Update(json!({"id": id, "type": rtype}), "dimming".into(), json!({"brightness": value}))
    }

    fn data(frame: &Bytes) -> Value {
        let text = String::from_utf8_lossy(frame);
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("a data line");
        serde_json::from_str(data).expect("JSON")
    }

    #[tokio::test]
    async fn the_first_change_goes_at_once_and_the_aggregate_an_interval_later() {
        let events = Events::start(INTERVAL);
        let mut stream = events.subscribe(None);
        assert_eq!(stream.next().await.expect("hi"), ": hi\n\n");
        let start = Instant::now();
        events.publish(vec![brightness("light", "1", 10.0)], vec![brightness("grouped_light", "2", 10.0)]);
        assert_eq!(data(&stream.next().await.expect("a frame"))[0]["data"][0]["type"], "light");
        assert!(start.elapsed() < INTERVAL);
        assert_eq!(data(&stream.next().await.expect("a frame"))[0]["data"][0]["type"], "grouped_light");
        assert!(start.elapsed() >= INTERVAL);
    }

    #[tokio::test]
    async fn of_two_changes_within_the_interval_the_last_state_is_told_once() {
        let events = Events::start(INTERVAL);
        let mut stream = events.subscribe(None);
        for value in [1.0, 2.0, 3.0] {
            events.publish(vec![brightness("light", "1", value)], vec![]);
        }
        let frames: Vec<_> =
            [stream.next().await, stream.next().await, stream.next().await].into_iter().flatten().collect();
        assert_eq!(data(&frames[1])[0]["data"][0]["dimming"]["brightness"], 1.0);
        assert_eq!(data(&frames[2])[0]["data"], json!([{"id": "1", "type": "light", "dimming": {"brightness": 3.0}}]));
    }

    #[tokio::test]
    async fn a_client_that_comes_back_gets_the_last_15_frames_at_most() {
        let events = Events::start(Duration::from_millis(1));
        let mut first = events.subscribe(None);
        first.next().await.expect("hi");
        for value in 0..20 {
            events.publish(vec![brightness("light", "1", f64::from(value))], vec![]);
            first.next().await.expect("a frame");
        }
        let mut again = events.subscribe(Some("1:0"));
        again.next().await.expect("hi");
        assert_eq!(data(&again.next().await.expect("a frame"))[0]["data"][0]["dimming"]["brightness"], 5.0);
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
