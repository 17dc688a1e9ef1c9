//! The order of turns, with tokens and moments that the test controls.

use super::*;

/// The caller number that stands for the mirror.
const MIRROR_NUMBER: usize = usize::MAX;

/// A scheduler, and the turns that it granted, in their order.
pub(super) struct Course {
    pub(super) scheduler: Scheduler,
    pub(super) start: Instant,
    now: Instant,
    waiting: Vec<(usize, Ticket, oneshot::Receiver<()>)>,
    pub(super) called: Vec<Called>,
}

pub(super) struct Called {
    caller: usize,
    number: u64,
    at: Duration,
}

impl Course {
    pub(super) fn new() -> Self {
        let start = Instant::now();
        let scheduler = Scheduler::new(start, MAX_IN_FLIGHT);
        Self { scheduler, start, now: start, waiting: Vec::new(), called: Vec::new() }
    }

    /// Creates a course whose tokens are spent.
    pub(super) fn exhausted() -> Self {
        let mut course = Self::new();
        course.join(0, Cost::GROUP_COMMAND, 1);
        course.join(0, Cost::light(1), 9);
        course.run_until(Duration::ZERO);
        course.called.clear();
        course
    }

    pub(super) fn join(&mut self, caller: usize, cost: Cost, times: usize) {
        for _ in 0..times {
            self.join_one(caller, cost);
        }
    }

    pub(super) fn join_one(&mut self, caller: usize, cost: Cost) -> u64 {
        let (call, turn) = oneshot::channel();
        let ticket = self.scheduler.enqueue(&name(caller), cost, call);
        let number = ticket.number;
        self.waiting.push((caller, ticket, turn));
        number
    }

    /// Takes every granted turn at once, until no more are granted before `end`.
    pub(super) fn run_until(&mut self, end: Duration) {
        loop {
            self.scheduler.refill(self.now);
            let due = self.scheduler.grant_turns();
            if self.serve() {
                continue;
            }
            match due.filter(|due| *due <= self.start + end) {
                Some(due) => self.now = due,
                None => break,
            }
        }
        self.now = self.start + end;
        self.scheduler.refill(self.now);
    }

    fn serve(&mut self) -> bool {
        let before = self.waiting.len();
        let (scheduler, called, at) = (&mut self.scheduler, &mut self.called, self.now - self.start);
        self.waiting.retain_mut(|(caller, ticket, call)| {
            if call.try_recv().is_err() {
                return true;
            }
            scheduler.on_turn_taken(ticket);
            scheduler.on_finished();
            called.push(Called { caller: *caller, number: ticket.number, at });
            false
        });
        self.waiting.len() < before
    }

    /// Returns when the turns of a caller came.
    pub(super) fn of(&self, caller: usize) -> Vec<Duration> {
        self.called.iter().filter(|it| it.caller == caller).map(|it| it.at).collect()
    }

    /// Returns when the turn of one request came.
    pub(super) fn turn(&self, number: u64) -> Option<Duration> {
        self.called.iter().find(|it| it.number == number).map(|it| it.at)
    }

    fn order(&self) -> Vec<usize> {
        // Turns of one moment are listed as their requests joined, which may not be the order in which they were granted.
        self.called.iter().map(|it| it.caller).collect()
    }
}

