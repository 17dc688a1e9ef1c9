//! What the bridge and its lamps will do by themselves, and when.

use std::collections::{BTreeSet, HashMap};

use crate::clock::Moment;

/// Something that will happen to a light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Event {
    /// A fading light tells how far it is.
    Report,
    /// A light that was turned off slowly has reached the bottom.
    Dark,
    /// A sunrise or sunset is over.
    EffectOver,
    /// A signal is over.
    SignalOver,
}

/// The events to come: at most one of a kind for each light.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeSet<(Moment, Event, String)>,
    times: HashMap<(Event, String), Moment>,
}

impl Agenda {
    /// Sets the time of an event, in place of the one that was set before.
    pub(crate) fn set(&mut self, event: Event, light: &str, at: Moment) {
        self.cancel(event, light);
        self.entries.insert((at, event, light.to_owned()));
        self.times.insert((event, light.to_owned()), at);
    }

    pub(crate) fn cancel(&mut self, event: Event, light: &str) {
        if let Some(at) = self.times.remove(&(event, light.to_owned())) {
            self.entries.remove(&(at, event, light.to_owned()));
        }
    }

    /// When the next event is.
    pub(crate) fn due(&self) -> Option<Moment> {
        self.entries.first().map(|(at, ..)| *at)
    }

    /// Takes the next event, and the light that it concerns, if its time has come.
    pub(crate) fn take(&mut self, now: Moment) -> Option<(Event, String)> {
        self.due().filter(|at| *at <= now)?;
        let (_, event, light) = self.entries.pop_first()?;
        self.times.remove(&(event, light.clone()));
        Some((event, light))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn events_come_in_the_order_of_their_times() {
        let mut agenda = Agenda::default();
        agenda.set(Event::EffectOver, "a", SECOND * 2);
        agenda.set(Event::Report, "b", SECOND);
        assert_eq!((agenda.due(), agenda.take(Duration::ZERO)), (Some(SECOND), None));
        assert_eq!(agenda.take(SECOND * 3), Some((Event::Report, "b".to_owned())));
        assert_eq!(agenda.take(SECOND * 3), Some((Event::EffectOver, "a".to_owned())));
        assert_eq!((agenda.due(), agenda.take(SECOND * 3)), (None, None));
    }

    #[test]
    fn the_time_that_was_set_last_counts() {
        let mut agenda = Agenda::default();
        agenda.set(Event::SignalOver, "a", SECOND);
        agenda.set(Event::SignalOver, "a", SECOND * 5);
        assert_eq!(agenda.take(SECOND * 4), None);
        agenda.cancel(Event::SignalOver, "a");
        assert_eq!(agenda.due(), None);
    }
}
