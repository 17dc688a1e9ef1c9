//! Decides whose turn is next. No time passes here: [`super::scheduler`] grants turns, [`super::Budget`] waits.
//!
//! This is start-time fair queueing, the simplest order that is fair to callers whatever they send. Each caller has a
//! virtual time: the refill seconds of the requests that it was charged for. The caller with the least virtual time goes
//! next. A caller that comes back after a while gets the least virtual time of those that wait, and goes first among
//! equals. So idleness earns no credit, a time without a queue leaves no debt, and no newcomer waits long. Among greedy
//! callers none is ever ahead of another by more than one request.
//!
//! Two things are scarce, so there are two classes: requests that need group tokens, and the rest. A class charges
//! nothing for requests of the other one. Otherwise a caller that sends one group command a second, which nobody else
//! wants, would wait for light commands as if it had sent ten. The group class goes first, because at most one request
//! in ten needs a group token. It does not go twice in a row while the other class could go, because a slow bridge
//! would then do nothing else.
//!
//! If the first caller of a class lacks scarce tokens, requests of that class that need none pass it. They are not
//! charged: no other request could have used their turn.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{
    caller::Caller,
    token_buckets::{Cost, TokenBuckets, add_tokens},
};

/// Identifies a place in the queue.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    caller: Caller,
    is_group: bool,
    pub(super) number: u64,
}

/// Holds the requests of both classes that are waiting, each with a payload `P`.
pub(super) struct FairQueue<P> {
    group: Class<P>,
    default: Class<P>,
    group_was_last: bool,
    next_number: u64,
    /// The sum of the costs of all requests that are waiting.
    needs: [f64; 3],
}

/// The requests that compete for the same scarce tokens.
struct Class<P> {
    flows: Vec<Flow<P>>,
}

/// Holds the requests of one caller in one class that are waiting.
struct Flow<P> {
    caller: Caller,
    /// The refill seconds that this caller was charged for. Only differences between callers mean anything.
    virtual_time: f64,
    /// Is set until the flow has had a turn. New flows go first among equals, in the order in which they came. A caller
    /// is new only once in a round, so this does not hold the others up.
    is_new: bool,
    waiting: VecDeque<Waiter<P>>,
}

/// A request that is waiting.
pub(super) struct Waiter<P> {
    pub(super) number: u64,
    pub(super) cost: Cost,
    pub(super) payload: P,
}

/// Says what happens next in the queue.
pub(super) enum NextTurn<P> {
    /// This request has its turn now.
    Ready(Waiter<P>),
    /// No request has its turn before this moment.
    At(Instant),
    /// No request is waiting.
    Idle,
}

/// The flow whose first request has its turn.
struct Selection {
    is_group: bool,
    flow: usize,
    is_charged: bool,
}

impl<P> FairQueue<P> {
    pub(super) fn new() -> Self {
        let class = || Class { flows: Vec::new() };
        Self { group: class(), default: class(), group_was_last: false, next_number: 0, needs: [0.0; 3] }
    }

    /// Adds a request behind those of the same caller and class.
    pub(super) fn push(&mut self, caller: &Caller, cost: Cost, payload: P) -> Ticket {
        let number = self.next_number;
        self.next_number += 1;
        add_tokens(&mut self.needs, cost.per_bucket(), 1.0);
        let flow = self.class_mut(cost.is_group()).join_flow(caller);
        flow.waiting.push_back(Waiter { number, cost, payload });
        Ticket { caller: caller.clone(), is_group: cost.is_group(), number }
    }

    /// Removes a request, if it still waits.
    pub(super) fn remove(&mut self, ticket: &Ticket) {
        let flow = self.class_mut(ticket.is_group).flows.iter_mut().find(|flow| flow.caller == ticket.caller);
        // Numbers only grow, so each flow is sorted.
        let removed = flow.and_then(|flow| {
            let position = flow.waiting.binary_search_by_key(&ticket.number, |waiter| waiter.number).ok()?;
            flow.waiting.remove(position)
        });
        if let Some(waiter) = removed {
            self.subtract_needs(waiter.cost);
        }
    }

    /// Removes the request that has its turn, if its tokens are available. The caller of this function takes them.
    pub(super) fn pop(&mut self, tokens: &TokenBuckets) -> NextTurn<P> {
        let selection = match self.select(tokens) {
            Ok(selection) => selection,
            Err(due) => return due.map_or(NextTurn::Idle, NextTurn::At),
        };
        self.group_was_last = selection.is_group;
        let flow = self.class_mut(selection.is_group).flows.get_mut(selection.flow);
        let Some((flow, waiter)) = flow.and_then(|flow| flow.waiting.pop_front().map(|waiter| (flow, waiter))) else {
            return NextTurn::Idle;
        };
        flow.is_new = false;
        if selection.is_charged {
            flow.virtual_time += waiter.cost.refill_seconds();
        }
        self.subtract_needs(waiter.cost);
        NextTurn::Ready(waiter)
    }

