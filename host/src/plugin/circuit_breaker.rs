//! A circuit breaker: it disables a plugin after repeated crashes, for a growing pause.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Is the number of crashes in a row that opens the circuit.
const MAX_CRASHES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const MAX_PAUSE: Duration = Duration::from_mins(10);

/// Counts the crashes of one version of a plugin, and refuses its calls after too many.
#[derive(Debug, Default)]
pub(crate) struct CircuitBreaker {
    state: Mutex<BreakerState>,
}

#[derive(Debug, Default)]
struct BreakerState {
    /// Counts the crashes since the last call that did not crash.
    crashes: u32,
    /// Counts the pauses that followed that call.
    pauses: u32,
    open_until: Option<Instant>,
    last_crash: String,
}

/// Refuses a call while the circuit is open. Its message continues "the plugin is …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "disabled after repeated crashes; it is tried again in {} s: it crashed {crashes} times in a row, the last time {last_crash}",
    left.as_secs().max(1)
)]
pub(crate) struct CircuitOpen {
    /// Counts the crashes that followed each other.
    pub(crate) crashes: u32,
    /// Is the time until calls are let through again.
    pub(crate) left: Duration,
    /// Explains the last crash.
    pub(crate) last_crash: String,
}

impl CircuitBreaker {
    /// Checks that the plugin may be called. After a pause the circuit closes by itself; the first crash then opens it for
    /// twice as long.
    ///
    /// # Errors
    /// The circuit is open.
    pub(crate) fn check(&self) -> Result<(), CircuitOpen> {
        self.open().map_or(Ok(()), Err)
    }

    /// Returns the present pause, if the circuit is open.
    pub(crate) fn open(&self) -> Option<CircuitOpen> {
        let state = self.state.lock();
        let left = state.open_until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| CircuitOpen { crashes: state.crashes, left, last_crash: state.last_crash.clone() })
    }

    /// Records a call that did not crash: the breaker forgets all crashes.
    pub(crate) fn record_success(&self) {
        let mut state = self.state.lock();
        if state.crashes > 0 {
            *state = BreakerState::default();
        }
    }

    /// Records a crash. Returns the pause if it opens the circuit.
    pub(crate) fn record_crash(&self, message: &str) -> Option<Duration> {
        let mut state = self.state.lock();
        state.crashes += 1;
        message.clone_into(&mut state.last_crash);
        // Calls that were under way when the pause began do not make it longer.
        if state.crashes < MAX_CRASHES || state.open_until.is_some_and(|until| until > Instant::now()) {
            return None;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(16)).min(MAX_PAUSE);
        state.pauses += 1;
        state.open_until = Some(Instant::now() + pause);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn crash(breaker: &CircuitBreaker, times: u32) -> Option<Duration> {
        (0..times).map(|_| breaker.record_crash("it panicked")).last().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn only_crashes_in_a_row_open_the_circuit() {
        let breaker = CircuitBreaker::default();
        assert_eq!(crash(&breaker, MAX_CRASHES - 1), None);
        breaker.record_success();
        assert_eq!(crash(&breaker, MAX_CRASHES - 1), None);
        assert_eq!(breaker.check(), Ok(()));
        assert_eq!(crash(&breaker, 1), Some(FIRST_PAUSE));
        assert_eq!(breaker.check().unwrap_err().crashes, MAX_CRASHES);
    }

    #[tokio::test(start_paused = true)]
    async fn it_closes_by_itself_and_the_next_pause_is_longer() {
        let breaker = CircuitBreaker::default();
        crash(&breaker, MAX_CRASHES);
        advance(FIRST_PAUSE).await;
        assert_eq!(breaker.check(), Ok(()));
        assert_eq!(crash(&breaker, 1), Some(FIRST_PAUSE * 2));
        advance(FIRST_PAUSE * 2).await;
        breaker.record_success();
        assert_eq!(crash(&breaker, MAX_CRASHES), Some(FIRST_PAUSE), "a success forgives everything");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_do_not_lengthen_the_pause() {
        let breaker = CircuitBreaker::default();
        crash(&breaker, MAX_CRASHES);
        assert_eq!(crash(&breaker, 10), None);
        advance(FIRST_PAUSE).await;
        assert_eq!(breaker.check(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_do_not_exceed_the_longest() {
        let breaker = CircuitBreaker::default();
        for _ in 0..40 {
            crash(&breaker, MAX_CRASHES);
            advance(MAX_PAUSE).await;
        }
        assert_eq!(crash(&breaker, 1), Some(MAX_PAUSE));
    }
}
