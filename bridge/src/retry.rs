//! Trying again, when that can help.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;

/// How often something is tried again after it failed.
const RETRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What a bridge takes to answer: three at a time, a hundred requests take 2.2 s (facts: 3.2). What has less time left
/// is not sent, as it would only be left unknown what came of it.
pub(crate) const ANSWER: Duration = Duration::from_millis(66);

/// Runs `attempt` until it works, fails for good, was tried three times more, or could not be answered by `deadline`.
///
/// What is not `repeatable` is only tried again if the bridge surely did nothing.
pub(crate) async fn run<T, A>(deadline: Instant, repeatable: bool, mut attempt: impl FnMut() -> A) -> Result<T, Failure>
where
    A: Future<Output = Result<T, Failure>>,
{
    let mut tried = 0;
    let mut doubt = None;
    loop {
        let failure = match attempt().await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let may = failure.is_transient() && (repeatable || failure.surely_not_done());
        let next = Instant::now() + pause(tried, FIRST_PAUSE, LONGEST_PAUSE);
        if !may || tried == RETRIES || next + ANSWER > deadline {
            return Err(in_doubt(doubt, failure));
        }
        doubt = Some(in_doubt(doubt, failure)).filter(|failure| !failure.surely_not_done());
        tried += 1;
        tracing::debug!(tried, "tries again");
        sleep_until(next).await;
    }
}

/// What an earlier attempt may have done is not undone by a later one that surely did nothing.
fn in_doubt(doubt: Option<Failure>, failure: Failure) -> Failure {
    doubt.filter(|_| failure.surely_not_done()).unwrap_or(failure)
}

/// The pause after the attempt with this number, from 0: doubled each time, and then anything from half of it to all.
pub(crate) fn pause(attempt: u32, first: Duration, longest: Duration) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt)).min(longest);
    full.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use proptest::prelude::*;

    use super::*;

    async fn tries(failure: Failure, repeatable: bool, within: Duration) -> (u32, Result<(), Failure>) {
        let count = Cell::new(0);
        let result = run(Instant::now() + within, repeatable, || {
            count.set(count.get() + 1);
            std::future::ready(Err(failure.clone()))
        })
        .await;
        (count.get(), result)
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn transient_failures_are_tried_three_times_more() {
        for failure in [
            Failure::Connect(String::new()),
            Failure::Timeout,
            Failure::Throttled(429),
            Failure::Throttled(503),
            Failure::Down,
            Failure::Broken(String::new()),
            Failure::Garbled(String::new()),
        ] {
            assert_eq!(tries(failure.clone(), true, LONG).await, (4, Err(failure)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_never_tried_again() {
        for failure in [Failure::Rejected(400, String::new()), Failure::Unauthorized, Failure::Busy(LONG)] {
            assert_eq!(tries(failure.clone(), true, LONG).await, (1, Err(failure)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_adds_up_is_only_repeated_if_it_surely_was_not_done() {
        assert_eq!(tries(Failure::Timeout, false, LONG).await.0, 1);
        assert_eq!(tries(Failure::Down, false, LONG).await.0, 1);
        assert_eq!(tries(Failure::Throttled(429), false, LONG).await.0, 4);
        assert_eq!(tries(Failure::Connect(String::new()), false, LONG).await.0, 4);
    }

    /// When each attempt began, if each takes so long and then fails.
    fn schedule(within: Duration, takes: Duration) -> Vec<Duration> {
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        clock.expect("a clock").block_on(async {
            let start = Instant::now();
            let began = RefCell::new(Vec::new());
            let result: Result<(), _> = run(start + within, true, async || {
                began.borrow_mut().push(start.elapsed());
                sleep_until(Instant::now() + takes).await;
                Err(Failure::Timeout)
            })
            .await;
            assert_eq!(result, Err(Failure::Timeout));
            began.into_inner()
        })
    }

    #[test]
    fn each_pause_is_twice_the_last_and_up_to_half_of_it_is_chance() {
        let mut shares = Vec::new();
        for _ in 0..50 {
            let began = schedule(LONG, Duration::ZERO);
            assert_eq!(began.len(), 4);
            for (pair, full) in began.windows(2).zip([200.0, 400.0, 800.0]) {
                let share = pair[1].saturating_sub(pair[0]).as_secs_f64() * 1e3 / full;
                // Timers count in whole milliseconds.
                assert!((0.5..=1.01).contains(&share), "{began:?}");
                shares.push(share);
            }
        }
        shares.sort_by(f64::total_cmp);
        assert!(shares[10] < 0.6 && shares[140] > 0.9, "no jitter: {shares:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_tried_again_that_could_not_be_answered_in_time(within in 0_u64..4000, takes in 0_u64..1500) {
            let (within, takes) = (Duration::from_millis(within), Duration::from_millis(takes));
            let began = schedule(within, takes);
            prop_assert!((1..=4).contains(&began.len()));
            for again in &began[1..] {
                prop_assert!(*again + ANSWER <= within + Duration::from_millis(1), "{began:?}");
            }
            // And it is tried as long as it could be.
            let last = *began.last().unwrap_or(&Duration::ZERO);
            prop_assert!(began.len() == 4 || last + takes + Duration::from_millis(800) + ANSWER >= within, "{began:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_stays_in_doubt() {
        for (later, told) in [
            (Failure::Connect(String::new()), Failure::Timeout),
            (Failure::Busy(LONG), Failure::Timeout),
            (Failure::Throttled(429), Failure::Timeout),
            (Failure::Rejected(400, String::new()), Failure::Rejected(400, String::new())),
        ] {
            let mut failures = vec![later.clone(), later.clone(), later, Failure::Timeout];
            let result: Result<(), _> =
                run(Instant::now() + LONG, true, || std::future::ready(Err(failures.pop().unwrap_or(Failure::Down))))
                    .await;
            assert_eq!(result, Err(told));
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        for attempt in 0..40 {
            let pause = pause(attempt, FIRST_PAUSE, LONGEST_PAUSE);
            assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE);
        }
    }
}
