//! The line of those who wait, and the tokens they wait for. No waiting here: [`super::Budget`] waits.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{
    BudgetStatus, Waits,
    caller::Caller,
    fair::{Fair, Ticket, Turn},
    status,
    tokens::{Cost, Tokens, add},
};

/// How many turns a forecast looks ahead: 200 s of lights. Beyond them it says that it may be in time.
const LOOK_AHEAD: usize = 2_000;
/// How many waits are remembered.
const REMEMBERED: usize = 100;

/// One who waits.
struct Waiter {
    since: Instant,
    call: oneshot::Sender<()>,
}

/// Who waits, who was called, and what is left.
pub(super) struct Line {
    fair: Fair<Waiter>,
    tokens: Tokens,
    /// Called, and not come yet: by the number of the ticket.
    called: HashMap<u64, Cost>,
    in_flight: u32,
    most_in_flight: u32,
    waits: VecDeque<Duration>,
}

impl Line {
    pub(super) fn new(now: Instant, most_in_flight: u32) -> Self {
        Self {
            fair: Fair::new(),
            tokens: Tokens::full(now),
            called: HashMap::new(),
            in_flight: 0,
            most_in_flight,
            waits: VecDeque::new(),
        }
    }

    /// Lets tokens come back. Before anything else is done with the line.
    pub(super) fn refill(&mut self, now: Instant) {
        self.tokens.advance(now);
    }

    pub(super) fn join(&mut self, caller: &Caller, cost: Cost, call: oneshot::Sender<()>) -> Ticket {
        self.fair.join(caller, cost, Waiter { since: self.tokens.now(), call })
    }

    /// Calls everybody whose turn has come. Says when the next turn may come without anybody doing anything.
    pub(super) fn call(&mut self) -> Option<Instant> {
        while self.in_flight < self.most_in_flight {
            match self.fair.next(&self.tokens) {
                Turn::Of(waiter) => {
                    self.tokens.hold(waiter.cost);
                    self.called.insert(waiter.number, waiter.cost);
                    self.in_flight += 1;
                    self.remember(self.tokens.now().saturating_duration_since(waiter.who.since));
                    // Who does not listen any more is about to leave, and gives everything back.
                    let _ = waiter.who.call.send(());
                }
                Turn::At(due) => return Some(due),
                Turn::Nobody => return None,
            }
        }
        None
    }

    /// The holder of the ticket has come; its permit says when it is done.
    pub(super) fn served(&mut self, ticket: &Ticket) {
        if let Some(cost) = self.called.remove(&ticket.number) {
            self.tokens.keep(cost);
        }
    }

    /// The holder of the ticket went away without sending.
    pub(super) fn leave(&mut self, ticket: &Ticket) {
        if let Some(cost) = self.called.remove(&ticket.number) {
            self.tokens.give_back(cost);
            self.finished();
        } else {
            self.fair.leave(ticket);
        }
    }

    pub(super) fn finished(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn throttled(&mut self) {
        self.tokens.throttled();
    }

    /// How long one more of a caller would wait, if that is surely longer than until `deadline`; see
    /// [`Line::forecast`].
    pub(super) fn too_late(&self, caller: &Caller, cost: Cost, deadline: Instant) -> Option<Duration> {
        let mut all = self.fair.needs();
        add(&mut all, cost.each(), 1.0);
        // Even as the last of all it would be in time: no need to look closer, which takes longer.
        if self.tokens.when(all) <= deadline {
            return None;
        }
        let wait = self.forecast(caller, &[cost]);
        (self.tokens.now() + wait > deadline).then_some(wait)
    }

    /// How long the last of these would wait for its turn, if its caller joined with all of them now.
    ///
    /// It plays on with those who wait now, as if they all stayed, nobody else came, and the bridge answered at once.
    /// So it errs to the short side: what it finds too late would have been served in time only if others had left.
    pub(super) fn forecast(&self, caller: &Caller, costs: &[Cost]) -> Duration {
        let (mut fair, mut tokens) = (self.fair.outline(LOOK_AHEAD), self.tokens.clone());
        for cost in costs {
            fair.join(caller, *cost, true);
        }
        let mut left = costs.len();
        for _ in 0..2 * LOOK_AHEAD {
            if left == 0 {
                break;
            }
            match fair.next(&tokens) {
                Turn::Of(waiter) => {
                    tokens.take(waiter.cost);
                    left -= usize::from(waiter.who);
                }
                Turn::At(due) => tokens.advance(due),
                Turn::Nobody => break,
            }
        }
        tokens.now().saturating_duration_since(self.tokens.now())
    }

    pub(super) fn status(&self) -> BudgetStatus {
        let mut waiting = [0; 3];
        for waiter in self.fair.iter() {
            for (count, need) in waiting.iter_mut().zip(waiter.cost.each()) {
                *count += u32::from(need > 0.0);
            }
        }
        let [requests, lights, groups] = status::buckets(&self.tokens, waiting);
        let since = self.fair.iter().map(|waiter| waiter.who.since).min();
        BudgetStatus {
            requests,
            lights,
            groups,
            in_flight: self.in_flight,
            waiting: waiting[0],
            longest_wait: since.map_or(Duration::ZERO, |since| self.tokens.now().saturating_duration_since(since)),
            recent_waits: Waits::of(&self.waits),
            speed: self.tokens.speed(),
        }
    }

    fn remember(&mut self, wait: Duration) {
        if self.waits.len() == REMEMBERED {
            self.waits.pop_front();
        }
        self.waits.push_back(wait);
    }
}
