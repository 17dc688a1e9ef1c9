//! What requests and the passing of time change: the document, and what is under way.

use std::collections::HashMap;

use serde_json::json;

use crate::agenda::{Agenda, Event};
use crate::aggregate::Aggregates;
use crate::change::Change;
use crate::clock::{Moment, Time};
use crate::color::quantise;
use crate::effect;
use crate::fade::Fade;
use crate::group;
use crate::limits::Limits;
use crate::quirk::Quirk;
use crate::radio::Radio;
use crate::store::Store;

/// The home behind the bridge.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) time: Time,
    pub(crate) radio: Radio,
    pub(crate) quirks: Vec<Quirk>,
    pub(crate) agenda: Agenda,
    /// The lights that are on their way to another brightness.
    pub(crate) fades: HashMap<String, Fade>,
    aggregates: Aggregates,
}

impl World {
    pub(crate) fn new(store: Store, time: Time, limits: Limits, quirks: Vec<Quirk>) -> Self {
        let (agenda, fades, aggregates) = (Agenda::default(), HashMap::new(), Aggregates::new(&store));
        Self { store, time, radio: Radio::new(limits), quirks, agenda, fades, aggregates }
    }

    /// Works out what follows for grouped lights from these changes, and returns what has changed in them.
    pub(crate) fn sum_up(&mut self, changes: &[Change]) -> Vec<Change> {
        if Aggregates::survive(changes) {
            self.aggregates.sum_up(&mut self.store, changes);
        } else {
            self.aggregates = Aggregates::new(&self.store);
            self.aggregates.sum_up_all(&mut self.store);
        }
        self.store.take_changes()
    }

    /// What a restart of the bridge does: nothing to the lamps, which go on with what they were told, unless there is
    /// another home.
    pub(crate) fn restart(&mut self, home: Option<Store>) {
        if let Some(home) = home {
            self.agenda = Agenda::default();
            self.fades.clear();
            self.aggregates = Aggregates::new(&home);
            self.store = home;
        }
    }

    /// When something happens next by itself.
    pub(crate) fn due(&self) -> Option<Moment> {
        self.agenda.due()
    }

    /// Lets happen what is due at a moment.
    pub(crate) fn pass(&mut self, now: Moment) {
        while let Some((event, light)) = self.agenda.take(now) {
            match event {
                Event::Report => self.report(&light, now),
                Event::Dark => self.show_brightness(&light, Some(0.0)),
                Event::EffectOver => self.store.edit("light", &light, effect::end_timed).unwrap_or_default(),
                Event::SignalOver => self.store.edit("light", &light, effect::end_signal).unwrap_or_default(),
            }
        }
    }

    pub(crate) fn start_fade(&mut self, light: &str, fade: Fade) {
        self.agenda.set(Event::Report, light, fade.next_report(light, fade.begins));
        self.fades.insert(light.to_owned(), fade);
    }

    /// Ends a fade, and with it what would have come of it; the brightness that it was to reach, if there was one.
    pub(crate) fn end_fade(&mut self, light: &str) -> Option<f64> {
        self.agenda.cancel(Event::Report, light);
        self.agenda.cancel(Event::Dark, light);
        self.fades.remove(light).map(|fade| fade.to)
    }

    /// Writes a brightness, if there is one, into the document.
    pub(crate) fn show_brightness(&mut self, light: &str, brightness: Option<f64>) {
        let Some(brightness) = brightness.map(quantise) else { return };
        self.store.edit("light", light, |light| {
            if light.get("dimming").is_some() {
                light["dimming"]["brightness"] = json!(brightness);
            }
        });
    }

    /// Tells how far a fading light is. One that cannot be heard says nothing.
    fn report(&mut self, light: &str, now: Moment) {
        let Some(fade) = self.fades.get(light).copied() else { return };
        if now >= fade.ends {
            self.fades.remove(light);
        } else {
            self.agenda.set(Event::Report, light, fade.next_report(light, now));
        }
        if self.store.get("light", light).is_some_and(|light| group::reachable(&self.store, light)) {
            self.show_brightness(light, Some(fade.brightness(now)));
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::clock::Clock;
    use crate::home::Home;

    /// The demo home with a stepped clock.
    pub(crate) fn demo(limits: Limits, quirks: &[Quirk]) -> World {
        let store = Store::new(Home::demo().into_resources());
        World::new(store, Time::new(Clock::Stepped), limits, quirks.to_vec())
    }

    /// Lets time pass, one event after the other.
    pub(crate) fn pass(world: &mut World, until: Moment) {
        while let Some(due) = world.due().filter(|due| *due <= until) {
            world.time.reach(due);
            world.pass(due);
        }
        world.time.reach(until);
    }
}
