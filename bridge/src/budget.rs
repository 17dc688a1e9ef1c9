//! What may be sent to the bridge, and when.
//!
//! Three limits hold at once: every request of any kind, light commands by their Zigbee messages, and group commands.
//! At most three requests are in flight, as the bridge counts four per client with the event stream among them.
//! Callers wait in one line; who waits for a group token lets those pass who need none, and nobody else.
//!
//! After the bridge threw a request away (429, 503) everybody pauses, and then goes at half speed for a while.

mod bucket;
mod line;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

pub use bucket::Bucket;
pub(crate) use bucket::Cost;
use line::{Line, Ticket};

/// Requests in flight beside the event stream.
const IN_FLIGHT: u32 = 3;

/// The bridge's budget, shared by everything that sends. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    // A std Mutex: held for a few lines, never across an await.
    line: Arc<Mutex<Line>>,
}

/// The right to have one request in flight. Given back when dropped.
pub(crate) struct Permit {
    budget: Budget,
}

/// The budget as it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetStatus {
    /// Requests of any kind.
    pub requests: Bucket,
    /// Light commands; one costs 1, or 0.4 for each of its Zigbee messages if that is more.
    pub lights: Bucket,
    /// Group commands and scene recalls.
    pub groups: Bucket,
    /// Requests at the bridge, beside the event stream.
    pub in_flight: u32,
    /// Requests that wait for their turn.
    pub waiting: u32,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { line: Arc::new(Mutex::new(Line::new(Instant::now(), IN_FLIGHT))) }
    }

    /// Waits for a turn. If the turn cannot come before `deadline`, says so at once, with the wait it would take.
    ///
    /// Dropping the future gives up the place in the line, and the tokens if they were given already.
    pub(crate) async fn acquire(&self, cost: Cost, deadline: Instant) -> Result<Permit, Duration> {
        let mut place = self.join(cost, deadline)?;
        loop {
            let (granted, wake) = {
                let mut line = self.lock();
                line.advance(Instant::now());
                (line.is_granted(place.ticket), line.ready_at(place.ticket))
            };
            if granted {
                place.taken = true;
                return Ok(Permit { budget: self.clone() });
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(wake.saturating_duration_since(now));
            }
            // Whoever gives a permit back, or leaves the line, wakes us; otherwise time does.
            let until = wake.max(now + Duration::from_millis(1)).min(deadline);
            let _ = timeout_at(until, place.called.notified()).await;
        }
    }

    /// How long a batch of these costs would wait for its last turn, if it joined the line now.
    pub(crate) fn forecast(&self, costs: &[Cost]) -> Duration {
        let now = Instant::now();
        let mut line = self.lock();
        line.advance(now);
        line.forecast(costs).saturating_duration_since(now)
    }

    /// As [`Budget::forecast`], of a bridge with nothing else to do.
    pub(crate) fn idle_forecast(costs: &[Cost]) -> Duration {
        let now = Instant::now();
        Line::new(now, IN_FLIGHT).forecast(costs).saturating_duration_since(now)
    }

    /// The bridge threw a request away: everybody slows down.
    pub(crate) fn throttled(&self) {
        self.lock().throttled(Instant::now());
    }

    pub(crate) fn status(&self) -> BudgetStatus {
        let mut line = self.lock();
        line.advance(Instant::now());
        line.status()
    }

    fn join(&self, cost: Cost, deadline: Instant) -> Result<Place, Duration> {
        let now = Instant::now();
        let called = Arc::new(Notify::new());
        let mut line = self.lock();
        line.advance(now);
        let ready = line.forecast(&[cost]);
        if ready > deadline {
            return Err(ready.saturating_duration_since(now));
        }
        let ticket = line.join(cost, Arc::clone(&called));
        Ok(Place { budget: self.clone(), ticket, called, taken: false })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the line, given up when dropped.
struct Place {
    budget: Budget,
    ticket: Ticket,
    called: Arc<Notify>,
    taken: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.budget.lock();
        if self.taken {
            line.served(self.ticket);
        } else {
            line.leave(self.ticket);
        }
        line.advance(Instant::now());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut line = self.budget.lock();
        line.finished();
        line.advance(Instant::now());
    }
}

#[cfg(test)]
mod tests;
