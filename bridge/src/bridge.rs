//! The handle on a bridge. All methods of [`Bridge`] stand here; longer ones delegate to the module of their subject.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{timeout, timeout_at},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    apply::Executor,
    attempt_error::AttemptError,
    budget::{Caller, Cost},
    change::{ApplyOptions, Command, Outcome, Plan},
    client::Client,
    config::Config,
    error::Error,
    home::{Home, Id},
    mirror::{self, Connection, MirrorConfig, MirrorReader},
    paced_client::{PacedClient, to_tokio_instant},
    pending_writes::PendingWrites,
    plan::{self, PlanContext},
    raw::{self, ClipReply, Method},
    relocate::Relocation,
    scenes::{self, NewScene, SceneChanges, SceneEdit, SceneEditPlan, SceneEditor},
    status::Status,
    tls::parse_bridge_id,
};

/// A connection to one bridge. Cheap to clone; all clones share the mirror and the budget.
///
/// When the last clone is dropped, the background task ends; [`Bridge::shutdown`] ends it earlier.
#[derive(Clone)]
pub struct Bridge {
    inner: Arc<Inner>,
    /// The client under this handle's caller: the budget counts its requests as that caller's.
    client: PacedClient,
}

struct Inner {
    reader: MirrorReader,
    /// Is set if the bridge is searched for elsewhere when another device answers in its place.
    may_move: bool,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
    pending: Mutex<PendingWrites>,
    /// Stops the task when the last handle is dropped.
    _guard: DropGuard,
}

/// A copy of the home that says how fresh it is.
#[derive(Clone, Debug)]
pub struct View {
    /// Holds one consistent copy. It is empty before it was first filled.
    pub home: Arc<Home>,
    /// Tells how old the copy is.
    pub freshness: Freshness,
}

/// The freshness of a copy: how old it is, and whether it may be outdated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The time since the bridge last confirmed it, by an event or by a live event stream. `None`: it was never filled.
    pub age: Option<Duration>,
    /// Is set while the event stream is down, so that changes may have been missed.
    pub stale: bool,
}

