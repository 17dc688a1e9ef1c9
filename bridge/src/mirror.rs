//! Mirrors the home: one request fills it, the event stream keeps it up to date.
//!
//! One task writes; readers never wait. The stream is opened before all resources are loaded, so that no change is missed
//! between. When the stream ends, all resources are loaded again, because the bridge replays only some frames.

mod backoff;
mod live_stream;
mod merge;
mod reader;
mod snapshot;
mod stream_health;
mod writer;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use backoff::ReconnectBackoff;
use live_stream::{FinishedReload, LiveEvent, LiveStream};
pub(crate) use reader::MirrorReader;
use reader::{RefreshRequest, closed_error};
pub use snapshot::Connection;
pub(crate) use snapshot::Snapshot;
use stream_health::StreamHealth;
use writer::SnapshotWriter;

use crate::{
    attempt_error::AttemptError,
    budget::Cost,
    client::{EventBody, Reply},
    clip::{Event, Request},
    error::Error,
    paced_client::PacedClient,
    relocate::Relocation,
};

/// Limits the time to load all resources, turns in the budget's queue included.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);
const MAX_QUEUED_REFRESHES: usize = 16;

/// The task that writes.
struct Mirror {
    client: PacedClient,
    writer: SnapshotWriter,
    refresh_requests: mpsc::Receiver<RefreshRequest>,
    silence_timeout: Duration,
    relocation: Option<Relocation>,
    /// Holds the requests that waited for a reload when the stream ended. The next load answers them.
    unanswered: Vec<RefreshRequest>,
    backoff: ReconnectBackoff,
}

/// Says how long the mirror waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MirrorConfig {
    /// The longest pause between attempts to reach a bridge that is gone.
    pub(crate) max_reconnect_delay: Duration,
    /// The time without any event after which the stream is checked by a reload.
    pub(crate) silence_timeout: Duration,
}

/// The phases of the connection, each with what it needs.
enum State {
    Connecting,
    Loading { stream: EventBody },
    Live { stream: EventBody, since: Instant },
    Down { reason: AttemptError },
}

/// Starts the task, which ends when `stop` is cancelled.
pub(crate) fn start(
    client: PacedClient,
    config: MirrorConfig,
    relocation: Option<Relocation>,
    stop: CancellationToken,
) -> (MirrorReader, tokio::task::JoinHandle<()>) {
    let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let (revision, revisions) = watch::channel(0);
    let (refresh_sender, refresh_requests) = mpsc::channel(MAX_QUEUED_REFRESHES);
    let writer = SnapshotWriter::new(Arc::clone(&snapshot), revision);
    let mut mirror = Mirror {
        client,
        writer,
        refresh_requests,
        silence_timeout: config.silence_timeout,
        relocation,
        unanswered: Vec::new(),
        backoff: ReconnectBackoff::new(config.max_reconnect_delay),
    };
    let task = tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = mirror.run() => {}
        }
        mirror.writer.set_connection(Connection::Down(closed_error()));
    });
    (MirrorReader { snapshot, revision: revisions, refresh_requests: refresh_sender }, task)
}

impl Mirror {
    async fn run(&mut self) {
        let mut state = State::Connecting;
        loop {
            state = match state {
                State::Connecting => self.connect().await,
                State::Loading { stream } => self.load(stream).await,
                State::Live { stream, since } => self.follow_stream(stream, since).await,
                State::Down { reason } => self.wait_to_reconnect(reason).await,
            };
        }
    }

    async fn connect(&mut self) -> State {
        match self.client.open_event_stream(Instant::now() + LOAD_TIMEOUT).await {
            Ok(stream) => State::Loading { stream },
            Err(reason) => self.fail(reason),
        }
    }

    async fn load(&mut self, stream: EventBody) -> State {
        match self.load_all().await {
            Ok(reply) => {
                self.writer.replace_all(reply.envelope.data);
                tracing::info!(lights = self.writer.snapshot().home.lights.len(), "mirror is live");
                self.writer.set_connection(Connection::Live);
                self.relocation.as_mut().map(Relocation::on_connected);
                self.answer_requests(&Ok(()));
                State::Live { stream, since: Instant::now() }
            }
            Err(reason) => self.fail(reason),
        }
    }