pub(super) fn name(caller: usize) -> Caller {
    if caller == MIRROR_NUMBER { Caller::MIRROR } else { format!("caller {caller}").into() }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn two_callers_take_turns_however_much_one_of_them_wants() {
    let mut course = Course::exhausted();
    course.join(1, Cost::light(1), 100);
    course.join(2, Cost::light(1), 3);
    course.run_until(seconds(1));
    assert_eq!(course.order()[..7], [1, 2, 1, 2, 1, 2, 1]);
}

#[test]
fn who_was_idle_has_no_credit_and_no_long_wait() {
    let mut course = Course::exhausted();
    for caller in 1..20 {
        course.join(caller, Cost::light(1), 100);
    }
    course.run_until(seconds(30));
    course.called.clear();
    course.join(20, Cost::light(1), 100);
    course.run_until(seconds(40));
    let own = course.of(20);
    assert!(own[0] <= Duration::from_millis(30_300), "{own:?}");
    assert!((5..=7).contains(&own.len()), "not for the time before: {own:?}");
}

#[test]
fn a_burst_nobody_suffered_from_is_no_debt() {
    let mut course = Course::new();
    course.join(1, Cost::light(1), 10);
    course.run_until(Duration::ZERO);
    course.join(1, Cost::light(1), 5);
    course.join(2, Cost::light(1), 5);
    course.run_until(seconds(2));
    assert_eq!(course.order()[10..], [1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
}

#[test]
fn the_dear_get_as_many_tokens_as_the_cheap() {
    let mut course = Course::exhausted();
    course.join(1, Cost::light(10), 100);
    for caller in 2..=5 {
        course.join(caller, Cost::light(1), 400);
    }
    course.run_until(seconds(100));
    // 1000 tokens for five callers: 50 commands of four tokens, or 200 of one.
    assert!((49..=51).contains(&course.of(1).len()), "{}", course.of(1).len());
    for caller in 2..=5 {
        assert!((197..=203).contains(&course.of(caller).len()), "{}", course.of(caller).len());
    }
}

#[test]
fn groups_that_nobody_else_wants_do_not_wait_for_lights() {
    let mut course = Course::exhausted();
    course.join(0, Cost::GROUP_COMMAND, 100);
    for caller in 1..20 {
        course.join(caller, Cost::light(1), 100);
    }
    course.run_until(seconds(60));
    assert!((59..=61).contains(&course.of(0).len()), "{}", course.of(0).len());
    for caller in 1..20 {
        // The other 19 callers share the 540 of 600 requests that are left.
        assert!((27..=30).contains(&course.of(caller).len()), "{}", course.of(caller).len());
    }
    // Their sender has no debt in the class of light commands.
    let light = course.join_one(0, Cost::light(1));
    course.run_until(seconds(61));
    assert!(course.turn(light).is_some_and(|at| at < Duration::from_millis(60_400)));
}

#[test]
fn reads_pass_lights_that_lack_tokens_of_their_own() {
    let mut course = Course::exhausted();
    course.join(1, Cost::light(3), 100);
    course.join(2, Cost::light(3), 100);
    course.join(3, Cost::REQUEST_ONLY, 1000);
    course.run_until(seconds(10));
    let (lights, reads) = (course.of(1).len() + course.of(2).len(), course.of(3).len());
    assert!(lights + reads >= 99, "{lights} {reads}");
    assert!(course.of(1).len().abs_diff(course.of(2).len()) <= 1);
    assert!((30..=40).contains(&reads), "{reads}");
}

#[test]
fn what_passed_is_no_debt() {
    let mut course = Course::exhausted();
    for caller in 1..=10 {
        course.join(caller, Cost::light(10), 100);
    }
    course.join(11, Cost::REQUEST_ONLY, 500);
    course.run_until(seconds(60));
    assert!(course.of(11).len() > 400, "it had what nobody else could use");
    // Its own requests keep their order; then its light command is as early as any other caller's.
    let light = course.join_one(11, Cost::light(1));
    course.run_until(seconds(120));
    assert!(course.turn(light).is_some_and(|at| at < seconds(75)), "{:?}", course.turn(light));
}

#[test]
fn a_slow_bridge_does_not_do_groups_only() {
    let mut scheduler = Scheduler::new(Instant::now(), 1);
    let mut now = Instant::now();
    let mut lights = 0;
    let mut calls = Vec::new();
    for _ in 0..40 {
        for (is_group, cost) in [(true, Cost::GROUP_COMMAND), (false, Cost::light(1))] {
            let (call, called) = oneshot::channel();
            calls.push((is_group, scheduler.enqueue(&name(usize::from(is_group)), cost, call), called));
        }
    }
    for _ in 0..20 {
        // One request at a time, and one second for each.
        scheduler.refill(now);
        scheduler.grant_turns();
        let at = calls.iter_mut().position(|(_, _, called)| called.try_recv().is_ok()).expect("somebody goes");
        let (is_group, ticket, _) = calls.remove(at);
        lights += u32::from(!is_group);
        scheduler.on_turn_taken(&ticket);
        scheduler.on_finished();
        now += seconds(1);
    }
    assert_eq!(lights, 10);
}

#[test]
fn the_mirror_is_neither_starved_nor_starves() {
    let mut course = Course::exhausted();
    for caller in 1..=20 {
        course.join(caller, Cost::light(1), 1000);
    }
    course.run_until(seconds(10));
    let read = course.join_one(MIRROR_NUMBER, Cost::REQUEST_ONLY);
    course.run_until(seconds(20));
    assert!(course.turn(read).is_some_and(|at| at < Duration::from_millis(10_300)), "{:?}", course.turn(read));
    course.called.clear();
    course.join(MIRROR_NUMBER, Cost::REQUEST_ONLY, 1000);
    course.run_until(seconds(83));
    for caller in (1..=20).chain([MIRROR_NUMBER]) {
        assert!((29..=31).contains(&course.of(caller).len()), "{}", course.of(caller).len());
    }
}