    /// Returns the sum of the costs of all requests that are waiting.
    pub(super) fn needs(&self) -> [f64; 3] {
        self.needs
    }

    /// Counts the requests that are waiting.
    pub(super) fn len(&self) -> usize {
        self.flows().map(|flow| flow.waiting.len()).sum()
    }

    /// Copies the queue for a forecast. The costs keep their order, at most `max_per_flow` of each flow are copied, and
    /// each has the payload `false`.
    pub(super) fn copy_costs(&self, max_per_flow: usize) -> FairQueue<bool> {
        let copy =
            |class: &Class<P>| Class { flows: class.flows.iter().map(|flow| flow.copy_costs(max_per_flow)).collect() };
        FairQueue {
            group: copy(&self.group),
            default: copy(&self.default),
            group_was_last: self.group_was_last,
            next_number: self.next_number,
            needs: self.needs,
        }
    }

    /// Selects the flow that has its turn; otherwise returns the moment of the next turn, if any request waits.
    fn select(&self, tokens: &TokenBuckets) -> Result<Selection, Option<Instant>> {
        let mut due: Option<Instant> = None;
        for is_group in [!self.group_was_last, self.group_was_last] {
            let class = if is_group { &self.group } else { &self.default };
            let mut skip_scarce = false;
            while let Some((flow, cost)) = class.first_flow(skip_scarce) {
                let at = tokens.available_at(cost.per_bucket());
                if at <= tokens.now() {
                    return Ok(Selection { is_group, flow, is_charged: !skip_scarce });
                }
                due = Some(due.map_or(at, |due| due.min(at)));
                if skip_scarce || !tokens.lacks_scarce(cost) {
                    // It waits for tokens that every request needs: a request that passed it would take them away.
                    return Err(due);
                }
                skip_scarce = true;
            }
        }
        Err(due)
    }

    fn flows(&self) -> impl Iterator<Item = &Flow<P>> {
        self.group.flows.iter().chain(&self.default.flows)
    }

    fn class_mut(&mut self, is_group: bool) -> &mut Class<P> {
        if is_group { &mut self.group } else { &mut self.default }
    }

    fn subtract_needs(&mut self, cost: Cost) {
        add_tokens(&mut self.needs, cost.per_bucket(), -1.0);
        if !self.flows().any(Flow::is_waiting) {
            // Drops what rounding left over.
            self.needs = [0.0; 3];
        }
    }
}

impl<P> Class<P> {
    /// Returns the flow of a caller that joins, and drops the flows that mean nothing any more.
    fn join_flow(&mut self, caller: &Caller) -> &mut Flow<P> {
        let waiting = self.flows.iter().filter(|flow| flow.is_waiting());
        let least = waiting.map(|flow| flow.virtual_time).min_by(f64::total_cmp);
        self.flows.retain(|flow| flow.is_waiting() || least.is_some_and(|least| flow.virtual_time > least));
        let position = self.flows.iter().position(|flow| flow.caller == *caller);
        let position = position.unwrap_or_else(|| {
            let virtual_time = least.unwrap_or(0.0);
            self.flows.push(Flow { caller: caller.clone(), virtual_time, is_new: true, waiting: VecDeque::new() });
            self.flows.len() - 1
        });
        &mut self.flows[position]
    }

    /// Returns the flow with the least virtual time and the cost of its first request. With `skip_scarce`, considers
    /// only flows whose first request needs no scarce tokens.
    fn first_flow(&self, skip_scarce: bool) -> Option<(usize, Cost)> {
        let firsts = self.flows.iter().enumerate().filter_map(|(index, flow)| {
            let first = flow.waiting.front().filter(|first| !(skip_scarce && first.cost.needs_scarce()))?;
            Some((index, flow, first))
        });
        let least = firsts.min_by(|(_, one, first), (_, other, second)| {
            let virtual_time = one.virtual_time.total_cmp(&other.virtual_time);
            virtual_time.then(other.is_new.cmp(&one.is_new)).then(first.number.cmp(&second.number))
        });
        least.map(|(index, _, first)| (index, first.cost))
    }
}

impl<P> Flow<P> {
    fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn copy_costs(&self, max: usize) -> Flow<bool> {
        let copy = |waiter: &Waiter<P>| Waiter { number: waiter.number, cost: waiter.cost, payload: false };
        Flow {
            caller: self.caller.clone(),
            virtual_time: self.virtual_time,
            is_new: self.is_new,
            waiting: self.waiting.iter().take(max).map(copy).collect(),
        }
    }
}
