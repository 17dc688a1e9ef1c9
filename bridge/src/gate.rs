//! The only way to the bridge: each request through the budget, each failure through retry.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::{Instant, timeout_at};

use crate::{
    budget::{Budget, Cost},
    client::{Client, EventBody, Reply},
    clip::Request,
    error::Error,
    failure::Failure,
    retry,
};

/// The client behind its budget.
pub(crate) struct Gate {
    client: Client,
    pub(crate) budget: Budget,
    sent: AtomicU64,
    throttled: AtomicU64,
}

impl Gate {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, budget: Budget::new(), sent: AtomicU64::new(0), throttled: AtomicU64::new(0) }
    }

    /// Sends a request in its turn, again where that may help, until `deadline`.
    pub(crate) async fn send(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
    ) -> Result<Reply, Failure> {
        retry::run(deadline, repeatable, || self.attempt(request, cost, deadline)).await
    }

    /// Opens the event stream. It has the fourth of the bridge's slots to itself, but its opening is a request.
    pub(crate) async fn events(&self, deadline: Instant) -> Result<EventBody, Failure> {
        let _permit = self.budget.acquire(Cost::REQUEST, deadline).await.map_err(Failure::Busy)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let result = self.client.events().await;
        self.note(&result);
        result
    }

    /// Requests sent since the start.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests the bridge threw away.
    pub(crate) fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    async fn attempt(&self, request: &Request, cost: Cost, deadline: Instant) -> Result<Reply, Failure> {
        let _permit = self.budget.acquire(cost, deadline).await.map_err(Failure::Busy)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let result = timeout_at(deadline, self.client.send(request)).await.unwrap_or(Err(Failure::Timeout));
        self.note(&result);
        if let Err(failure) = &result {
            tracing::debug!(method = ?request.method, path = request.path, ?failure, "a request failed");
        }
        result
    }

    fn note<T>(&self, result: &Result<T, Failure>) {
        if let Err(Failure::Throttled(status)) = result {
            tracing::warn!(status, "the bridge throws requests away; slowing down");
            self.throttled.fetch_add(1, Ordering::Relaxed);
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
