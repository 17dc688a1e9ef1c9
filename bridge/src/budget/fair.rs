//! Whose turn is next. No time passes here and nobody waits here: [`super::line`] calls, [`super::Budget`] waits.
//!
//! Start-time fair queueing, the simplest order that is fair to callers whatever they send: each caller has spent some
//! seconds of the limit its requests are hardest on, the one who has spent least goes next, and who comes after a
//! while has spent as much as the least of those who wait, and is the first of these: no credit for idleness, no debt
//! from times without a queue, no long wait. Among greedy callers nobody is ever ahead of another by more than one
//! request.
//!
//! There are two such lanes, since two things are scarce: group tokens, and all else. A lane charges nothing for what
//! passes in the other, or who sends a group command a second, which nobody else wants, would wait for light commands
//! as if it had sent ten. Group commands go first, as there is one in ten requests at most; but not twice in a row
//! where others could go, or a slow bridge would do nothing else.
//!
//! Where the first of a lane lacks tokens that not everybody needs, those who need none pass. They pay nothing for it:
//! what they get, nobody else could have used.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{
    caller::Caller,
    tokens::{Cost, Tokens, add},
};

/// A place in the line.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    caller: Caller,
    is_group: bool,
    pub(super) number: u64,
}

/// Those who wait, `W` each, in both lanes.
pub(super) struct Fair<W> {
    groups: Lane<W>,
    others: Lane<W>,
    group_was_last: bool,
    next: u64,
    /// What all who wait need together.
    needs: [f64; 3],
}

struct Lane<W> {
    accounts: Vec<Account<W>>,
}

/// One caller in one lane.
struct Account<W> {
    caller: Caller,
    /// Seconds of the limit that its requests were hardest on. Only the difference to other callers means anything.
    spent: f64,
    /// It has not had a turn since it came. The new go first among equals, and in the order they came; as each name is
    /// new once in a round, the others go on.
    is_new: bool,
    waiting: VecDeque<Waiter<W>>,
}

/// One who waits.
pub(super) struct Waiter<W> {
    pub(super) number: u64,
    pub(super) cost: Cost,
    pub(super) who: W,
}

/// What can happen next.
pub(super) enum Turn<W> {
    /// It is this one's turn.
    Of(Waiter<W>),
    /// Nobody's before this moment.
    At(Instant),
    /// Nobody waits.
    Nobody,
}

/// The first of an account whose turn it is.
struct Found {
    is_group: bool,
    account: usize,
    pays: bool,
}

impl<W> Fair<W> {
    pub(super) fn new() -> Self {
        let lane = || Lane { accounts: Vec::new() };
        Self { groups: lane(), others: lane(), group_was_last: false, next: 0, needs: [0.0; 3] }
    }

    /// Joins behind those of the same caller.
    pub(super) fn join(&mut self, caller: &Caller, cost: Cost, who: W) -> Ticket {
        let number = self.next;
        self.next += 1;
        add(&mut self.needs, cost.each(), 1.0);
        self.lane(cost.is_group()).account(caller).waiting.push_back(Waiter { number, cost, who });
        Ticket { caller: caller.clone(), is_group: cost.is_group(), number }
    }

    /// Leaves, if it still waits.
    pub(super) fn leave(&mut self, ticket: &Ticket) {
        let account = self.lane(ticket.is_group).accounts.iter_mut().find(|account| account.caller == ticket.caller);
        // Numbers only grow, so each account is in order.
        let left = account.and_then(|account| {
            let position = account.waiting.binary_search_by_key(&ticket.number, |waiter| waiter.number).ok()?;
            account.waiting.remove(position)
        });
        if let Some(waiter) = left {
            self.forget(waiter.cost);
        }
    }

    /// Takes the next one out, if the tokens are there. Taking them is up to the caller.
    pub(super) fn next(&mut self, tokens: &Tokens) -> Turn<W> {
        let found = match self.find(tokens) {
            Ok(found) => found,
            Err(due) => return due.map_or(Turn::Nobody, Turn::At),
        };
        self.group_was_last = found.is_group;
        let account = self.lane(found.is_group).accounts.get_mut(found.account);
        let Some((account, waiter)) = account.and_then(|it| it.waiting.pop_front().map(|waiter| (it, waiter))) else {
            return Turn::Nobody;
        };
        account.is_new = false;
        if found.pays {
            account.spent += waiter.cost.seconds();
        }
        self.forget(waiter.cost);
        Turn::Of(waiter)
    }

