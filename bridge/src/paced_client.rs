//! The only way to the bridge: every request waits for the budget, every transient error is retried.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout_at},
};

use crate::{
    attempt_error::AttemptError,
    budget::{Budget, BudgetStatus, Caller, Cost, Permit},
    client::{Client, EventBody, Reply},
    clip::{Method, Request},
    error::Error,
    retry::{MIN_ANSWER_TIME, retry_transient},
};

/// Limits the time to verify which bridge is at a host.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that sends at the budget's pace, on behalf of one caller. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PacedClient {
    shared: Arc<Shared>,
    budget: Budget,
}

struct Shared {
    client: Client,
    traffic: Mutex<Traffic>,
    /// Wakes the mirror, which has to see what was changed.
    write_notify: Notify,
}

/// Counts what has happened since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    /// Counts requests sent.
    pub(crate) sent: u64,
    /// Counts requests that the bridge discarded, with status 429 or 503.
    pub(crate) throttled: u64,
    /// Counts the times that the bridge was found at another host.
    pub(crate) moves: u64,
}

impl PacedClient {
    /// Creates a client with a full budget. Needs a tokio runtime, for the budget's timer.
    pub(crate) fn new(client: Client) -> Self {
        let shared = Shared { client, traffic: Mutex::default(), write_notify: Notify::new() };
        Self { shared: Arc::new(shared), budget: Budget::new() }
    }

    /// Returns the same client on behalf of another caller, who also pays for retries.
    pub(crate) fn for_caller(&self, caller: Caller) -> Self {
        Self { shared: Arc::clone(&self.shared), budget: self.budget.for_caller(caller) }
    }

    /// Sends a request in its turn, and retries it where that may help, until `deadline`.
    pub(crate) async fn send(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
    ) -> Result<Reply, AttemptError> {
        self.send_checked(request, cost, repeatable, deadline, |_| Ok(())).await
    }

    /// Sends a request like [`PacedClient::send`]; a reply that does not pass `check` counts as a failed attempt.
    pub(crate) async fn send_checked(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
        check: impl Fn(&Reply) -> Result<(), AttemptError>,
    ) -> Result<Reply, AttemptError> {
        let attempt = async || {
            let reply = self.send_once(request, cost, deadline, || Ok(())).await?;
            check(&reply).map(|()| reply)
        };
        retry_transient(deadline, repeatable, attempt).await
    }

    /// Sends a request like [`PacedClient::send`], each attempt only if `precondition` holds once its turn has come: that
    /// may be seconds later. Otherwise the error is [`AttemptError::PreconditionFailed`].
    pub(crate) async fn send_if(
        &self,
        request: &Request,
        cost: Cost,
        repeatable: bool,
        deadline: Instant,
        precondition: impl Fn() -> Result<(), Error>,
    ) -> Result<Reply, AttemptError> {
        retry_transient(deadline, repeatable, || self.send_once(request, cost, deadline, &precondition)).await
    }

    /// Sends a change that costs no light or group tokens, like [`PacedClient::send`], and converts the error.
    pub(crate) async fn write_plain(
        &self,
        request: &Request,
        repeatable: bool,
        deadline: Instant,
    ) -> Result<Reply, Error> {
        self.send(request, Cost::REQUEST_ONLY, repeatable, deadline).await.map_err(AttemptError::into_write_error)
    }

    /// Returns the least time until the last of these requests is answered, if they were sent now.
    pub(crate) fn forecast(&self, costs: &[Cost]) -> Duration {
        self.forecast_turn(costs) + MIN_ANSWER_TIME
    }

    /// Returns the least time until the last of these requests has its turn, if they joined the queue now.
    pub(crate) fn forecast_turn(&self, costs: &[Cost]) -> Duration {
        self.budget.forecast(costs)
    }

    /// Opens the event stream. The stream has the fourth of the bridge's slots to itself, but opening it is a request.
    pub(crate) async fn open_event_stream(&self, deadline: Instant) -> Result<EventBody, AttemptError> {
        let _permit = self.acquire(Cost::REQUEST_ONLY, deadline, Duration::ZERO, || Ok(())).await?;
        let result = self.shared.client.open_event_stream().await;
        self.record_throttling(&result);
        result
    }

    /// Watches the host that requests are sent to.
    pub(crate) fn host(&self) -> watch::Receiver<String> {
        self.shared.client.host()
    }

