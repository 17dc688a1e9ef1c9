//! The clock of the bridge, by which everything in it tells the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{Timestamp, Unit};
use tokio::time::Instant;

/// How time passes in the simulator: for the link button, events, limits, the radio, fades, effects and timestamps.
///
/// The network takes real time in both modes: [`Fault::Latency`](crate::Fault::Latency), the timeouts of connections,
/// and the time that a reboot takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Time passes by itself, beginning with the time of the machine.
    #[default]
    Running,
    /// Time begins at 2026-01-05T08:00:00Z and only moves by [`Simulator::advance`](crate::Simulator::advance).
    Stepped,
}

/// The start of a stepped clock, in seconds of Unix time. It is constant so that tests see constant timestamps.
const STEPPED_START_UNIX: i64 = 1_767_600_000;

/// A time on the bridge's clock, as the time since the bridge started.
pub(crate) type Moment = Duration;

/// A handle on the bridge's clock; clones share the clock.
#[derive(Clone, Debug)]
pub(crate) struct BridgeClock(Arc<ClockState>);

#[derive(Debug)]
struct ClockState {
    /// The start of the bridge, if time passes by itself.
    started: Option<Instant>,
    /// Is the date and time at which the bridge started.
    start_timestamp: Timestamp,
    /// The time by which the clock was advanced, in nanoseconds.
    advanced: AtomicU64,
}

impl BridgeClock {
    pub(crate) fn new(clock: Clock) -> Self {
        let (started, start_timestamp) = match clock {
            Clock::Running => (Some(Instant::now()), Timestamp::now()),
            Clock::Stepped => (None, Timestamp::from_second(STEPPED_START_UNIX).unwrap_or(Timestamp::UNIX_EPOCH)),
        };
        Self(Arc::new(ClockState { started, start_timestamp, advanced: AtomicU64::new(0) }))
    }

    pub(crate) fn now(&self) -> Moment {
        let advanced = Duration::from_nanos(self.0.advanced.load(Ordering::Acquire));
        self.0.started.map_or(Duration::ZERO, |started| started.elapsed()) + advanced
    }

    /// Advances the clock to a moment; does nothing if the moment has passed.
    pub(crate) fn advance_to(&self, moment: Moment) {
        let missing = moment.saturating_sub(self.now());
        let missing = u64::try_from(missing.as_nanos()).unwrap_or(u64::MAX);
        // The counter saturates after five centuries, and the clock stops.
        let add = |advanced: u64| Some(advanced.saturating_add(missing));
        let _ = self.0.advanced.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }

    /// Returns the real time until a moment; `None` for a stepped clock, which does not move by itself.
    pub(crate) fn time_until(&self, moment: Moment) -> Option<Duration> {
        self.0.started.map(|_| moment.saturating_sub(self.now()))
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        self.timestamp_at(self.now())
    }

    /// Returns the date and time that a moment has.
    pub(super) fn timestamp_at(&self, moment: Moment) -> Timestamp {
        // Fails beyond the year 9999.
        self.0.start_timestamp.checked_add(moment).unwrap_or(Timestamp::MAX)
    }

    /// Returns the present date and time as text, as [`format_timestamp`] writes it.
    pub(super) fn timestamp_text(&self) -> String {
        format_timestamp(self.timestamp())
    }

    pub(crate) fn system_time(&self) -> SystemTime {
        self.timestamp().into()
    }
}

/// Formats a time as a bridge does in resources: always with milliseconds.
pub(super) fn format_timestamp(time: Timestamp) -> String {
    format!("{:.3}", time.round(Unit::Millisecond).unwrap_or(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_stands_still_until_it_is_moved() {
        let clock = BridgeClock::new(Clock::Stepped);
        assert_eq!((clock.now(), clock.time_until(Duration::from_secs(1))), (Duration::ZERO, None));
        clock.advance_to(Duration::from_millis(2500));
        assert_eq!(
            (clock.now(), clock.timestamp_text().as_str()),
            (Duration::from_millis(2500), "2026-01-05T08:00:02.500Z")
        );
        clock.advance_to(Duration::from_secs(1));
        assert_eq!(clock.now(), Duration::from_millis(2500), "never back");
    }

    #[test]
    fn a_running_clock_runs_and_can_be_put_forward() {
        let clock = BridgeClock::new(Clock::Running);
        let before = clock.now();
        clock.advance_to(before + Duration::from_hours(1));
        assert!(clock.now() >= before + Duration::from_hours(1));
        assert!(clock.time_until(before + Duration::from_hours(2)).is_some_and(|wait| wait <= Duration::from_hours(1)));
        assert_eq!(clock.time_until(before), Some(Duration::ZERO));
    }
}