impl Bridge {
    /// Connects in the background and returns at once. Needs a tokio runtime.
    ///
    /// Fails only if the configuration makes no sense.
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
            pending: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner), client })
    }

    /// Returns a handle that spends from the same budget under a caller's name.
    ///
    /// Callers take fair turns, however many requests each of them has waiting. All handles without a name are one
    /// caller, and the mirror's own reads are another.
    #[must_use]
    pub fn for_caller(&self, caller: impl Into<Caller>) -> Self {
        Self { inner: Arc::clone(&self.inner), client: self.client.for_caller(caller.into()) }
    }

    /// Waits until the mirror is filled and the bridge can be written to. Fails early for a reason that waiting does
    /// not heal: a wrong key, a wrong certificate.
    pub async fn ready(&self, within: Duration) -> Result<(), Error> {
        let filled = self.inner.reader.wait_for(|snapshot| match &snapshot.connection {
            // The mirror may be filled, but a write would still be refused.
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

    /// Returns the home as it is mirrored now.
    pub fn view(&self) -> View {
        let snapshot = self.inner.reader.snapshot();
        let stale = snapshot.connection != Connection::Live;
        View { home: Arc::clone(&snapshot.home), freshness: Freshness { age: snapshot.age(), stale } }
    }

    /// Reloads the whole mirror. Spends one request of the budget.
    pub async fn refresh(&self, deadline: std::time::Instant) -> Result<(), Error> {
        self.check_live()?;
        let late = |_| Err(AttemptError::Timeout.into_read_error());
        timeout_at(to_tokio_instant(deadline), self.inner.reader.refresh()).await.unwrap_or_else(late)
    }

    /// Returns the revision of the mirror: it grows with each change of the home or of the connection.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.reader.revision()
    }

    /// Fails while the bridge cannot be written to, because it is down or its event stream is.
    ///
    /// Every write checks it first: without the event stream the result of a write could not be told.
    pub fn check_live(&self) -> Result<(), Error> {
        match &self.inner.reader.snapshot().connection {
            Connection::Live => Ok(()),
            Connection::Connecting => Err(unavailable("it is being connected")),
            Connection::Down(error) => Err(error.clone()),
        }
    }

    /// Plans commands on the home as it is mirrored now. Sends nothing.
    pub fn plan(&self, commands: &[Command]) -> Result<Plan, Error> {
        let snapshot = self.inner.reader.snapshot();
        if snapshot.confirmed.is_none() {
            return Err(self.check_live().err().unwrap_or_else(|| unavailable("it has not answered yet")));
        }
        let pending = self.inner.pending.lock().view(&snapshot);
        let forecast = |costs: &[Cost]| self.client.forecast_turn(costs);
        let context = PlanContext { home: &snapshot.home, pending: &pending, forecast: &forecast };
        Ok(Plan { revision: snapshot.revision, ..plan::plan(context, commands)? })
    }

    /// Sends the requests of a plan, and returns one outcome per light.
    ///
    /// Exactly these requests are sent, however the home has changed since: what a caller checked is what is done. An
    /// error means that nothing was sent. Dropping the future stops further sending.
    pub async fn execute(&self, plan: Plan, options: ApplyOptions) -> Result<Vec<Outcome>, Error> {
        self.check_live()?;
        let executor = Executor { client: &self.client, mirror: &self.inner.reader, pending: &self.inner.pending };
        executor.execute(&plan, options).await
    }

    /// Plans commands and executes the plan: see [`Bridge::plan`] and [`Bridge::execute`].
    pub async fn apply(&self, commands: &[Command], options: ApplyOptions) -> Result<Vec<Outcome>, Error> {
        self.check_live()?;
        self.execute(self.plan(commands)?, options).await
    }

    /// Plans a scene edit on the home as it is mirrored now. Sends nothing.
    pub fn plan_scene_edit(&self, edit: SceneEdit) -> Result<SceneEditPlan, Error> {
        self.check_live()?;
        scenes::plan(Arc::clone(&self.inner.reader.snapshot().home), edit)
    }

    /// Sends a planned scene edit, and returns the scene's id. A creation is not repeated if the answer is lost.
    pub async fn execute_scene_edit(&self, plan: SceneEditPlan, deadline: std::time::Instant) -> Result<Id, Error> {
        self.check_live()?;
        let deadline = to_tokio_instant(deadline);
        SceneEditor { client: &self.client, mirror: &self.inner.reader, deadline }.execute(plan).await
    }

    /// Creates a scene and returns its id. Not repeated if the bridge's answer is lost.
    pub async fn create_scene(&self, scene: NewScene, deadline: std::time::Instant) -> Result<Id, Error> {
        self.execute_scene_edit(self.plan_scene_edit(SceneEdit::Create(scene))?, deadline).await
    }

    /// Changes a scene. Attributes that are not named stay as the bridge has them, known to this crate or not.
    pub async fn update_scene(
        &self,
        id: &Id,
        changes: SceneChanges,
        deadline: std::time::Instant,
    ) -> Result<(), Error> {
        let plan = self.plan_scene_edit(SceneEdit::Update(id.clone(), changes))?;
        self.execute_scene_edit(plan, deadline).await.map(drop)
    }

    /// Deletes a scene, if it still exists.
    pub async fn delete_scene(&self, id: &Id, deadline: std::time::Instant) -> Result<(), Error> {
        self.execute_scene_edit(self.plan_scene_edit(SceneEdit::Delete(id.clone()))?, deadline).await.map(drop)
    }

    /// Sends one request to `/clip/v2/resource` and returns the bridge's answer.
    ///
    /// `path` is empty for everything (`Get` only), a resource type, or a type and an id. `body` is an object of at
    /// most 64 KiB, for `Put` and `Post` only. A malformed request is [`Error::Invalid`] and is not sent. The answer
    /// may be partial success: look at its `errors`. If it is lost, the request is sent again only where that has the
    /// same result as sending it once.
    pub async fn clip(
        &self,
        method: Method,
        path: &[&str],
        body: Option<serde_json::Value>,
        deadline: std::time::Instant,
    ) -> Result<ClipReply, Error> {
        let request = raw::build_request(method, path, body)?;
        self.check_live()?;
        raw::send(&self.client, &self.inner.reader, &self.inner.pending, &request, to_tokio_instant(deadline)).await
    }

    /// Returns the bridge's address, now and later: with a port if it is not 443. A program that stores it starts
    /// faster the next time.
    pub fn address(&self) -> watch::Receiver<String> {
        self.client.host()
    }

    /// Returns a report of how the connection is.
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
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge").finish_non_exhaustive()
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    let parsed = parse_bridge_id(id).map(drop);
    parsed.ok_or_else(|| Error::Invalid("a bridge id has 16 hexadecimal digits".to_owned()))
}

fn unavailable(reason: &str) -> Error {
    Error::Unavailable { reason: reason.to_owned(), retry_after: Some(Duration::from_secs(1)) }
}