    /// Verifies, in its turn, that the bridge itself is at this host. Sends nothing secret.
    pub(crate) async fn verify_identity(&self, host: &str) -> Result<(), AttemptError> {
        let deadline = Instant::now() + VERIFY_TIMEOUT;
        let _permit = self.acquire(Cost::REQUEST_ONLY, deadline, Duration::ZERO, || Ok(())).await?;
        timeout_at(deadline, self.shared.client.verify_identity(host)).await.unwrap_or(Err(AttemptError::Timeout))
    }

    /// Sends all further requests to another host.
    pub(crate) fn set_host(&self, host: &str) {
        self.shared.traffic.lock().moves += 1;
        self.shared.client.set_host(host);
    }

    /// Returns when a request has changed something, or may have, since the last call.
    pub(crate) async fn write_notified(&self) {
        self.shared.write_notify.notified().await;
    }

    /// Returns what was counted up to now.
    pub(crate) fn traffic(&self) -> Traffic {
        *self.shared.traffic.lock()
    }

    /// Reads the state of the budget.
    pub(crate) fn budget_status(&self) -> BudgetStatus {
        self.budget.status()
    }

    async fn send_once(
        &self,
        request: &Request,
        cost: Cost,
        deadline: Instant,
        precondition: impl Fn() -> Result<(), Error>,
    ) -> Result<Reply, AttemptError> {
        let _permit = self.acquire(cost, deadline, MIN_ANSWER_TIME, precondition).await?;
        let sending = timeout_at(deadline, self.shared.client.send(request));
        let result = sending.await.unwrap_or(Err(AttemptError::Timeout));
        self.record_throttling(&result);
        if request.method != Method::Get && !result.as_ref().is_err_and(AttemptError::may_repeat_any) {
            self.shared.write_notify.notify_one();
        }
        if let Err(error) = &result {
            tracing::debug!(method = ?request.method, path = request.path, ?error, "request failed");
        }
        result
    }

    /// Waits for a turn that leaves `answer_time` until the deadline, checks the precondition, and counts the request as
    /// sent.
    async fn acquire(
        &self,
        cost: Cost,
        deadline: Instant,
        answer_time: Duration,
        precondition: impl Fn() -> Result<(), Error>,
    ) -> Result<Permit, AttemptError> {
        let last_turn = deadline.checked_sub(answer_time).unwrap_or(deadline);
        let busy = |wait| AttemptError::Busy(wait + answer_time);
        let permit = self.budget.acquire(cost, last_turn).await.map_err(busy)?;
        precondition().map_err(AttemptError::PreconditionFailed)?;
        self.shared.traffic.lock().sent += 1;
        Ok(permit)
    }

    fn record_throttling<T>(&self, result: &Result<T, AttemptError>) {
        if let Err(AttemptError::Throttled(status)) = result {
            tracing::warn!(status, "bridge discarded a request, slowing down");
            self.shared.traffic.lock().throttled += 1;
            self.budget.on_throttled();
        }
    }
}

/// Converts a deadline to tokio's clock, which tests may control.
pub(crate) fn to_tokio_instant(deadline: std::time::Instant) -> Instant {
    Instant::from_std(deadline)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{ApplicationKey, Config, Identity};

    #[tokio::test(start_paused = true)]
    async fn a_precondition_is_checked_when_the_turn_has_come_and_nothing_is_sent_if_it_fails() {
        let config = Config::new("127.0.0.1:9", "001788fffe000001", ApplicationKey::new("key"), Identity::Signify);
        let client = PacedClient::new(Client::new(config.client).expect("a configuration"));
        let (start, checked) = (Instant::now(), Cell::new(None));
        let deadline = start + Duration::from_secs(10);
        drop(client.budget.acquire(Cost::GROUP_COMMAND, deadline).await.expect("the first turn"));
        let precondition = || {
            checked.set(Some(start.elapsed()));
            Err(Error::Invalid("the home has changed".to_owned()))
        };
        let request = Request::put("grouped_light", "g", serde_json::json!({"on": {"on": true}}));
        let result = client.send_if(&request, Cost::GROUP_COMMAND, true, deadline, precondition).await;
        assert_eq!(
            result.err(),
            Some(AttemptError::PreconditionFailed(Error::Invalid("the home has changed".to_owned())))
        );
        assert!(checked.get().is_some_and(|at| at >= Duration::from_millis(900)), "{checked:?}");
        assert_eq!(client.traffic().sent, 0);
    }
}
