//! Retries attempts that failed for a transient reason, with exponential backoff and jitter.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::attempt_error::AttemptError;

/// The most retries that follow the first attempt.
const MAX_RETRIES: u32 = 3;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(200);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
/// The time that a bridge takes to answer: a hundred requests, three at a time, take 2.2 s (facts: 3.2). Requests with
/// less time left are not sent: their outcome would be unknown.
pub(crate) const MIN_ANSWER_TIME: Duration = Duration::from_millis(66);

/// Runs `attempt` until it succeeds, fails permanently, was retried three times, or could not be answered by `deadline`.
///
/// An attempt that is not `repeatable` is only retried if the bridge definitely did nothing.
pub(crate) async fn retry_transient<T, A>(
    deadline: Instant,
    repeatable: bool,
    mut attempt: impl FnMut() -> A,
) -> Result<T, AttemptError>
where
    A: Future<Output = Result<T, AttemptError>>,
{
    let mut retries = 0;
    let mut furthest = None;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let may_retry = error.is_transient() && (repeatable || error.may_repeat_any());
        let next = Instant::now() + backoff_delay(retries, FIRST_RETRY_DELAY, MAX_RETRY_DELAY);
        if !may_retry || retries == MAX_RETRIES || next + MIN_ANSWER_TIME > deadline {
            return Err(keep_furthest(furthest, error));
        }
        furthest = Some(keep_furthest(furthest, error));
        retries += 1;
        tracing::debug!(retries, "retrying the request");
        sleep_until(next).await;
    }
}

/// Keeps an earlier attempt's error if the later attempt got less far: the earlier one was sent, or may have been done.
fn keep_furthest(earlier: Option<AttemptError>, error: AttemptError) -> AttemptError {
    earlier.filter(|earlier| earlier.progress() > error.progress()).unwrap_or(error)
}

/// Returns the delay after attempt number `attempt`, which counts from 0. The full delay doubles each time up to `max`;
/// the jitter takes away up to half of it.
pub(crate) fn backoff_delay(attempt: u32, first: Duration, max: Duration) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt)).min(max);
    full.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use proptest::prelude::*;

    use super::*;

    async fn tries(error: AttemptError, repeatable: bool, within: Duration) -> (u32, Result<(), AttemptError>) {
        let count = Cell::new(0);
        let result = retry_transient(Instant::now() + within, repeatable, || {
            count.set(count.get() + 1);
            std::future::ready(Err(error.clone()))
        })
        .await;
        (count.get(), result)
    }

    const LONG_TIME: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn transient_errors_are_tried_three_times_more() {
        for error in [
            AttemptError::Connect(String::new()),
            AttemptError::Timeout,
            AttemptError::Throttled(429),
            AttemptError::Throttled(503),
            AttemptError::BadGateway,
            AttemptError::ConnectionLost(String::new()),
            AttemptError::Malformed(String::new()),
        ] {
            assert_eq!(tries(error.clone(), true, LONG_TIME).await, (4, Err(error)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_never_tried_again() {
        for error in
            [AttemptError::Rejected(400, String::new()), AttemptError::Unauthorized, AttemptError::Busy(LONG_TIME)]
        {
            assert_eq!(tries(error.clone(), true, LONG_TIME).await, (1, Err(error)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_adds_up_is_only_repeated_if_it_surely_was_not_done() {
        assert_eq!(tries(AttemptError::Timeout, false, LONG_TIME).await.0, 1);
        assert_eq!(tries(AttemptError::BadGateway, false, LONG_TIME).await.0, 1);
        assert_eq!(tries(AttemptError::Throttled(429), false, LONG_TIME).await.0, 4);
        assert_eq!(tries(AttemptError::Connect(String::new()), false, LONG_TIME).await.0, 4);
    }

    /// When each attempt began, if each takes so long and then fails.
    fn schedule(within: Duration, takes: Duration) -> Vec<Duration> {
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        clock.expect("a clock").block_on(async {
            let start = Instant::now();
            let began = RefCell::new(Vec::new());
            let result: Result<(), _> = retry_transient(start + within, true, async || {
                began.borrow_mut().push(start.elapsed());
                sleep_until(Instant::now() + takes).await;
                Err(AttemptError::Timeout)
            })
            .await;
            assert_eq!(result, Err(AttemptError::Timeout));
            began.into_inner()
        })
    }

    #[test]
    fn each_pause_is_twice_the_last_and_up_to_half_of_it_is_chance() {
        let mut shares = Vec::new();
        for _ in 0..50 {
            let began = schedule(LONG_TIME, Duration::ZERO);
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
                prop_assert!(*again + MIN_ANSWER_TIME <= within + Duration::from_millis(1), "{began:?}");
            }
            // And it is tried as long as it could be.
            let last = *began.last().unwrap_or(&Duration::ZERO);
            prop_assert!(began.len() == 4 || last + takes + Duration::from_millis(800) + MIN_ANSWER_TIME >= within, "{began:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_stays_in_doubt() {
        for (later, told) in [
            (AttemptError::Connect(String::new()), AttemptError::Timeout),
            (AttemptError::Busy(LONG_TIME), AttemptError::Timeout),
            (AttemptError::Throttled(429), AttemptError::Timeout),
            (AttemptError::Rejected(400, String::new()), AttemptError::Rejected(400, String::new())),
        ] {
            let mut errors = vec![later.clone(), later.clone(), later, AttemptError::Timeout];
            let result: Result<(), _> = retry_transient(Instant::now() + LONG_TIME, true, || {
                std::future::ready(Err(errors.pop().unwrap_or(AttemptError::BadGateway)))
            })
            .await;
            assert_eq!(result, Err(told));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_bridge_discarded_is_never_told_as_unsent() {
        for later in [AttemptError::Connect(String::new()), AttemptError::Busy(LONG_TIME)] {
            let mut errors = vec![later.clone(), later.clone(), later, AttemptError::Throttled(503)];
            let result: Result<(), _> = retry_transient(Instant::now() + LONG_TIME, true, || {
                std::future::ready(Err(errors.pop().unwrap_or(AttemptError::BadGateway)))
            })
            .await;
            assert_eq!(result, Err(AttemptError::Throttled(503)));
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        for attempt in 0..40 {
            let delay = backoff_delay(attempt, FIRST_RETRY_DELAY, MAX_RETRY_DELAY);
            assert!(delay >= FIRST_RETRY_DELAY / 2 && delay <= MAX_RETRY_DELAY);
        }
    }
}
