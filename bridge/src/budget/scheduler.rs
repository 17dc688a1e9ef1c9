//! The queue of waiting requests and the tokens that they wait for. No time passes here: [`super::Budget`] waits.

use std::{collections::HashMap, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{
    BudgetStatus,
    caller::Caller,
    fair_queue::{FairQueue, NextTurn, Ticket},
    status,
    token_buckets::{Cost, TokenBuckets, add_tokens},
};

/// Limits the turns that a forecast simulates: 200 s of light commands. A forecast that ends there may be too short.
const MAX_SIMULATED_TURNS: usize = 2_000;

/// Grants turns to waiting requests.
pub(super) struct Scheduler {
    queue: FairQueue<oneshot::Sender<()>>,
    tokens: TokenBuckets,
    /// Holds the costs of requests that were granted a turn and have not taken it yet, by ticket number.
    granted: HashMap<u64, Cost>,
    in_flight: u32,
    max_in_flight: u32,
}

impl Scheduler {
    pub(super) fn new(now: Instant, max_in_flight: u32) -> Self {
        Self {
            queue: FairQueue::new(),
            tokens: TokenBuckets::full(now),
            granted: HashMap::new(),
            in_flight: 0,
            max_in_flight,
        }
    }

    /// Refills the tokens up to `now`. Has to precede every other operation.
    pub(super) fn refill(&mut self, now: Instant) {
        self.tokens.refill(now);
    }

    /// Adds a request to the queue; `grant` is told when it has its turn.
    pub(super) fn enqueue(&mut self, caller: &Caller, cost: Cost, grant: oneshot::Sender<()>) -> Ticket {
        self.queue.push(caller, cost, grant)
    }

    /// Grants every turn that is due. Returns the moment of the next turn that needs nothing but time.
    pub(super) fn grant_turns(&mut self) -> Option<Instant> {
        while self.in_flight < self.max_in_flight {
            match self.queue.pop(&self.tokens) {
                NextTurn::Ready(waiter) => {
                    self.tokens.hold(waiter.cost);
                    self.granted.insert(waiter.number, waiter.cost);
                    self.in_flight += 1;
                    // A request that no longer listens is about to be cancelled, and gives everything back.
                    let _ = waiter.payload.send(());
                }
                NextTurn::At(due) => return Some(due),
                NextTurn::Idle => return None,
            }
        }
        None
    }

    /// Spends the tokens of a request that takes its turn. [`Scheduler::on_finished`] follows when it has ended.
    pub(super) fn on_turn_taken(&mut self, ticket: &Ticket) {
        if let Some(cost) = self.granted.remove(&ticket.number) {
            self.tokens.commit(cost);
        }
    }

    /// Removes a request that will not be sent, and gives its tokens back if it was granted a turn.
    pub(super) fn cancel(&mut self, ticket: &Ticket) {
        if let Some(cost) = self.granted.remove(&ticket.number) {
            self.tokens.release(cost);
            self.on_finished();
        } else {
            self.queue.remove(ticket);
        }
    }

    pub(super) fn on_finished(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn on_throttled(&mut self) {
        self.tokens.on_throttled();
    }

    /// Returns the wait of one more request of a caller, if that definitely exceeds `deadline`; see
    /// [`Scheduler::forecast`].
    pub(super) fn wait_beyond(&self, caller: &Caller, cost: Cost, deadline: Instant) -> Option<Duration> {
        let mut all = self.queue.needs();
        add_tokens(&mut all, cost.per_bucket(), 1.0);
        // In time even as the last of all: this spares the forecast, which takes longer.
        if self.tokens.available_at(all) <= deadline {
            return None;
        }
        let wait = self.forecast(caller, &[cost]);
        (self.tokens.now() + wait > deadline).then_some(wait)
    }

    /// Returns the wait of the last of these requests, if its caller enqueued all of them now.
    ///
    /// Simulates the queue as if all requests stayed, no other came, and the bridge answered at once. So the forecast
    /// errs to the short side: a request that it finds too late would be in time only if other requests left.
    pub(super) fn forecast(&self, caller: &Caller, costs: &[Cost]) -> Duration {
        let (mut queue, mut tokens) = (self.queue.copy_costs(MAX_SIMULATED_TURNS), self.tokens.clone());
        for cost in costs {
            queue.push(caller, *cost, true);
        }
        let mut left = costs.len();
        for _ in 0..2 * MAX_SIMULATED_TURNS {
            if left == 0 {
                break;
            }
            match queue.pop(&tokens) {
                NextTurn::Ready(waiter) => {
                    tokens.take(waiter.cost);
                    left -= usize::from(waiter.payload);
                }
                NextTurn::At(due) => tokens.refill(due),
                NextTurn::Idle => break,
            }
        }
        tokens.now().saturating_duration_since(self.tokens.now())
    }

    pub(super) fn status(&self) -> BudgetStatus {
        let [requests, lights, groups] = status::buckets(&self.tokens);
        let waiting = u32::try_from(self.queue.len()).unwrap_or(u32::MAX);
        BudgetStatus { requests, lights, groups, in_flight: self.in_flight, waiting, speed: self.tokens.speed() }
    }
}
