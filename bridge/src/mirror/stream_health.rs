//! Judges whether the event stream can be trusted. Unreadable frames, writes without an event, and long silence speak
//! against it. No time passes here: [`super::Mirror`] waits, and then reloads all resources.

use std::time::Duration;

use tokio::time::Instant;

/// The time within which an event has to follow a write. The bridge reports a change within a second or two.
const EVENT_TIMEOUT: Duration = Duration::from_secs(3);
/// The pause after the first reload that a lost frame caused. It doubles for as long as frames are lost.
const FIRST_RELOAD_PAUSE: Duration = Duration::from_secs(1);
const MAX_RELOAD_PAUSE: Duration = Duration::from_mins(1);

/// Collects the signs that the stream is not complete, and says when to reload.
#[derive(Debug)]
pub(super) struct StreamHealth {
    /// The longest silence that is not suspicious.
    silence_timeout: Duration,
    /// The moment at which the silence becomes suspicious.
    silent_at: Instant,
    /// The moment at which the event of a write becomes overdue.
    event_due: Option<Instant>,
    /// Is set after a lost frame: the mirror may be wrong since then.
    has_lost_frame: bool,
    /// Lost frames cause no reload before this moment.
    paused_until: Instant,
    pause: Duration,
}

impl StreamHealth {
    pub(super) fn new(silence_timeout: Duration, now: Instant) -> Self {
        Self {
            silence_timeout,
            silent_at: now + silence_timeout,
            event_due: None,
            has_lost_frame: false,
            paused_until: now,
            pause: FIRST_RELOAD_PAUSE,
        }
    }

    /// Returns the moment at which to reload all resources.
    pub(super) fn reload_due(&self) -> Instant {
        let lost = self.has_lost_frame.then_some(self.paused_until);
        [lost, self.event_due].into_iter().flatten().fold(self.silent_at, Instant::min)
    }

    /// Notes that the stream delivered bytes; a comment counts as a sign of life too.
    pub(super) fn on_bytes(&mut self, now: Instant) {
        self.silent_at = now + self.silence_timeout;
        self.event_due = None;
    }

    /// Notes that a write was sent to the bridge.
    pub(super) fn on_write(&mut self, now: Instant) {
        self.event_due.get_or_insert(now + EVENT_TIMEOUT.min(self.silence_timeout));
    }

    /// Notes that a frame could not be read.
    pub(super) fn on_lost_frame(&mut self) {
        self.has_lost_frame = true;
    }

    /// Notes that all resources were reloaded.
    pub(super) fn on_reloaded(&mut self, now: Instant) {
        if self.has_lost_frame {
            let again = now < self.paused_until + MAX_RELOAD_PAUSE;
            self.pause = if again { (self.pause * 2).min(MAX_RELOAD_PAUSE) } else { FIRST_RELOAD_PAUSE };
            self.paused_until = now + self.pause;
        }
        self.has_lost_frame = false;
        self.on_bytes(now);
    }

    /// Whether a difference found by a reload means that the stream is silent: it does if no frame was lost.
    pub(super) fn is_silent(&self) -> bool {
        !self.has_lost_frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE_TIMEOUT: Duration = Duration::from_mins(5);

    fn stream_health() -> (StreamHealth, Instant) {
        let now = Instant::now();
        (StreamHealth::new(SILENCE_TIMEOUT, now), now)
    }

    #[tokio::test]
    async fn a_quiet_home_is_asked_after_when_it_was_quiet_for_long() {
        let (mut health, now) = stream_health();
        assert_eq!(health.reload_due(), now + SILENCE_TIMEOUT);
        let later = now + SILENCE_TIMEOUT / 2;
        health.on_bytes(later);
        assert_eq!(health.reload_due(), later + SILENCE_TIMEOUT);
    }

    #[tokio::test]
    async fn what_is_written_is_to_be_told_soon() {
        let (mut health, now) = stream_health();
        health.on_write(now);
        health.on_write(now + Duration::from_secs(1));
        assert_eq!(health.reload_due(), now + EVENT_TIMEOUT, "the first counts");
        health.on_bytes(now + Duration::from_secs(2));
        assert_eq!(health.reload_due(), now + Duration::from_secs(2) + SILENCE_TIMEOUT);
    }

    #[tokio::test]
    async fn a_lost_frame_is_made_good_at_once_and_a_hundred_of_them_rarely() {
        let (mut health, start) = stream_health();
        health.on_lost_frame();
        assert_eq!(health.reload_due(), start);
        let (mut now, mut reloads) = (start, 0);
        while now < start + Duration::from_mins(10) {
            health.on_lost_frame();
            now = health.reload_due().max(now);
            health.on_reloaded(now);
            reloads += 1;
            now += Duration::from_millis(100);
        }
        assert!((10..=20).contains(&reloads), "{reloads} in ten minutes");
        now += MAX_RELOAD_PAUSE * 3;
        health.on_lost_frame();
        health.on_reloaded(now);
        health.on_lost_frame();
        assert_eq!(health.reload_due(), now + FIRST_RELOAD_PAUSE, "after a time without, it begins anew");
    }
}
