//! The home, mirrored: filled by one request, kept by the event stream.
//!
//! One task writes, everybody reads without waiting. The stream is opened before the bridge is asked for everything, so
//! that nothing is missed between; when it ends, everything is loaded anew, as the bridge replays only some frames.

mod doubt;
mod live;
mod store;

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use doubt::Doubt;
use live::{Live, Loaded, Wake};
pub(crate) use store::Snapshot;
use store::Store;

use crate::{
    budget::Cost,
    client::{EventBody, Reply},
    clip::{Event, Request},
    error::Error,
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
    /// Those who asked for everything when the stream ended: the next loading is theirs.
    waiting: Vec<Order>,
    /// Attempts that failed since the last good stream.
    failures: u32,
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
    let mut mirror = Mirror { gate, store, orders: order, patience, relocation, waiting: Vec::new(), failures: 0 };
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
            Err(reason) => self.failed(reason),
        }
    }

    async fn load(&mut self, stream: EventBody) -> State {
        match self.everything().await {
            Ok(reply) => {
                self.store.replace(reply.envelope.data);
                tracing::info!(lights = self.store.snapshot().home.lights.len(), "the mirror is live");
                self.store.connection(Connection::Live);
                self.relocation.as_mut().map(Relocation::back);
                self.answer(&Ok(()));
                State::Live { stream, since: Instant::now() }
            }
            Err(reason) => self.failed(reason),
        }
    }

    fn failed(&mut self, reason: Failure) -> State {
        self.answer(&Err(reason.clone().of_reading()));
        State::Down { reason }
    }

    /// Answers those whom the end of a stream left waiting.
    fn answer(&mut self, result: &Result<(), Error>) {
        for order in self.waiting.drain(..) {
            let _ = order.send(result.clone());
        }
    }

    async fn follow(&mut self, stream: EventBody, since: Instant) -> State {
        let mut live = Live::new(stream, Doubt::new(self.patience.silence, since));
        let next = loop {
            let wake = live.wake(&mut self.orders, &self.gate).await;
            if let Some(next) = self.react(&mut live, wake) {
                break next;
            }
        };
        if since.elapsed() >= HELD {
            self.failures = 0;
        }
        self.waiting.extend(live.end());
        next
    }

    /// Does what is to be done; returns the next phase, if this one is over.
    fn react(&mut self, live: &mut Live, wake: Wake) -> Option<State> {
        match wake {
            Wake::Bytes(Ok(Some(bytes))) => match live.frames(&bytes) {
                Ok(frames) => self.take(&frames, &mut live.doubt),
                Err(error) => return Some(State::Down { reason: Failure::Protocol(error.to_string()) }),
            },
            Wake::Bytes(Ok(None)) => {
                return Some(State::Down { reason: Failure::Connect("it ended the event stream".to_owned()) });
            }
            Wake::Bytes(Err(reason)) => return Some(State::Down { reason }),
            Wake::Order(order) => live.load(self.everything(), Some(order)),
            Wake::Wrote => live.doubt.wrote(Instant::now()),
            Wake::Doubt => live.load(self.everything(), None),
            Wake::Loaded(loaded) => return self.loaded(live, loaded),
        }
        None
    }

    /// Takes everything, and then what the stream told meanwhile. A stream that kept a change to itself is given up for
    /// another.
    fn loaded(&mut self, live: &mut Live, loaded: Loaded) -> Option<State> {
        let Loaded { result, order, held } = loaded;
        let before = Arc::clone(&self.store.snapshot().home);
        let result = result.map(|reply| self.store.replace(reply.envelope.data));
        let kept =
            order.is_none() && live.doubt.suspects_silence() && held.is_empty() && self.store.snapshot().home != before;
        if kept {
            tracing::warn!("the event stream is open and tells nothing; opens another");
        }
        let next = match (order, result) {
            (Some(order), result) => {
                // Whoever asked may have gone; the home is newer all the same.
                let _ = order.send(result.map_err(Failure::of_reading));
                None
            }
            (None, Err(reason)) => Some(State::Down { reason }),
            (None, Ok(())) => {
                live.doubt.settled(Instant::now());
                kept.then_some(State::Connecting)
            }
        };
        self.take(&held, &mut live.doubt);
        next
    }

    /// Tells everybody, refuses orders, and waits a little before the next attempt, or looks for the bridge elsewhere.
    async fn wait(&mut self, reason: Failure) -> State {
        let search = self.relocation.as_mut().and_then(|relocation| relocation.is_due(&reason).then_some(relocation));
        let error = if search.is_some() { searched_for(reason.of_reading()) } else { reason.of_reading() };
        let pause = retry::pause(self.failures, FIRST_PAUSE, self.patience.reconnect_pause);
        tracing::warn!(%error, ?pause, "the mirror is stale; connects again after a pause");
        self.failures = self.failures.saturating_add(1);
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

    /// Asks for everything.
    fn everything(&self) -> BoxFuture<'static, Result<Reply, Failure>> {
        let gate = self.gate.clone();
        let all = async move {
            let deadline = Instant::now() + LOADING;
            gate.send_checked(&Request::get_all(), Cost::REQUEST, true, deadline, is_home).await
        };
        all.boxed()
    }

    fn take(&mut self, frames: &[String], doubt: &mut Doubt) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationKey, Config, Identity, client::Client};

    /// Where nobody listens, for as long as the socket lives.
    fn nowhere() -> (tokio::net::TcpSocket, String) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = socket.local_addr().expect("an address").to_string();
        (socket, address)
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_is_gone_for_an_hour_is_tried_less_and_less_often_and_never_given_up() {
        let (_held, host) = nowhere();
        let config = Config::new(host, "001788fffe000001", ApplicationKey::new("key"), Identity::Signify);
        let (connecting, longest) = (config.connect_timeout, config.reconnect_pause);
        let patience = Patience { reconnect_pause: longest, silence: config.silence };
        let gate = Gate::new(Client::new(config).expect("a configuration"));
        let stop = CancellationToken::new();
        let (reader, task) = start(gate.clone(), patience, None, stop.clone());
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
        assert_eq!(gate.sent(), u64::try_from(failures.len()).expect("a number"), "one request for each attempt");
        stop.cancel();
        task.await.expect("an end");
    }
}
