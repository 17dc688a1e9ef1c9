//! The timers of lights: changes that come without a request.

use std::collections::{BTreeSet, HashMap};

use super::clock::Moment;

/// A change of a light that is due at a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// A fading light reports its brightness.
    FadeReport,
    /// A light that was turned off with a transition is dark.
    FadedOff,
    /// A sunrise or sunset comes to its end.
    EffectEnd,
    /// A signal comes to its end.
    SignalEnd,
}

/// The timers that are set: at most one of a kind for each light.
#[derive(Debug, Default)]
pub(super) struct TimerQueue {
    queue: BTreeSet<(Moment, Timer, String)>,
    deadlines: HashMap<(Timer, String), Moment>,
}

impl TimerQueue {
    /// Sets a timer, in place of the one of this kind that the light has.
    pub(super) fn set(&mut self, timer: Timer, light: &str, at: Moment) {
        self.cancel(timer, light);
        self.queue.insert((at, timer, light.to_owned()));
        self.deadlines.insert((timer, light.to_owned()), at);
    }

    pub(super) fn cancel(&mut self, timer: Timer, light: &str) {
        if let Some(at) = self.deadlines.remove(&(timer, light.to_owned())) {
            self.queue.remove(&(at, timer, light.to_owned()));
        }
    }

    /// Returns the time at which the next timer is due.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        self.queue.first().map(|(at, ..)| *at)
    }

    /// Removes the next timer if it is due, and returns it with its light.
    pub(super) fn pop_due(&mut self, now: Moment) -> Option<(Timer, String)> {
        self.next_deadline().filter(|at| *at <= now)?;
        let (_, timer, light) = self.queue.pop_first()?;
        self.deadlines.remove(&(timer, light.clone()));
        Some((timer, light))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ONE_SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn events_come_in_the_order_of_their_times() {
        let mut timers = TimerQueue::default();
        timers.set(Timer::EffectEnd, "a", ONE_SECOND * 2);
        timers.set(Timer::FadeReport, "b", ONE_SECOND);
        assert_eq!((timers.next_deadline(), timers.pop_due(Duration::ZERO)), (Some(ONE_SECOND), None));
        assert_eq!(timers.pop_due(ONE_SECOND * 3), Some((Timer::FadeReport, "b".to_owned())));
        assert_eq!(timers.pop_due(ONE_SECOND * 3), Some((Timer::EffectEnd, "a".to_owned())));
        assert_eq!((timers.next_deadline(), timers.pop_due(ONE_SECOND * 3)), (None, None));
    }

    #[test]
    fn the_time_that_was_set_last_counts() {
        let mut timers = TimerQueue::default();
        timers.set(Timer::SignalEnd, "a", ONE_SECOND);
        timers.set(Timer::SignalEnd, "a", ONE_SECOND * 5);
        assert_eq!(timers.pop_due(ONE_SECOND * 4), None);
        timers.cancel(Timer::SignalEnd, "a");
        assert_eq!(timers.next_deadline(), None);
    }
}
