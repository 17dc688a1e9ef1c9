//! A circuit breaker: a plugin that crashes again and again is put aside for a growing pause.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Crashes in a row after which a plugin is put aside.
const CRASHES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// How one version of a plugin has fared.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    // A std Mutex: held for a few lines, never across an await.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Crashes since the last call that did not crash.
    crashes: u32,
    pauses: u32,
    until: Option<Instant>,
    last: String,
}

/// A plugin that is put aside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it crashed {crashes} times in a row and is put aside for another {} s; the last time {last}", left.as_secs().max(1))]
pub(crate) struct PutAside {
    pub(crate) crashes: u32,
    pub(crate) left: Duration,
    pub(crate) last: String,
}

impl Breaker {
    /// Whether the plugin may be called. After a pause calls are let through again; the first crash among them begins a
    /// pause twice as long.
    ///
    /// # Errors
    /// It is put aside: why, and for how long.
    pub(crate) fn check(&self) -> Result<(), PutAside> {
        self.put_aside().map_or(Ok(()), Err)
    }

    /// The pause that goes on, if one does.
    pub(crate) fn put_aside(&self) -> Option<PutAside> {
        let state = self.state();
        let left = state.until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| PutAside { crashes: state.crashes, left, last: state.last.clone() })
    }

    /// A call came to its end, whatever that was.
    pub(crate) fn succeeded(&self) {
        let mut state = self.state();
        if state.crashes > 0 {
            *state = State::default();
        }
    }

    /// A call crashed; answers the pause if that was once too often.
    pub(crate) fn crashed(&self, how: &str) -> Option<Duration> {
        let mut state = self.state();
        state.crashes += 1;
        how.clone_into(&mut state.last);
        // Calls that were under way when the pause began do not make it longer.
        if state.crashes < CRASHES || state.until.is_some_and(|until| until > Instant::now()) {
            return None;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(16)).min(LONGEST_PAUSE);
        state.pauses += 1;
        state.until = Some(Instant::now() + pause);
        Some(pause)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn crash(breaker: &Breaker, times: u32) -> Option<Duration> {
        (0..times).map(|_| breaker.crashed("it panicked")).last().flatten()
    }

    #[tokio::test(start_paused = true)]
    async fn only_crashes_in_a_row_put_a_plugin_aside() {
        let breaker = Breaker::default();
        assert_eq!(crash(&breaker, CRASHES - 1), None);
        breaker.succeeded();
        assert_eq!(crash(&breaker, CRASHES - 1), None);
        assert_eq!(breaker.check(), Ok(()));
        assert_eq!(crash(&breaker, 1), Some(FIRST_PAUSE));
        assert_eq!(breaker.check().unwrap_err().crashes, CRASHES);
    }

    #[tokio::test(start_paused = true)]
    async fn it_comes_back_by_itself_and_the_next_pause_is_longer() {
        let breaker = Breaker::default();
        crash(&breaker, CRASHES);
        advance(FIRST_PAUSE).await;
        assert_eq!(breaker.check(), Ok(()));
        assert_eq!(crash(&breaker, 1), Some(FIRST_PAUSE * 2));
        advance(FIRST_PAUSE * 2).await;
        breaker.succeeded();
        assert_eq!(crash(&breaker, CRASHES), Some(FIRST_PAUSE), "a call that went well forgives everything");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_do_not_lengthen_the_pause() {
        let breaker = Breaker::default();
        crash(&breaker, CRASHES);
        assert_eq!(crash(&breaker, 10), None);
        advance(FIRST_PAUSE).await;
        assert_eq!(breaker.check(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_end_at_the_longest() {
        let breaker = Breaker::default();
        for _ in 0..40 {
            crash(&breaker, CRASHES);
            advance(LONGEST_PAUSE).await;
        }
        assert_eq!(crash(&breaker, 1), Some(LONGEST_PAUSE));
    }
}
