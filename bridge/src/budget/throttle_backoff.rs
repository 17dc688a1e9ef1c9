//! Slows the token buckets down while and after the bridge discards requests.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause after the bridge discarded a request. It doubles for as long as that goes on.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause. Full speed returns [`MAX_PAUSE`] + [`HALF_SPEED_DURATION`] after the last discarded request at
/// the latest.
pub(super) const MAX_PAUSE: Duration = Duration::from_secs(8);
/// The time at half speed that follows a pause.
pub(super) const HALF_SPEED_DURATION: Duration = Duration::from_secs(10);

/// The speed at which tokens come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Tokens come back at the limits' own rates.
    Full,
    /// Tokens come back at half the rates for this long.
    Half(Duration),
    /// No tokens come back for this long, and then half of them for a while. Follows a 429 or 503.
    Paused(Duration),
}

/// Knows when tokens come back: not during a pause, and at half speed for a while after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThrottleBackoff {
    paused_until: Instant,
    slow_until: Instant,
    pause: Duration,
}

impl ThrottleBackoff {
    pub(super) fn new(now: Instant) -> Self {
        Self { paused_until: now, slow_until: now, pause: FIRST_PAUSE }
    }

    /// Notes that the bridge discarded a request. Returns false during a pause: the bridge may discard several
    /// requests in flight at once, and they count as one.
    pub(super) fn on_throttled(&mut self, now: Instant) -> bool {
        if now < self.paused_until {
            return false;
        }
        let again = now < self.slow_until;
        self.pause = if again { (self.pause * 2).min(MAX_PAUSE) } else { FIRST_PAUSE };
        self.paused_until = now + self.pause;
        self.slow_until = self.paused_until + HALF_SPEED_DURATION;
        true
    }

    /// Returns the first moment, from `now` on, at which a request may be sent.
    pub(super) fn next_opening(&self, now: Instant) -> Instant {
        now.max(self.paused_until)
    }

    /// Returns how many seconds' worth of tokens come back between two moments.
    pub(super) fn refill_seconds(&self, from: Instant, to: Instant) -> f64 {
        let start = self.next_opening(from);
        let all = to.saturating_duration_since(start);
        let slow = self.slow_until.min(to).saturating_duration_since(start);
        all.saturating_sub(slow / 2).as_secs_f64()
    }

    /// Returns the moment by which `seconds` worth of tokens have come back.
    pub(super) fn refilled_at(&self, from: Instant, seconds: f64) -> Instant {
        let start = self.next_opening(from);
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
