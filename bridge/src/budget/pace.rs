//! How fast tokens come back, while and after the bridge throws requests away.

use std::time::Duration;

use tokio::time::Instant;

use super::Speed;

/// The first pause after the bridge threw a request away; it doubles as long as that goes on.
pub(super) const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause. Whatever went before, everything is at full speed again [`LONGEST_PAUSE`] + [`SLOW`] after the
/// last time.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// For how long after a pause everything goes at half speed.
pub(super) const SLOW: Duration = Duration::from_secs(10);

/// When tokens come back: not during a pause, and at half speed for a while after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    paused_until: Instant,
    slow_until: Instant,
    pause: Duration,
}

impl Pace {
    pub(super) fn full(now: Instant) -> Self {
        Self { paused_until: now, slow_until: now, pause: PAUSE }
    }

    /// The bridge threw a request away. False if that belongs to an occasion which is known already: several requests
    /// in flight may be thrown away at once.
    pub(super) fn throttled(&mut self, now: Instant) -> bool {
        if now < self.paused_until {
            return false;
        }
        let again = now < self.slow_until;
        self.pause = if again { (self.pause * 2).min(LONGEST_PAUSE) } else { PAUSE };
        self.paused_until = now + self.pause;
        self.slow_until = self.paused_until + SLOW;
        true
    }

    /// The first moment, from now on, at which anything may be sent.
    pub(super) fn open(&self, now: Instant) -> Instant {
        now.max(self.paused_until)
    }

    /// Seconds' worth of tokens between two moments.
    pub(super) fn seconds(&self, from: Instant, to: Instant) -> f64 {
        let start = self.open(from);
        let all = to.saturating_duration_since(start);
        let slow = self.slow_until.min(to).saturating_duration_since(start);
        all.saturating_sub(slow / 2).as_secs_f64()
    }

    /// The moment by which `seconds` worth of tokens have come back.
    pub(super) fn after(&self, from: Instant, seconds: f64) -> Instant {
        let start = self.open(from);
        let slow = self.slow_until.saturating_duration_since(start);
        let wanted = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX / 4);
        let elapsed = if wanted * 2 <= slow { wanted * 2 } else { wanted + slow / 2 };
        start.checked_add(elapsed).unwrap_or(start)
    }

    pub(super) fn speed(&self, now: Instant) -> Speed {
        let left = |until: Instant| Some(until.saturating_duration_since(now)).filter(|left| !left.is_zero());
        match (left(self.paused_until), left(self.slow_until)) {
            (Some(left), _) => Speed::Paused(left),
            (None, Some(left)) => Speed::Half(left),
            (None, None) => Speed::Full,
        }
    }
}
