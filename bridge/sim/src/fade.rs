//! A light on its way from one brightness to another.
//!
//! A bridge shows the end of a fade at once. From then on single lights tell how far they really are, every five to
//! fifteen seconds, and once more shortly after they have arrived. (Colours fade too, but only reports of brightness
//! have been recorded.)

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::clock::Moment;

/// The shortest and the longest time between two reports, in milliseconds.
const BETWEEN_REPORTS: (u64, u64) = (5_000, 15_000);
/// How long after the end the last report comes.
const AFTER: Duration = Duration::from_secs(2);

/// One fade of one light, which ends after it begins; brightness in percent, 0 where it was off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fade {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) begins: Moment,
    pub(crate) ends: Moment,
}

impl Fade {
    /// How bright the light is.
    pub(crate) fn brightness(&self, now: Moment) -> f64 {
        if now >= self.ends {
            return self.to;
        }
        let elapsed = now.saturating_sub(self.begins).as_secs_f64();
        self.from + (self.to - self.from) * elapsed / self.ends.saturating_sub(self.begins).as_secs_f64()
    }

    /// When this light reports next. The intervals of each light are irregular, but the same every time.
    pub(crate) fn next_report(&self, light: &str, now: Moment) -> Moment {
        let (least, most) = BETWEEN_REPORTS;
        let mut hasher = DefaultHasher::new();
        (light, now.saturating_sub(self.begins)).hash(&mut hasher);
        let interval = Duration::from_millis(least + hasher.finish() % (most - least));
        (now + interval).min(self.ends + AFTER)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "values that are exact")]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const FADE: Fade = Fade { from: 30.0, to: 90.0, begins: Duration::from_secs(10), ends: Duration::from_secs(50) };

    #[test]
    fn brightness_follows_a_straight_line() {
        // In a recording of this fade a light told 52.17 after 14.9 s and 81.03 after 33.9 s.
        assert_eq!(
            [9, 10, 20, 30, 50, 60].map(|second| FADE.brightness(SECOND * second)),
            [30.0, 30.0, 45.0, 60.0, 90.0, 90.0]
        );
    }

    #[test]
    fn reports_come_every_five_to_fifteen_seconds_and_once_after_the_end() {
        for light in ["a", "b", "c"] {
            let mut reports = vec![FADE.begins];
            while reports.last().is_some_and(|last| *last < FADE.ends) {
                reports.extend(reports.last().map(|last| FADE.next_report(light, *last)));
            }
            let gaps: Vec<_> = reports.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
            assert!(gaps[..gaps.len() - 1].iter().all(|gap| *gap >= SECOND * 5), "{gaps:?}");
            assert!(gaps.iter().all(|gap| *gap <= SECOND * 15), "{gaps:?}");
            assert_eq!(reports.last(), Some(&(SECOND * 52)));
        }
    }
}
