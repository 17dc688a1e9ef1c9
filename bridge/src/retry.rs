//! Trying again, when that can help.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;

/// How often something is tried again after it failed.
const RETRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Runs `attempt` until it works, fails for good, was tried three times more, or would have to wait past `deadline`.
///
/// What is not `repeatable` is only tried again if the bridge surely did nothing.
pub(crate) async fn run<T, A>(deadline: Instant, repeatable: bool, mut attempt: impl FnMut() -> A) -> Result<T, Failure>
where
    A: Future<Output = Result<T, Failure>>,
{
    let mut tried = 0;
    loop {
        let failure = match attempt().await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let may = failure.is_transient() && (repeatable || failure.surely_not_done());
        let next = Instant::now() + pause(tried, FIRST_PAUSE, LONGEST_PAUSE);
        if !may || tried == RETRIES || next >= deadline {
            return Err(failure);
        }
        tried += 1;
        tracing::debug!(?failure, tried, "tries again");
        sleep_until(next).await;
    }
}

/// The pause after the attempt with this number, from 0: doubled each time, and then anything from half of it to all.
pub(crate) fn pause(attempt: u32, first: Duration, longest: Duration) -> Duration {
    let full = first.saturating_mul(2_u32.saturating_pow(attempt)).min(longest);
    full.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

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

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_it() {
        let start = Instant::now();
        let (count, _) = tries(Failure::Timeout, true, Duration::from_millis(250)).await;
        assert!(count <= 2 && start.elapsed() < Duration::from_millis(250), "{count}");
    }

    #[test]
    fn pauses_grow_and_end() {
        for attempt in 0..40 {
            let pause = pause(attempt, FIRST_PAUSE, LONGEST_PAUSE);
            assert!(pause >= FIRST_PAUSE / 2 && pause <= LONGEST_PAUSE);
        }
    }
}
