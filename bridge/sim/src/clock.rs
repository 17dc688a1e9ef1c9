//! The bridge's clock: everything in it that knows time asks here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{Timestamp, Unit};
use tokio::time::Instant;

/// How time passes in the simulator: for the link button, events, limits, the radio, fades, effects and time stamps.
/// What the network does, such as [`Fault::Latency`](crate::Fault::Latency), the time-outs of connections and the
/// absence during a reboot, takes real time in any mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Time passes by itself, from the time of the machine on.
    #[default]
    Running,
    /// Time stands still, from 2026-01-05T08:00:00Z on, until [`Simulator::advance`](crate::Simulator::advance) moves
    /// it.
    Stepped,
}

/// When a stepped clock begins, in seconds of Unix time: always the same, so that tests see the same time stamps.
const BEGINNING: i64 = 1_767_600_000;

/// A time on the bridge's clock: how long after the start of the bridge.
pub(crate) type Moment = Duration;

/// A handle on the bridge's clock; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Time(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// When the bridge started, if time passes by itself.
    started: Option<Instant>,
    /// What the calendar said at the start.
    beginning: Timestamp,
    /// How far the clock was moved by hand, in nanoseconds.
    moved: AtomicU64,
}

impl Time {
    pub(crate) fn new(clock: Clock) -> Self {
        let (started, beginning) = match clock {
            Clock::Running => (Some(Instant::now()), Timestamp::now()),
            Clock::Stepped => (None, Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH)),
        };
        Self(Arc::new(Inner { started, beginning, moved: AtomicU64::new(0) }))
    }

    pub(crate) fn now(&self) -> Moment {
        let moved = Duration::from_nanos(self.0.moved.load(Ordering::Acquire));
        self.0.started.map_or(Duration::ZERO, |started| started.elapsed()) + moved
    }

    /// Moves the clock on, if it is not there yet.
    pub(crate) fn reach(&self, moment: Moment) {
        let missing = moment.saturating_sub(self.now());
        let missing = u64::try_from(missing.as_nanos()).unwrap_or(u64::MAX);
        // Five centuries on, the clock stops.
        let add = |moved: u64| Some(moved.saturating_add(missing));
        let _ = self.0.moved.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }

    /// How long one has to wait for a moment; `None` if only a step can bring it.
    pub(crate) fn until(&self, moment: Moment) -> Option<Duration> {
        self.0.started.map(|_| moment.saturating_sub(self.now()))
    }

    /// What the calendar says.
    pub(crate) fn timestamp(&self) -> Timestamp {
        self.timestamp_of(self.now())
    }

    /// What the calendar says at a moment.
    pub(crate) fn timestamp_of(&self, moment: Moment) -> Timestamp {
        // Fails beyond the year 9999.
        self.0.beginning.checked_add(moment).unwrap_or(Timestamp::MAX)
    }

    /// What the calendar says, as a bridge prints it.
    pub(crate) fn stamp(&self) -> String {
        stamp(self.timestamp())
    }

    pub(crate) fn system_time(&self) -> SystemTime {
        self.timestamp().into()
    }
}

/// A time as a bridge prints it in resources: with milliseconds, always.
pub(crate) fn stamp(time: Timestamp) -> String {
    format!("{:.3}", time.round(Unit::Millisecond).unwrap_or(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_stands_still_until_it_is_moved() {
        let time = Time::new(Clock::Stepped);
        assert_eq!((time.now(), time.until(Duration::from_secs(1))), (Duration::ZERO, None));
        time.reach(Duration::from_millis(2500));
        assert_eq!((time.now(), time.stamp().as_str()), (Duration::from_millis(2500), "2026-01-05T08:00:02.500Z"));
        time.reach(Duration::from_secs(1));
        assert_eq!(time.now(), Duration::from_millis(2500), "never back");
    }

    #[test]
    fn a_running_clock_runs_and_can_be_put_forward() {
        let time = Time::new(Clock::Running);
        let before = time.now();
        time.reach(before + Duration::from_hours(1));
        assert!(time.now() >= before + Duration::from_hours(1));
        assert!(time.until(before + Duration::from_hours(2)).is_some_and(|wait| wait <= Duration::from_hours(1)));
        assert_eq!(time.until(before), Some(Duration::ZERO));
    }
}
