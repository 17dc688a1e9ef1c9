//! The handle on a bridge: reading, planning, applying.

use std::{sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{timeout, timeout_at},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    attempt_error::AttemptError,
    budget::{Caller, Cost},
    change::{Command, Plan},
    client::Client,
    config::Config,
    error::Error,
    home::Home,
    memory::Memory,
    mirror::{self, Connection, MirrorConfig, MirrorReader},
    paced_client::{PacedClient, to_tokio_instant},
    plan::{self, Known},
    relocate::Relocation,
    status::Status,
};

/// A connection to one bridge. Cheap to clone; all clones share the mirror and the budget, whoever spends from it.
///
/// When the last clone is dropped, the background task ends; [`Bridge::shutdown`] ends it earlier.
#[derive(Clone)]
pub struct Bridge {
    inner: Arc<Inner>,
    /// This handle's way to the bridge: what goes through it is its caller's.
    client: PacedClient,
}

struct Inner {
    reader: MirrorReader,
    /// Whether the bridge is looked for elsewhere when somebody else is in its place.
    may_move: bool,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
    memory: Mutex<Memory>,
    /// Stops the task when the last handle goes.
    _guard: DropGuard,
}

/// The home, and what it is worth.
#[derive(Clone, Debug)]
pub struct View {
    /// One consistent copy. Empty before it was first filled.
    pub home: Arc<Home>,
    /// How old it is.
    pub freshness: Freshness,
}

/// What a copy of the home is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Since the bridge last confirmed it, by an event or by a live event stream. `None`: it was never filled.
    pub age: Option<Duration>,
    /// The event stream is down, so that changes may have been missed.
    pub stale: bool,
}

impl Bridge {
    /// Connects in the background and returns at once. Needs a tokio runtime.
    ///
    /// An error only if the configuration makes no sense.
    pub fn connect(config: Config) -> Result<Self, Error> {
        let Config { client, max_reconnect_delay, silence_timeout, rediscovery } = config;
        check_id(&client.bridge_id)?;
        let mirror_config = MirrorConfig { max_reconnect_delay, silence_timeout };
        let relocation = rediscovery.map(|rediscovery| Relocation::new(client.bridge_id.to_lowercase(), rediscovery));
        let may_move = relocation.is_some();
        let client = PacedClient::new(Client::new(client)?);
        let stop = CancellationToken::new();
        let (reader, task) = mirror::start(client.for_caller(Caller::MIRROR), mirror_config, relocation, stop.clone());
        let inner = Inner {
            reader,
            may_move,
            _guard: stop.clone().drop_guard(),
            stop,
            task: Mutex::new(Some(task)),
            memory: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner), client })
    }

    /// The same bridge, spending from its budget under a caller's name. Callers take fair turns, however many requests
    /// each of them has waiting; all handles without a name are one caller, and the mirror's own reads are another.
    #[must_use]
    pub fn for_caller(&self, caller: impl Into<Caller>) -> Self {
        Self { inner: Arc::clone(&self.inner), client: self.client.for_caller(caller.into()) }
    }

    /// Waits until the mirror is filled and the bridge can be written to. Ends early with a reason that waiting does
    /// not heal: a wrong key, a wrong certificate.
    pub async fn ready(&self, within: Duration) -> Result<(), Error> {
        let filled = self.inner.reader.wait_for(|snapshot| match &snapshot.connection {
            // Filled, but what is written now would still be refused.
            Connection::Connecting => None,
            _ if snapshot.confirmed.is_some() => Some(Ok(())),
            Connection::Down(Error::Identity(_)) if self.inner.may_move => None,
            Connection::Down(error @ (Error::Unauthorized | Error::Identity(_))) => Some(Err(error.clone())),
            Connection::Live | Connection::Down(_) => None,
        });
        match timeout(within, filled).await {
            Ok(result) => result,
            Err(_) => match &self.inner.reader.snapshot().connection {
                Connection::Down(error) => Err(error.clone()),
                _ => Err(unavailable("it has not answered yet")),
            },
        }
    }

    /// The home as it is mirrored now.
    pub fn view(&self) -> View {
        let snapshot = self.inner.reader.snapshot();
        let stale = snapshot.connection != Connection::Live;
        View { home: Arc::clone(&snapshot.home), freshness: Freshness { age: snapshot.age(), stale } }
    }

    /// Loads everything anew. Spends one request of the budget.
    pub async fn refresh(&self, deadline: std::time::Instant) -> Result<(), Error> {
        self.check_live()?;
        let late = |_| Err(AttemptError::Timeout.into_read_error());
        timeout_at(to_tokio_instant(deadline), self.inner.reader.refresh()).await.unwrap_or_else(late)
    }

    /// A number that grows with each change of the mirror or its connection.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.reader.revision()
    }

    /// What [`Bridge::apply`] would do now.
    pub fn plan(&self, commands: &[Command]) -> Result<Plan, Error> {
        let snapshot = self.inner.reader.snapshot();
        if snapshot.confirmed.is_none() {
            return Err(self.check_live().err().unwrap_or_else(|| unavailable("it has not answered yet")));
        }
        let overlay = self.memory().overlay(&snapshot);
        let wait = |costs: &[Cost]| self.client.forecast_turn(costs);
        plan::plan(Known { home: &snapshot.home, overlay: &overlay, wait: &wait }, commands)
    }

    /// Where the bridge is, and where it is found later: an address, with a port if it is not 443. Whoever stores it
    /// has a faster start the next time.
    pub fn address(&self) -> watch::Receiver<String> {
        self.client.host()
    }

    /// How it is.
    pub fn status(&self) -> Status {
        Status::new(&self.inner.reader.snapshot(), &self.client)
    }

    /// Ends the background task and waits for its end. Reads still answer, marked stale.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        let task = self.inner.task.lock().take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    pub(crate) fn client(&self) -> &PacedClient {
        &self.client
    }

    pub(crate) fn reader(&self) -> &MirrorReader {
        &self.inner.reader
    }

    /// The home, if the bridge is there to be written to.
    pub(crate) fn writable_home(&self) -> Result<Arc<Home>, Error> {
        self.check_live()?;
        Ok(Arc::clone(&self.inner.reader.snapshot().home))
    }

    /// Writes fail at once when the event stream is down: what became of them could not be told.
    pub(crate) fn check_live(&self) -> Result<(), Error> {
        match &self.inner.reader.snapshot().connection {
            Connection::Live => Ok(()),
            Connection::Connecting => Err(unavailable("it is being connected")),
            Connection::Down(error) => Err(error.clone()),
        }
    }

    /// What was done to the lights. Held for a line or two, never across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.inner.memory.lock()
    }
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge").finish_non_exhaustive()
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    if id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::Invalid("a bridge id has 16 hexadecimal digits".to_owned()))
}

fn unavailable(reason: &str) -> Error {
    Error::Unavailable { reason: reason.to_owned(), retry_after: Some(Duration::from_secs(1)) }
}