    /// What all who wait need together.
    pub(super) fn needs(&self) -> [f64; 3] {
        self.needs
    }

    /// All who wait.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiter<W>> {
        self.accounts().flat_map(|account| &account.waiting)
    }

    /// The same line, of the same costs in the same order, to see what will become of it: at most `most` of each
    /// caller.
    pub(super) fn outline(&self, most: usize) -> Fair<bool> {
        let lane = |lane: &Lane<W>| Lane { accounts: lane.accounts.iter().map(|it| it.outline(most)).collect() };
        Fair {
            groups: lane(&self.groups),
            others: lane(&self.others),
            group_was_last: self.group_was_last,
            next: self.next,
            needs: self.needs,
        }
    }

    /// Whose turn it is, or when it will be somebody's.
    fn find(&self, tokens: &Tokens) -> Result<Found, Option<Instant>> {
        let mut due: Option<Instant> = None;
        for is_group in [!self.group_was_last, self.group_was_last] {
            let lane = if is_group { &self.groups } else { &self.others };
            let mut closed = false;
            while let Some((account, cost)) = lane.first(closed) {
                let at = tokens.when(cost.each());
                if at <= tokens.now() {
                    return Ok(Found { is_group, account, pays: !closed });
                }
                due = Some(due.map_or(at, |due| due.min(at)));
                if closed || !tokens.lacks_scarce(cost) {
                    // It waits for what everybody needs: whoever went now would take it away.
                    return Err(due);
                }
                closed = true;
            }
        }
        Err(due)
    }

    fn accounts(&self) -> impl Iterator<Item = &Account<W>> {
        self.groups.accounts.iter().chain(&self.others.accounts)
    }

    fn lane(&mut self, is_group: bool) -> &mut Lane<W> {
        if is_group { &mut self.groups } else { &mut self.others }
    }

    fn forget(&mut self, cost: Cost) {
        add(&mut self.needs, cost.each(), -1.0);
        if !self.accounts().any(Account::waits) {
            // What rounding left over.
            self.needs = [0.0; 3];
        }
    }
}

impl<W> Lane<W> {
    /// The account of a caller who joins.
    fn account(&mut self, caller: &Caller) -> &mut Account<W> {
        let waiting = self.accounts.iter().filter(|account| account.waits());
        let least = waiting.map(|account| account.spent).min_by(f64::total_cmp);
        self.accounts.retain(|account| account.waits() || least.is_some_and(|least| account.spent > least));
        let position = self.accounts.iter().position(|account| account.caller == *caller);
        let position = position.unwrap_or_else(|| {
            let spent = least.unwrap_or(0.0);
            self.accounts.push(Account { caller: caller.clone(), spent, is_new: true, waiting: VecDeque::new() });
            self.accounts.len() - 1
        });
        &mut self.accounts[position]
    }

    /// The account that has spent least, and what its first one costs. If scarce tokens are closed, among those whose
    /// first one needs none.
    fn first(&self, closed: bool) -> Option<(usize, Cost)> {
        let firsts = self.accounts.iter().enumerate().filter_map(|(index, account)| {
            let first = account.waiting.front().filter(|first| !(closed && first.cost.is_scarce()))?;
            Some((index, account, first))
        });
        let least = firsts.min_by(|(_, one, first), (_, other, second)| {
            let spent = one.spent.total_cmp(&other.spent);
            spent.then(other.is_new.cmp(&one.is_new)).then(first.number.cmp(&second.number))
        });
        least.map(|(index, _, first)| (index, first.cost))
    }
}

impl<W> Account<W> {
    fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn outline(&self, most: usize) -> Account<bool> {
        let outline = |waiter: &Waiter<W>| Waiter { number: waiter.number, cost: waiter.cost, who: false };
        Account {
            caller: self.caller.clone(),
            spent: self.spent,
            is_new: self.is_new,
            waiting: self.waiting.iter().take(most).map(outline).collect(),
        }
    }
}
