//! The line of those who wait, and the tokens they wait for. No waiting here: [`super::Budget`] waits.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::{
    BudgetStatus,
    bucket::{Bucket, Cost, Pace},
};

/// The first pause after the bridge threw a request away; it doubles as long as that goes on.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// For how long after a pause everything goes at half speed.
const SLOW: Duration = Duration::from_secs(10);

/// A place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// One who waits, or who was called and has not come yet.
struct Waiter {
    ticket: Ticket,
    cost: Cost,
    granted: bool,
    called: Arc<Notify>,
}

/// In the order of arrival: requests, lights, groups.
pub(super) struct Line {
    buckets: [Bucket; 3],
    pace: Pace,
    pause: Duration,
    updated: Instant,
    waiters: VecDeque<Waiter>,
    next: u64,
    in_flight: u32,
    most_in_flight: u32,
}

impl Line {
    pub(super) fn new(now: Instant, most_in_flight: u32) -> Self {
        Self {
            buckets: [Bucket::full(10.0, 10.0), Bucket::full(10.0, 10.0), Bucket::full(1.0, 1.0)],
            pace: Pace { paused_until: now, slow_until: now },
            pause: PAUSE,
            updated: now,
            waiters: VecDeque::new(),
            next: 0,
            in_flight: 0,
            most_in_flight,
        }
    }

    pub(super) fn join(&mut self, cost: Cost, called: Arc<Notify>) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiters.push_back(Waiter { ticket, cost, granted: false, called });
        ticket
    }

    /// Lets tokens come back, and calls everybody whose turn has come.
    pub(super) fn advance(&mut self, now: Instant) {
        self.refill(now);
        if now < self.pace.paused_until {
            return;
        }
        // A bucket somebody waits for is closed to all who came later, or an expensive request would starve.
        let mut closed = [false; 3];
        for index in 0..self.waiters.len() {
            if self.in_flight >= self.most_in_flight || closed[0] {
                return;
            }
            self.call(index, &mut closed);
        }
    }

    fn call(&mut self, index: usize, closed: &mut [bool; 3]) {
        let Some(waiter) = self.waiters.get_mut(index).filter(|waiter| !waiter.granted) else { return };
        let needs = waiter.cost.each();
        let lacking = |at: usize| needs[at] > 0.0 && (closed[at] || !self.buckets[at].has(needs[at]));
        let lacks = [lacking(0), lacking(1), lacking(2)];
        if lacks.contains(&true) {
            for (closed, lacks) in closed.iter_mut().zip(lacks) {
                *closed |= lacks;
            }
            return;
        }
        for (bucket, need) in self.buckets.iter_mut().zip(needs) {
            bucket.available -= need;
        }
        waiter.granted = true;
        waiter.called.notify_one();
        self.in_flight += 1;
    }

    pub(super) fn is_granted(&self, ticket: Ticket) -> bool {
        self.waiters.iter().any(|waiter| waiter.ticket == ticket && waiter.granted)
    }

    /// When the turn of a ticket comes, if nobody else leaves and the bridge answers fast.
    pub(super) fn ready_at(&self, ticket: Ticket) -> Instant {
        let mut needs = [0.0; 3];
        let mut own = [0.0; 3];
        for waiter in self.waiters.iter().filter(|waiter| !waiter.granted) {
            own = waiter.cost.each();
            add(&mut needs, own);
            if waiter.ticket == ticket {
                break;
            }
        }
        self.when(needs, own)
    }

    /// When the last of these would have its turn behind all who wait now.
    pub(super) fn forecast(&self, costs: &[Cost]) -> Instant {
        let mut needs = [0.0; 3];
        let mut own = [0.0; 3];
        for waiter in self.waiters.iter().filter(|waiter| !waiter.granted) {
            add(&mut needs, waiter.cost.each());
        }
        for cost in costs {
            add(&mut needs, cost.each());
            for (own, cost) in own.iter_mut().zip(cost.each()) {
                *own = f64::max(*own, cost);
            }
        }
        self.when(needs, own)
    }

    /// When so many tokens of each kind have been there, of the kinds that are needed.
    fn when(&self, needs: [f64; 3], own: [f64; 3]) -> Instant {
        let moments =
            self.buckets.iter().zip(needs).zip(own).filter(|(_, own)| *own > 0.0).map(|((bucket, need), _)| {
                let seconds = ((need - bucket.available) / bucket.per_second).max(0.0);
                if seconds > 0.0 {
                    self.pace.after(self.updated, seconds)
                } else {
                    self.updated.max(self.pace.paused_until)
                }
            });
        moments.max().unwrap_or(self.updated)
    }

    /// The holder of the ticket has come; its permit says when it is done.
    pub(super) fn served(&mut self, ticket: Ticket) {
        self.waiters.retain(|waiter| waiter.ticket != ticket);
    }

    /// The holder of the ticket went away without sending.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let Some(index) = self.waiters.iter().position(|waiter| waiter.ticket == ticket) else { return };
        let Some(waiter) = self.waiters.remove(index).filter(|waiter| waiter.granted) else { return };
        for (bucket, need) in self.buckets.iter_mut().zip(waiter.cost.each()) {
            bucket.add(need);
        }
        self.finished();
    }

    pub(super) fn finished(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn throttled(&mut self, now: Instant) {
        self.refill(now);
        // Several requests in flight may be thrown away at once: that is one occasion.
        if now < self.pace.paused_until {
            return;
        }
        let again = now < self.pace.slow_until;
        self.pause = if again { (self.pause * 2).min(LONGEST_PAUSE) } else { PAUSE };
        self.pace.paused_until = now + self.pause;
        self.pace.slow_until = self.pace.paused_until + SLOW;
        for bucket in &mut self.buckets {
            bucket.available = bucket.available.min(0.0);
        }
    }

    pub(super) fn status(&self) -> BudgetStatus {
        let [requests, lights, groups] = self.buckets;
        let waiting = self.waiters.iter().filter(|waiter| !waiter.granted).count();
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        BudgetStatus { requests, lights, groups, in_flight: self.in_flight, waiting }
    }

    fn refill(&mut self, now: Instant) {
        let seconds = self.pace.seconds(self.updated, now);
        for bucket in &mut self.buckets {
            bucket.add(seconds * bucket.per_second);
        }
        self.updated = now.max(self.updated);
    }
}

fn add(sum: &mut [f64; 3], cost: [f64; 3]) {
    for (sum, cost) in sum.iter_mut().zip(cost) {
        *sum += cost;
    }
}
