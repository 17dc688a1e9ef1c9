//! The only way to the bridge: each request through the budget, each failure through retry.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout_at},
};

use crate::{
    budget::{Budget, Caller, Cost},
    client::{Client, EventBody, Reply},
    clip::{Method, Request},
    error::Error,
    failure::Failure,
    retry,
};

/// How long it may take to find out who is at a host.
const RECOGNISING: Duration = Duration::from_secs(10);

/// The client behind its budget, as one caller has it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
    pub(crate) budget: Budget,
}

struct Shared {
    client: Client,
    sent: AtomicU64,
    throttled: AtomicU64,
    /// Times the bridge was found elsewhere.
    moves: AtomicU64,
    /// For the mirror, which is to see what was changed.
    wrote: Notify,
}

impl Gate {
    pub(crate) fn new(client: Client) -> Self {
        let shared = Shared {
            client,
            sent: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            moves: AtomicU64::new(0),
            wrote: Notify::new(),
        };
        Self { shared: Arc::new(shared), budget: Budget::new() }
    }

    /// The same way, spent upon by somebody else: attempts that are repeated are theirs as well.
    pub(crate) fn for_caller(&self, caller: Caller) -> Self {
        Self { shared: Arc::clone(&self.shared), budget: self.budget.for_caller(caller) }
    }

    /// Sends a request in its turn, again where that may help, until `deadline`.
    pub(crate) async fn send(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
    ) -> Result<Reply, Failure> {
        self.send_checked(request, cost, repeatable, deadline, |_| Ok(())).await
    }

    /// As [`Gate::send`]; an answer has to pass a check, and is a failure if it does not.
    pub(crate) async fn send_checked(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
        check: impl Fn(&Reply) -> Result<(), Failure>,
    ) -> Result<Reply, Failure> {
        let attempt = async || {
            let reply = self.attempt(request, cost, deadline).await?;
            check(&reply).map(|()| reply)
        };
        retry::run(deadline, repeatable, attempt).await
    }

    /// How long it would take until the last of these is answered, if they were sent now: at least.
    pub(crate) fn forecast(&self, costs: &[Cost]) -> Duration {
        self.budget.forecast(costs) + retry::ANSWER
    }

    /// Opens the event stream. It has the fourth of the bridge's slots to itself, but its opening is a request.
    pub(crate) async fn events(&self, deadline: Instant) -> Result<EventBody, Failure> {
        let _permit = self.budget.acquire(Cost::REQUEST, deadline).await.map_err(Failure::Busy)?;
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let result = self.shared.client.events().await;
        self.note(&result);
        result
    }

    /// Where the bridge is, now and later.
    pub(crate) fn host(&self) -> watch::Receiver<String> {
        self.shared.client.host()
    }

    /// Whether the bridge itself is at this host. Sends nothing secret, in its turn.
    pub(crate) async fn recognise(&self, host: &str) -> Result<(), Failure> {
        let deadline = Instant::now() + RECOGNISING;
        let _permit = self.budget.acquire(Cost::REQUEST, deadline).await.map_err(Failure::Busy)?;
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        timeout_at(deadline, self.shared.client.recognise(host)).await.unwrap_or(Err(Failure::Timeout))
    }

    /// Speaks to the bridge at another host from now on.
    pub(crate) fn turn_to(&self, host: &str) {
        self.shared.moves.fetch_add(1, Ordering::Relaxed);
        self.shared.client.turn_to(host);
    }

    /// Times the bridge was found at another host.
    pub(crate) fn moves(&self) -> u64 {
        self.shared.moves.load(Ordering::Relaxed)
    }

    /// Returns when something was changed, or may have been, since the last time.
    pub(crate) async fn wrote(&self) {
        self.shared.wrote.notified().await;
    }

    /// Requests sent since the start.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Relaxed)
    }

    /// Requests the bridge threw away.
    pub(crate) fn throttled(&self) -> u64 {
        self.shared.throttled.load(Ordering::Relaxed)
    }

    async fn attempt(&self, request: &Request, cost: Cost, deadline: Instant) -> Result<Reply, Failure> {
        // A turn that leaves no time for the answer is none.
        let turn = deadline.checked_sub(retry::ANSWER).unwrap_or(deadline);
        let _permit = self.budget.acquire(cost, turn).await.map_err(|wait| Failure::Busy(wait + retry::ANSWER))?;
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let result = timeout_at(deadline, self.shared.client.send(request)).await.unwrap_or(Err(Failure::Timeout));
        self.note(&result);
        if request.method != Method::Get && !result.as_ref().is_err_and(Failure::surely_not_done) {
            self.shared.wrote.notify_one();
        }
        if let Err(failure) = &result {
            tracing::debug!(method = ?request.method, path = request.path, ?failure, "a request failed");
        }
        result
    }

    fn note<T>(&self, result: &Result<T, Failure>) {
        if let Err(Failure::Throttled(status)) = result {
            tracing::warn!(status, "the bridge throws requests away; slowing down");
            self.shared.throttled.fetch_add(1, Ordering::Relaxed);
            self.budget.throttled();
        }
    }
}

/// The moment on tokio's clock, which tests may own.
pub(crate) fn on_clock(deadline: std::time::Instant) -> Instant {
    Instant::from_std(deadline)
}

/// As [`Gate::send`], for those who only want the error of the wall.
pub(crate) async fn send_or_error(
    gate: &Gate,
    request: &Request,
    repeatable: bool,
    deadline: Instant,
) -> Result<Reply, Error> {
    Ok(gate.send(request, Cost::REQUEST, repeatable, deadline).await?)
}
