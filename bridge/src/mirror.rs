//! The home, mirrored: filled by one request, kept by the event stream.
//!
//! One task writes, everybody reads without waiting. The stream is opened before the bridge is asked for everything, so
//! that nothing is missed between; when it ends, everything is loaded anew, as the bridge replays only some frames.

mod doubt;
mod store;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use doubt::Doubt;
pub(crate) use store::Snapshot;
use store::Store;

use crate::{
    budget::Cost,
    client::{EventBody, Reply},
    clip::{Event, Request},
    error::Error,
    events::Decoder,
    failure::Failure,
    gate::Gate,
    relocate::Relocation,
    retry,
};

/// How long loading everything may take, turns in the line included.
const LOADING: Duration = Duration::from_mins(1);
/// A stream that held this long was a good one: the next pause is a short one again.
const HELD: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Whether the mirror is fed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Connection {
    /// For the first time.
    Connecting,
    /// Filled, and the event stream is up.
    Live,
    /// The reason; it is tried again.
    Down(Error),
}

/// For readers: the newest snapshot, and its number. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reader {
    snapshot: Arc<ArcSwap<Snapshot>>,
    revision: watch::Receiver<u64>,
    orders: mpsc::Sender<Order>,
}

/// A wish to load everything anew; answered when that is done.
type Order = oneshot::Sender<Result<(), Error>>;

/// The task that writes.
struct Mirror {
    gate: Gate,
    store: Store,
    orders: mpsc::Receiver<Order>,
    patience: Patience,
    relocation: Option<Relocation>,
    /// Attempts that failed since the last good stream.
    failed: u32,
}

/// How long the mirror waits for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// The longest pause between attempts to reach a bridge that is gone.
    pub(crate) reconnect_pause: Duration,
    /// How long an event stream may say nothing before it is doubted.
    pub(crate) silence: Duration,
}

/// Where the connection is, with what that phase needs.
enum State {
    Connecting,
    Loading { stream: EventBody },
    Live { stream: EventBody, since: Instant },
    Down { reason: Failure },
}

/// What can wake a live mirror.
enum Wake {
    Bytes(Result<Option<bytes::Bytes>, Failure>),
    Order(Order),
    /// A change was sent to the bridge.
    Wrote,
    /// It is time to find out whether the stream is to be believed.
    Doubt,
}

/// Starts the task; it ends when `stop` is cancelled.
pub(crate) fn start(
    gate: Gate,
    patience: Patience,
    relocation: Option<Relocation>,
    stop: CancellationToken,
) -> (Reader, tokio::task::JoinHandle<()>) {
    let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let (revision, revisions) = watch::channel(0);
    let (orders, order) = mpsc::channel(16);
    let store = Store::new(Arc::clone(&snapshot), revision);
    let mut mirror = Mirror { gate, store, orders: order, patience, relocation, failed: 0 };
    let task = tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = mirror.run() => {}
        }
        mirror.store.connection(Connection::Down(Error::Unavailable {
            reason: "the connection was closed".to_owned(),
            retry_after: None,
        }));
    });
    (Reader { snapshot, revision: revisions, orders }, task)
}