    fn fail(&mut self, reason: AttemptError) -> State {
        self.answer_requests(&Err(reason.clone().into_read_error()));
        State::Down { reason }
    }

    /// Answers the requests that the end of a stream left open.
    fn answer_requests(&mut self, result: &Result<(), Error>) {
        for request in self.unanswered.drain(..) {
            let _ = request.send(result.clone());
        }
    }

    async fn follow_stream(&mut self, stream: EventBody, since: Instant) -> State {
        let mut live = LiveStream::new(stream, StreamHealth::new(self.silence_timeout, since));
        let next = loop {
            let event = live.next_event(&mut self.refresh_requests, &self.client).await;
            if let Some(next) = self.handle_event(&mut live, event) {
                break next;
            }
        };
        self.backoff.on_stream_ended(since.elapsed());
        self.unanswered.extend(live.close());
        next
    }

    /// Handles an event. Returns the next state if this one is over.
    fn handle_event(&mut self, live: &mut LiveStream, event: LiveEvent) -> Option<State> {
        match event {
            LiveEvent::Bytes(Ok(Some(bytes))) => match live.decode(&bytes) {
                Ok(frames) => self.apply_frames(&frames, &mut live.health),
                Err(error) => return Some(State::Down { reason: AttemptError::Protocol(error.to_string()) }),
            },
            LiveEvent::Bytes(Ok(None)) => {
                return Some(State::Down { reason: AttemptError::Connect("it ended the event stream".to_owned()) });
            }
            LiveEvent::Bytes(Err(reason)) => return Some(State::Down { reason }),
            LiveEvent::Refresh(request) => live.start_reload(self.load_all(), Some(request)),
            LiveEvent::Wrote => live.health.on_write(Instant::now()),
            LiveEvent::ReloadDue => live.start_reload(self.load_all(), None),
            LiveEvent::Reloaded(reload) => return self.finish_reload(live, reload),
        }
        None
    }

    /// Takes over the reloaded resources, then the frames that arrived meanwhile. Replaces a stream that withheld a
    /// change by a new one.
    fn finish_reload(&mut self, live: &mut LiveStream, reload: FinishedReload) -> Option<State> {
        let FinishedReload { result, request, held_frames } = reload;
        let before = Arc::clone(&self.writer.snapshot().home);
        let result = result.map(|reply| self.writer.replace_all(reply.envelope.data));
        let is_stream_silent = request.is_none()
            && live.health.is_silent()
            && held_frames.is_empty()
            && self.writer.snapshot().home != before;
        if is_stream_silent {
            tracing::warn!("event stream is open but delivers no events, opening another");
        }
        let next = match (request, result) {
            (Some(request), result) => {
                // The reader may have gone; the home is newer all the same.
                let _ = request.send(result.map_err(AttemptError::into_read_error));
                None
            }
            (None, Err(reason)) => Some(State::Down { reason }),
            (None, Ok(())) => {
                live.health.on_reloaded(Instant::now());
                is_stream_silent.then_some(State::Connecting)
            }
        };
        self.apply_frames(&held_frames, &mut live.health);
        next
    }

    /// Publishes the reason, refuses requests, and waits before the next attempt, or searches for the bridge elsewhere.
    async fn wait_to_reconnect(&mut self, reason: AttemptError) -> State {
        let search =
            self.relocation.as_mut().and_then(|relocation| relocation.should_search(&reason).then_some(relocation));
        let error = reason.into_read_error();
        let error = if search.is_some() { with_search_note(error) } else { error };
        let delay = self.backoff.next_delay();
        tracing::warn!(%error, ?delay, "event stream lost, reconnecting");
        self.writer.set_connection(Connection::Down(error.clone()));
        let refuse_requests = async {
            while let Some(request) = self.refresh_requests.recv().await {
                let _ = request.send(Err(error.clone()));
            }
        };
        let search_or_sleep = async {
            match search {
                Some(relocation) => relocation.search(&self.client).await,
                None => sleep(delay).await,
            }
        };
        tokio::select! {
            () = refuse_requests => {}
            () = search_or_sleep => {}
        }
        State::Connecting
    }

