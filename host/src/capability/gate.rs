//! How many log lines a plugin may write, over all its calls.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// A token bucket: `per_second` lines a second, and as many at once.
#[derive(Debug)]
pub(crate) struct LineGate {
    per_second: f64,
    // A std Mutex: held for three lines, never across an await.
    state: Mutex<(f64, Instant)>,
}

impl LineGate {
    /// Starts full.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), state: Mutex::new((f64::from(per_second), Instant::now())) }
    }

    /// Whether a line may be written now; takes its token if so.
    pub(crate) fn admit(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (tokens, since) = *state;
        let refilled = (tokens + now.duration_since(since).as_secs_f64() * self.per_second).min(self.per_second);
        let admitted = refilled >= 1.0;
        *state = (if admitted { refilled - 1.0 } else { refilled }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_bounded_and_comes_back_with_time() {
        let gate = LineGate::new(10);
        assert_eq!((0..100).filter(|_| gate.admit()).count(), 10);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!((0..100).filter(|_| gate.admit()).count(), 5);
    }
}
