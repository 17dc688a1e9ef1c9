//! The rate limiter of a bridge: what may be sent, for which caller, and when.
//!
//! Three token buckets hold at once: requests of any kind, light commands by their Zigbee messages, and group commands.
//! At most three requests are in flight, because the bridge counts four per client, the event stream among them.
//! Callers take fair turns whatever they send, and however much ([`fair_queue`]). One caller's own requests of a class
//! keep their order. A request that waits for a group token lets requests pass that need none.
//!
//! After the bridge has discarded a request (429, 503), all callers pause, then go at half speed for a while
//! ([`throttle_backoff`]).
//!
//! [`mod@scheduler`] decides without waiting. This file waits: each request for its grant, and one timer task for the
//! moment at which tokens have come back. So a long queue costs no more timers than a short one.

mod caller;
mod fair_queue;
mod scheduler;
mod status;
mod throttle_backoff;
mod token_buckets;

use std::{
    future::pending,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep_until, timeout_at},
};

pub use caller::Caller;
use fair_queue::Ticket;
use scheduler::Scheduler;
pub use status::{Bucket, BudgetStatus};
pub use throttle_backoff::Speed;
pub(crate) use token_buckets::Cost;

/// Limits the requests that are in flight beside the event stream.
const MAX_IN_FLIGHT: u32 = 3;
/// The shortest wait of the timer: tokio counts in milliseconds.
const MIN_TIMER_DELAY: Duration = Duration::from_millis(1);

/// The bridge's budget, shared by all requests, from one caller's point of view. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    shared: Arc<Shared>,
    caller: Caller,
}

struct Shared {
    // Held for a few lines, never across an await.
    scheduler: Mutex<Scheduler>,
    /// Tells the timer the moment of the next turn that needs nothing but time. The timer ends with it.
    due: watch::Sender<Option<Instant>>,
}

/// The right to have one request in flight, given back when dropped.
pub(crate) struct Permit {
    shared: Arc<Shared>,
}

impl Budget {
    /// Creates a full budget. Needs a tokio runtime, for its timer.
    pub(crate) fn new() -> Self {
        let (due, due_watch) = watch::channel(None);
        let scheduler = Mutex::new(Scheduler::new(Instant::now(), MAX_IN_FLIGHT));
        let shared = Arc::new(Shared { scheduler, due });
        tokio::spawn(run_timer(Arc::downgrade(&shared), due_watch));
        Self { shared, caller: Caller::UNNAMED }
    }

    /// Returns the same budget, to be spent by another caller.
    pub(crate) fn for_caller(&self, caller: Caller) -> Self {
        Self { shared: Arc::clone(&self.shared), caller }
    }

    /// Waits for a turn, until `deadline`.
    ///
    /// If the turn cannot come before the deadline, fails at once with the wait that it would take. If it does not come
    /// because others with earlier turns came or the bridge was slow, fails at the deadline. Either way nothing was
    /// sent, and the wait in the error is never one that would have been in time.
    ///
    /// Dropping the future gives up the place in the queue, and the tokens if they were granted already.
    pub(crate) async fn acquire(&self, cost: Cost, deadline: Instant) -> Result<Permit, Duration> {
        let began = Instant::now();
        let (mut place, granted) = self.enqueue(cost, deadline)?;
        match timeout_at(deadline, granted).await {
            Ok(Ok(())) => {
                place.is_turn_taken = true;
                Ok(Permit { shared: Arc::clone(&self.shared) })
            }
            _ => Err(began.elapsed() + MIN_TIMER_DELAY),
        }
    }

    /// Returns the least wait for the last turn of a batch of these costs, if it joined the queue now. The wait may
    /// become longer, because the queue may grow and the bridge may be slow.
    pub(crate) fn forecast(&self, costs: &[Cost]) -> Duration {
        self.shared.with_scheduler(|scheduler| scheduler.forecast(&self.caller, costs))
    }

    /// Returns [`Budget::forecast`] for a bridge with nothing else to do.
    pub(crate) fn idle_forecast(costs: &[Cost]) -> Duration {
        Scheduler::new(Instant::now(), MAX_IN_FLIGHT).forecast(&Caller::UNNAMED, costs)
    }

    /// Slows all callers down, because the bridge discarded a request.
    pub(crate) fn on_throttled(&self) {
        self.shared.with_scheduler(Scheduler::on_throttled);
    }

    pub(crate) fn status(&self) -> BudgetStatus {
        self.shared.with_scheduler(|scheduler| scheduler.status())
    }

    /// Joins the queue, unless the turn would come too late: then returns the wait as the error.
    fn enqueue(&self, cost: Cost, deadline: Instant) -> Result<(Place, oneshot::Receiver<()>), Duration> {
        let (grant, granted) = oneshot::channel();
        let ticket =
            self.shared.with_scheduler(|scheduler| match scheduler.wait_beyond(&self.caller, cost, deadline) {
                Some(wait) => Err(wait),
                None => Ok(scheduler.enqueue(&self.caller, cost, grant)),
            })?;
        Ok((Place { shared: Arc::clone(&self.shared), ticket, is_turn_taken: false }, granted))
    }
}

impl Shared {
    /// Refills the tokens, does something with the scheduler, grants the turns that are due, and sets the timer.
    fn with_scheduler<T>(&self, operation: impl FnOnce(&mut Scheduler) -> T) -> T {
        let mut scheduler = self.scheduler.lock();
        scheduler.refill(Instant::now());
        let result = operation(&mut scheduler);
        let due = scheduler.grant_turns();
        // Under the lock, or an older moment could overwrite a newer one.
        self.due.send_if_modified(|old| std::mem::replace(old, due) != due);
        result
    }
}

/// Wakes the scheduler when tokens have come back. Ends with the budget.
async fn run_timer(shared: Weak<Shared>, mut due: watch::Receiver<Option<Instant>>) {
    loop {
        let next = *due.borrow_and_update();
        tokio::select! {
            changed = due.changed() => if changed.is_err() { return },
            () = sleep_until_due(next) => match shared.upgrade() {
                Some(shared) => shared.with_scheduler(|_| ()),
                None => return,
            },
        }
    }
}

async fn sleep_until_due(due: Option<Instant>) {
    match due {
        // Never at once: a turn that rounding puts off would keep a processor busy.
        Some(due) => sleep_until(due.max(Instant::now() + MIN_TIMER_DELAY)).await,
        None => pending().await,
    }
}

/// A place in the queue, given up when dropped.
struct Place {
    shared: Arc<Shared>,
    ticket: Ticket,
    is_turn_taken: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.with_scheduler(|scheduler| {
            if self.is_turn_taken { scheduler.on_turn_taken(&self.ticket) } else { scheduler.cancel(&self.ticket) }
        });
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.with_scheduler(Scheduler::on_finished);
    }
}

#[cfg(test)]
mod tests;
