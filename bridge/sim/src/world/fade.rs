//! A light that fades from one brightness to another.
//!
//! A bridge shows the end of a fade at once. Single lights then report their actual brightness every five to fifteen
//! seconds, and once more shortly after the end. Colours fade too, but recordings hold only reports of brightness.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::clock::Moment;

/// The shortest and the longest time that passes between two reports, in milliseconds.
const REPORT_INTERVAL_MS: (u64, u64) = (5_000, 15_000);
/// The time that passes from the end of a fade to its last report.
const LAST_REPORT_DELAY: Duration = Duration::from_secs(2);

/// A fade of one light. Brightness is in percent, 0 for off; `ends` is later than `begins`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fade {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) begins: Moment,
    pub(super) ends: Moment,
}

impl Fade {
    /// Returns the brightness that the light has at a moment, in percent.
    pub(super) fn brightness(&self, now: Moment) -> f64 {
        if now >= self.ends {
            return self.to;
        }
        let elapsed = now.saturating_sub(self.begins).as_secs_f64();
        self.from + (self.to - self.from) * elapsed / self.ends.saturating_sub(self.begins).as_secs_f64()
    }

    /// Returns the time of the light's next report. A hash makes the intervals irregular but the same in every run.
    pub(super) fn next_report(&self, light: &str, now: Moment) -> Moment {
        let (min, max) = REPORT_INTERVAL_MS;
        let mut hasher = DefaultHasher::new();
        (light, now.saturating_sub(self.begins)).hash(&mut hasher);
        let interval = Duration::from_millis(min + hasher.finish() % (max - min));
        (now + interval).min(self.ends + LAST_REPORT_DELAY)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "values that are exact")]
mod tests {
    use super::*;

    const ONE_SECOND: Duration = Duration::from_secs(1);
    const TEST_FADE: Fade =
        Fade { from: 30.0, to: 90.0, begins: Duration::from_secs(10), ends: Duration::from_secs(50) };

    #[test]
    fn brightness_follows_a_straight_line() {
        // In a recording of this fade a light reported 52.17 after 14.9 s and 81.03 after 33.9 s.
        assert_eq!(
            [9, 10, 20, 30, 50, 60].map(|second| TEST_FADE.brightness(ONE_SECOND * second)),
            [30.0, 30.0, 45.0, 60.0, 90.0, 90.0]
        );
    }

    #[test]
    fn reports_come_every_five_to_fifteen_seconds_and_once_after_the_end() {
        for light in ["a", "b", "c"] {
            let mut reports = vec![TEST_FADE.begins];
            while reports.last().is_some_and(|last| *last < TEST_FADE.ends) {
                reports.extend(reports.last().map(|last| TEST_FADE.next_report(light, *last)));
            }
            let gaps: Vec<_> = reports.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
            assert!(gaps[..gaps.len() - 1].iter().all(|gap| *gap >= ONE_SECOND * 5), "{gaps:?}");
            assert!(gaps.iter().all(|gap| *gap <= ONE_SECOND * 15), "{gaps:?}");
            assert_eq!(reports.last(), Some(&(ONE_SECOND * 52)));
        }
    }
}
