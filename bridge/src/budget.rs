//! What may be sent to the bridge, by whom, and when.
//!
//! Three limits hold at once: every request of any kind, light commands by their Zigbee messages, and group commands.
//! At most three requests are in flight, as the bridge counts four per client with the event stream among them.
//! Callers take fair turns, whatever they send and however much ([`fair`]); one caller's own requests of a kind go in
//! the order they came. Who waits for a group token lets those pass who need none.
//!
//! After the bridge threw a request away (429, 503) everybody pauses, and then goes at half speed for a while
//! ([`pace`]).
//!
//! [`mod@line`] decides, without waiting; here one waits: each for being called, and one task for the moment at which
//! tokens have come back, so that a long line costs no more timers than a short one.

mod caller;
mod fair;
mod line;
mod pace;
mod status;
mod tokens;

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
use fair::Ticket;
use line::Line;
pub use status::{Bucket, BudgetStatus, Speed, Waits};
pub(crate) use tokens::Cost;

/// Requests in flight beside the event stream.
const IN_FLIGHT: u32 = 3;
/// The least that the clock waits: tokio counts in milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// The bridge's budget, shared by everything that sends, as one caller has it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Budget {
    shared: Arc<Shared>,
    caller: Caller,
}

struct Shared {
    // Held for a few lines, never across an await.
    line: Mutex<Line>,
    /// When the next turn comes without anybody doing anything. For the clock, which ends with it.
    due: watch::Sender<Option<Instant>>,
}

/// The right to have one request in flight. Given back when dropped.
pub(crate) struct Permit {
    shared: Arc<Shared>,
}

impl Budget {
    /// Needs a tokio runtime, for its clock.
    pub(crate) fn new() -> Self {
        let (due, turns) = watch::channel(None);
        let shared = Arc::new(Shared { line: Mutex::new(Line::new(Instant::now(), IN_FLIGHT)), due });
        tokio::spawn(keep_time(Arc::downgrade(&shared), turns));
        Self { shared, caller: Caller::UNNAMED }
    }

    /// The same budget, spent by somebody else.
    pub(crate) fn for_caller(&self, caller: Caller) -> Self {
        Self { shared: Arc::clone(&self.shared), caller }
    }

    /// Waits for a turn. If the turn cannot come before `deadline`, says so at once, with the wait it would take; if
    /// it does not come, because others came whose turn was earlier or the bridge was slow, at the deadline. Either
    /// way nothing was sent, and the wait that is told is never one that would have been in time.
    ///
    /// Dropping the future gives up the place in the line, and the tokens if they were given already.
    pub(crate) async fn acquire(&self, cost: Cost, deadline: Instant) -> Result<Permit, Duration> {
        let began = Instant::now();
        let (mut place, called) = self.join(cost, deadline)?;
        match timeout_at(deadline, called).await {
            Ok(Ok(())) => {
                place.taken = true;
                Ok(Permit { shared: Arc::clone(&self.shared) })
            }
            _ => Err(began.elapsed() + TICK),
        }
    }

    /// How long a batch of these costs would wait for its last turn, if it joined the line now: at least, as the line
    /// may grow, and the bridge be slow.
    pub(crate) fn forecast(&self, costs: &[Cost]) -> Duration {
        self.shared.change(|line| line.forecast(&self.caller, costs))
    }

    /// As [`Budget::forecast`], of a bridge with nothing else to do.
    pub(crate) fn idle_forecast(costs: &[Cost]) -> Duration {
        Line::new(Instant::now(), IN_FLIGHT).forecast(&Caller::UNNAMED, costs)
    }

    /// The bridge threw a request away: everybody slows down.
    pub(crate) fn throttled(&self) {
        self.shared.change(Line::throttled);
    }

    pub(crate) fn status(&self) -> BudgetStatus {
        self.shared.change(|line| line.status())
    }

    fn join(&self, cost: Cost, deadline: Instant) -> Result<(Place, oneshot::Receiver<()>), Duration> {
        let (call, called) = oneshot::channel();
        let ticket = self.shared.change(|line| match line.too_late(&self.caller, cost, deadline) {
            Some(wait) => Err(wait),
            None => Ok(line.join(&self.caller, cost, call)),
        })?;
        Ok((Place { shared: Arc::clone(&self.shared), ticket, taken: false }, called))
    }
}

impl Shared {
    /// Does something to the line as it is now, calls those whose turn has come, and sets the clock.
    fn change<T>(&self, what: impl FnOnce(&mut Line) -> T) -> T {
        let mut line = self.line.lock();
        line.refill(Instant::now());
        let result = what(&mut line);
        let due = line.call();
        // Under the lock, or an older moment could overwrite a newer one.
        self.due.send_if_modified(|old| std::mem::replace(old, due) != due);
        result
    }
}

/// Lets the line call when tokens have come back. Ends with the budget.
async fn keep_time(line: Weak<Shared>, mut due: watch::Receiver<Option<Instant>>) {
    loop {
        let next = *due.borrow_and_update();
        tokio::select! {
            changed = due.changed() => if changed.is_err() { return },
            () = tick(next) => match line.upgrade() {
                Some(line) => line.change(|_| ()),
                None => return,
            },
        }
    }
}

async fn tick(due: Option<Instant>) {
    match due {
        // Never at once: a turn that rounding puts off would keep a processor busy.
        Some(due) => sleep_until(due.max(Instant::now() + TICK)).await,
        None => pending().await,
    }
}

/// A place in the line, given up when dropped.
struct Place {
    shared: Arc<Shared>,
    ticket: Ticket,
    taken: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.change(|line| if self.taken { line.served(&self.ticket) } else { line.leave(&self.ticket) });
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.change(Line::finished);
    }
}

#[cfg(test)]
mod tests;