    /// Loads all resources.
    fn load_all(&self) -> BoxFuture<'static, Result<Reply, AttemptError>> {
        let client = self.client.clone();
        let load = async move {
            let deadline = Instant::now() + LOAD_TIMEOUT;
            client.send_checked(&Request::get_all(), Cost::REQUEST_ONLY, true, deadline, check_home).await
        };
        load.boxed()
    }

    fn apply_frames(&mut self, frames: &[String], health: &mut StreamHealth) {
        for frame in frames {
            match Event::read_all(frame) {
                Some(events) if self.writer.apply(&events) => {}
                _ => health.on_lost_frame(),
            }
        }
    }
}

/// Refuses a reply that cannot be a home: a bridge has at least itself, and one plausible light with an id if it has any. A
/// correct home that is old is worth more than an implausible new one.
fn check_home(reply: &Reply) -> Result<(), AttemptError> {
    let resources = &reply.envelope.data;
    if resources.is_empty() {
        let message = reply.envelope.message().unwrap_or_else(|| "a home without a single resource".to_owned());
        return Err(AttemptError::Malformed(message));
    }
    let mut lights = resources.iter().filter(|resource| resource["type"] == "light").peekable();
    if lights.peek().is_some() && !lights.any(|light| merge::is_plausible(light) && light["id"].is_string()) {
        return Err(AttemptError::Malformed("lights that cannot be understood".to_owned()));
    }
    Ok(())
}

/// Adds to an error that a search runs; an error about another bridge's identity is more important and stays.
fn with_search_note(error: Error) -> Error {
    match error {
        Error::Unavailable { reason, retry_after } => {
            Error::Unavailable { reason: format!("{reason}; looking for it at other addresses"), retry_after }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationKey, Config, Identity, client::Client};

    /// Returns an address where no server listens, for as long as the socket lives.
    fn nowhere() -> (tokio::net::TcpSocket, String) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = socket.local_addr().expect("an address").to_string();
        (socket, address)
    }

    #[test]
    fn a_reply_whose_lights_all_lack_their_id_is_no_home() {
        let reply = |light: serde_json::Value| {
            let body = serde_json::json!({"data": [{"id": "b", "type": "bridge"}, light]});
            let envelope = serde_json::from_value(body).expect("an envelope");
            check_home(&Reply { envelope, ..Reply::default() })
        };
        assert_eq!(reply(serde_json::json!({"id": "l", "type": "light"})), Ok(()));
        assert!(matches!(reply(serde_json::json!({"type": "light"})), Err(AttemptError::Malformed(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_is_gone_for_an_hour_is_tried_less_and_less_often_and_never_given_up() {
        let (_held, host) = nowhere();
        let config = Config::new(host, "001788fffe000001", ApplicationKey::new("key"), Identity::Signify);
        let (connecting, longest) = (config.client.connect_timeout, config.max_reconnect_delay);
        let mirror_config = MirrorConfig { max_reconnect_delay: longest, silence_timeout: config.silence_timeout };
        let client = PacedClient::new(Client::new(config.client).expect("a configuration"));
        let stop = CancellationToken::new();
        let (reader, task) = start(client.clone(), mirror_config, None, stop.clone());
        let (begun, mut told, mut failures) = (Instant::now(), reader.revision(), Vec::new());
        while begun.elapsed() < Duration::from_hours(1) {
            told.changed().await.expect("the mirror lives");
            assert!(matches!(reader.snapshot().connection, Connection::Down(Error::Unavailable { .. })));
            failures.push(begun.elapsed());
        }
        let pauses: Vec<Duration> = failures.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(pauses[0] < Duration::from_secs(1) + connecting, "soon at first: {pauses:?}");
        assert!(pauses.iter().skip(8).all(|pause| *pause >= longest / 2), "in peace later: {pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= longest + connecting), "never given up: {pauses:?}");
        assert_eq!(
            client.traffic().sent,
            u64::try_from(failures.len()).expect("a number"),
            "one request for each attempt"
        );
        stop.cancel();
        task.await.expect("an end");
    }
}