impl Reader {
    /// The newest snapshot.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Its number, to wait upon.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.clone()
    }

    /// Loads everything anew, and comes back when that is done.
    pub(crate) async fn refresh(&self) -> Result<(), Error> {
        let gone = || Error::Unavailable { reason: "the connection was closed".to_owned(), retry_after: None };
        let (done, answer) = oneshot::channel();
        self.orders.send(done).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Mirror {
    async fn run(&mut self) {
        let mut state = State::Connecting;
        loop {
            state = match state {
                State::Connecting => self.connect().await,
                State::Loading { stream } => self.load(stream).await,
                State::Live { stream, since } => self.follow(stream, since).await,
                State::Down { reason } => self.wait(reason).await,
            };
        }
    }

    async fn connect(&mut self) -> State {
        match self.gate.events(Instant::now() + LOADING).await {
            Ok(stream) => State::Loading { stream },
            Err(reason) => State::Down { reason },
        }
    }

    async fn load(&mut self, stream: EventBody) -> State {
        match self.get_all().await {
            Ok(()) => {
                tracing::info!(lights = self.store.snapshot().home.lights.len(), "the mirror is live");
                self.store.connection(Connection::Live);
                self.relocation.as_mut().map(Relocation::back);
                State::Live { stream, since: Instant::now() }
            }
            Err(reason) => State::Down { reason },
        }
    }

    async fn follow(&mut self, mut stream: EventBody, since: Instant) -> State {
        let mut decoder = Decoder::default();
        let mut doubt = Doubt::new(self.patience.silence, since);
        let next = loop {
            let wake = tokio::select! {
                bytes = stream.next() => Wake::Bytes(bytes),
                Some(order) = self.orders.recv() => Wake::Order(order),
                () = self.gate.wrote() => Wake::Wrote,
                () = sleep_until(doubt.due()) => Wake::Doubt,
            };
            match wake {
                Wake::Bytes(Ok(Some(bytes))) => match decoder.push(&bytes) {
                    Ok(frames) => self.take(&frames, &mut doubt),
                    Err(error) => break State::Down { reason: Failure::Protocol(error.to_string()) },
                },
                Wake::Bytes(Ok(None)) => {
                    break State::Down { reason: Failure::Connect("it ended the event stream".to_owned()) };
                }
                Wake::Bytes(Err(reason)) => break State::Down { reason },
                Wake::Order(order) => self.serve(order).await,
                Wake::Wrote => doubt.wrote(Instant::now()),
                Wake::Doubt => match self.check(&mut doubt).await {
                    Ok(()) => {}
                    Err(next) => break next,
                },
            }
        };
        if since.elapsed() >= HELD {
            self.failed = 0;
        }
        next
    }

    /// Asks for everything. A stream that kept a change to itself is given up for another.
    async fn check(&mut self, doubt: &mut Doubt) -> Result<(), State> {
        let before = Arc::clone(&self.store.snapshot().home);
        self.get_all().await.map_err(|reason| State::Down { reason })?;
        let mute = doubt.suspects_silence() && self.store.snapshot().home != before;
        doubt.settled(Instant::now());
        if mute {
            tracing::warn!("the event stream is open and tells nothing; opens another");
            return Err(State::Connecting);
        }
        Ok(())
    }

    /// Tells everybody, refuses orders, and waits a little before the next attempt, or looks for the bridge elsewhere.
    async fn wait(&mut self, reason: Failure) -> State {
        let search = self.relocation.as_mut().and_then(|relocation| relocation.is_due(&reason).then_some(relocation));
        let error = if search.is_some() { searched_for(reason.of_reading()) } else { reason.of_reading() };
        let pause = retry::pause(self.failed, FIRST_PAUSE, self.patience.reconnect_pause);
        tracing::warn!(%error, ?pause, "the mirror is stale; connects again after a pause");
        self.failed = self.failed.saturating_add(1);
        self.store.connection(Connection::Down(error.clone()));
        let refuse = async {
            while let Some(order) = self.orders.recv().await {
                let _ = order.send(Err(error.clone()));
            }
        };
        let rest = async {
            match search {
                Some(relocation) => relocation.look(&self.gate).await,
                None => sleep(pause).await,
            }
        };
        tokio::select! {
            () = refuse => {}
            () = rest => {}
        }
        State::Connecting
    }

    async fn serve(&mut self, order: Order) {
        let result = self.get_all().await.map_err(Failure::of_reading);
        // Whoever asked may have gone; the home is newer all the same.
        let _ = order.send(result);
    }

    async fn get_all(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + LOADING;
        let reply = self.gate.send_checked(&Request::get_all(), Cost::REQUEST, true, deadline, is_home).await?;
        self.store.replace(reply.envelope.data);
        Ok(())
    }

    fn take(&mut self, frames: &[String], doubt: &mut Doubt) {
        doubt.heard(Instant::now());
        for frame in frames {
            match Event::read_all(frame) {
                Some(events) if self.store.apply(&events) => {}
                _ => doubt.lost(),
            }
        }
    }
}

/// A bridge has at least itself, and can tell of at least one of its lights. What a mirror is to be filled with has to
/// make some sense: a home that was right, and is old, is worth more than one of nonsense.
fn is_home(reply: &Reply) -> Result<(), Failure> {
    let resources = &reply.envelope.data;
    if resources.is_empty() {
        let words = reply.envelope.message().unwrap_or_else(|| "a home without a single resource".to_owned());
        return Err(Failure::Garbled(words));
    }
    let mut lights = resources.iter().filter(|resource| resource["type"] == "light").peekable();
    if lights.peek().is_some() && !lights.any(store::makes_sense) {
        return Err(Failure::Garbled("lights that cannot be understood".to_owned()));
    }
    Ok(())
}

/// Where somebody else is in the bridge's place, that is the more important word.
fn searched_for(error: Error) -> Error {
    match error {
        Error::Unavailable { reason, retry_after } => {
            Error::Unavailable { reason: format!("{reason}; it is looked for at other addresses"), retry_after }
        }
        error => error,
    }
}

/// Waits until a condition on the snapshot holds. Level-triggered: looks before it waits.
pub(crate) async fn until<T>(reader: &Reader, mut look: impl FnMut(&Snapshot) -> Option<T>) -> T {
    let mut revision = reader.revision();
    loop {
        revision.mark_unchanged();
        if let Some(found) = look(&reader.snapshot()) {
            return found;
        }
        if revision.changed().await.is_err() {
            // The writer is gone: nothing will change any more, and the caller's own deadline ends this.
            std::future::pending::<()>().await;
        }
    }
}
