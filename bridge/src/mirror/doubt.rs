//! When the event stream is not to be believed: frames that cannot be read, changes it does not tell, and long silence.
//! No waiting here: [`super::Mirror`] waits, and then asks the bridge for everything.

use std::time::Duration;

use tokio::time::Instant;

/// How soon an event has to follow what was written. The bridge tells a change within a second or two.
const ECHO: Duration = Duration::from_secs(3);
/// The pause after the first reload that a frame was the reason of; it doubles as long as that goes on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What speaks against the stream, and when to find out.
#[derive(Debug)]
pub(super) struct Doubt {
    /// How long the stream may say nothing.
    silence: Duration,
    /// When it will have said nothing for too long.
    silent_at: Instant,
    /// When an event is overdue.
    echo_at: Option<Instant>,
    /// A frame was lost: since then the mirror may be wrong.
    lost: bool,
    /// No reload before, however many frames are lost.
    calm_until: Instant,
    pause: Duration,
}

impl Doubt {
    pub(super) fn new(silence: Duration, now: Instant) -> Self {
        Self { silence, silent_at: now + silence, echo_at: None, lost: false, calm_until: now, pause: FIRST_PAUSE }
    }

    /// When to find out.
    pub(super) fn due(&self) -> Instant {
        let lost = self.lost.then_some(self.calm_until);
        [lost, self.echo_at].into_iter().flatten().fold(self.silent_at, Instant::min)
    }

    /// The stream said something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.silent_at = now + self.silence;
        self.echo_at = None;
    }

    /// The bridge was told to change something.
    pub(super) fn wrote(&mut self, now: Instant) {
        self.echo_at.get_or_insert(now + ECHO.min(self.silence));
    }

    /// It said something that cannot be understood.
    pub(super) fn lost(&mut self) {
        self.lost = true;
    }

    /// Everything is loaded anew.
    pub(super) fn settled(&mut self, now: Instant) {
        if self.lost {
            let again = now < self.calm_until + LONGEST_PAUSE;
            self.pause = if again { (self.pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
            self.calm_until = now + self.pause;
        }
        self.lost = false;
        self.heard(now);
    }

    /// Whether a difference means that the stream is mute: nothing of it was lost on the way.
    pub(super) fn suspects_silence(&self) -> bool {
        !self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_mins(5);

    fn doubt() -> (Doubt, Instant) {
        let now = Instant::now();
        (Doubt::new(SILENCE, now), now)
    }

    #[tokio::test]
    async fn a_quiet_home_is_asked_after_when_it_was_quiet_for_long() {
        let (mut doubt, now) = doubt();
        assert_eq!(doubt.due(), now + SILENCE);
        let later = now + SILENCE / 2;
        doubt.heard(later);
        assert_eq!(doubt.due(), later + SILENCE);
    }

    #[tokio::test]
    async fn what_is_written_is_to_be_told_soon() {
        let (mut doubt, now) = doubt();
        doubt.wrote(now);
        doubt.wrote(now + Duration::from_secs(1));
        assert_eq!(doubt.due(), now + ECHO, "the first counts");
        doubt.heard(now + Duration::from_secs(2));
        assert_eq!(doubt.due(), now + Duration::from_secs(2) + SILENCE);
    }

    #[tokio::test]
    async fn a_lost_frame_is_made_good_at_once_and_a_hundred_of_them_rarely() {
        let (mut doubt, start) = doubt();
        doubt.lost();
        assert_eq!(doubt.due(), start);
        let (mut now, mut reloads) = (start, 0);
        while now < start + Duration::from_mins(10) {
            doubt.lost();
            now = doubt.due().max(now);
            doubt.settled(now);
            reloads += 1;
            now += Duration::from_millis(100);
        }
        assert!((10..=20).contains(&reloads), "{reloads} in ten minutes");
        now += LONGEST_PAUSE * 3;
        doubt.lost();
        doubt.settled(now);
        doubt.lost();
        assert_eq!(doubt.due(), now + FIRST_PAUSE, "after a time without, it begins anew");
    }
}
