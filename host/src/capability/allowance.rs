//! How much a plugin may do in a time, over all its calls: log lines a second, commands a minute.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::config::PluginLimits;

/// What one version of a plugin may do. Cheap to clone; all clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Allowances {
    pub(crate) lines: Arc<Allowance>,
    pub(crate) commands: Arc<Allowance>,
}

impl Allowances {
    pub(crate) fn new(limits: &PluginLimits) -> Self {
        Self {
            lines: Arc::new(Allowance::new(limits.log_lines_per_second, Duration::from_secs(1))),
            commands: Arc::new(Allowance::new(limits.commands_per_minute, Duration::from_mins(1))),
        }
    }
}

/// A token bucket: so many in each `per`, and as many at once.
#[derive(Debug)]
pub(crate) struct Allowance {
    most: f64,
    per: Duration,
    // A std Mutex: held for a few lines, never across an await.
    state: Mutex<(f64, Instant)>,
}

impl Allowance {
    /// Starts full.
    pub(crate) fn new(most: u32, per: Duration) -> Self {
        let most = f64::from(most);
        Self { most, per, state: Mutex::new((most, Instant::now())) }
    }

    /// Whether one more may be done now; counts it if so.
    pub(crate) fn admit(&self) -> bool {
        self.admit_all(1).is_ok()
    }

    /// Whether so many may be done now; counts them if so, and none of them if not.
    ///
    /// # Errors
    /// After how long they may; never, if they are more than may be done at once.
    pub(crate) fn admit_all(&self, count: u32) -> Result<(), Duration> {
        let wanted = f64::from(count);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (tokens, since) = *state;
        let back = now.duration_since(since).as_secs_f64() / self.per.as_secs_f64() * self.most;
        let tokens = (tokens + back).min(self.most);
        let left = tokens - wanted;
        *state = (if left >= 0.0 { left } else { tokens }, now);
        if left >= 0.0 {
            return Ok(());
        }
        if wanted > self.most {
            return Err(Duration::MAX);
        }
        Err(self.per.mul_f64(-left / self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_bounded_and_comes_back_with_time() {
        let lines = Allowance::new(10, Duration::from_secs(1));
        assert_eq!((0..100).filter(|_| lines.admit()).count(), 10);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!((0..100).filter(|_| lines.admit()).count(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_admitted_whole_or_told_when() {
        let commands = Allowance::new(60, Duration::from_mins(1));
        assert_eq!(commands.admit_all(50), Ok(()));
        assert_eq!(commands.admit_all(30), Err(Duration::from_secs(20)));
        assert_eq!(commands.admit_all(10), Ok(()), "what was refused was not counted");
        assert_eq!(commands.admit_all(61), Err(Duration::MAX));
    }
}
