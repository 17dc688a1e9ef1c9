//! The home behind the bridge: its resources, their changes by requests and by the passing of time, and the radio to the
//! lamps.
//!
//! It knows CLIP v2 resources, and neither HTTP nor events on the wire nor faults.
//!
//! # Layout
//!
//! * `home/`: the resources at the start
//! * `store`, `change`: the resources, and the record of what changed · `topology`: which lights a group has, which radio
//!   a light has · `aggregate`: grouped lights
//! * `lights`, `attribute`, `effects`, `color`: what a light does with a request · `commands`, `radio`, `fade`: how a
//!   command reaches a lamp · `groups`, `rooms`, `scenes`, `active_scenes`, `passthrough`: writes to other resources
//! * `clock`, `timers`: the time, and what is due · `outcome`: results of writes

mod active_scenes;
mod aggregate;
mod attribute;
mod change;
mod clock;
mod color;
pub(crate) mod commands;
mod effects;
mod fade;
pub(crate) mod groups;
mod home;
mod ids;
mod lights;
mod outcome;
pub(crate) mod passthrough;
mod quirk;
mod radio;
mod resource_types;
pub(crate) mod rooms;
pub(crate) mod scenes;
mod store;
mod timers;
mod topology;

use std::collections::HashMap;

use serde_json::{Value, json};

use self::aggregate::Aggregates;
pub(crate) use self::change::{Change, Property};
pub use self::clock::Clock;
pub(crate) use self::clock::{BridgeClock, Moment};
use self::color::quantise;
use self::fade::Fade;
pub use self::home::{Home, HomeError};
pub(crate) use self::outcome::{Rejection, SoftError, Written};
pub use self::quirk::Quirk;
use self::radio::Radio;
pub use self::radio::RadioTraffic;
pub(crate) use self::resource_types::RESOURCE_TYPES;
pub(crate) use self::store::{Store, resource_id};
use self::timers::{Timer, TimerQueue};
use crate::limits::Limits;

/// The resources of the home, and everything that is under way in it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: BridgeClock,
    radio: Radio,
    quirks: Vec<Quirk>,
    timers: TimerQueue,
    /// Holds the fade of each light that is fading.
    fades: HashMap<String, Fade>,
    aggregates: Aggregates,
}

impl World {
    pub(crate) fn new(store: Store, clock: BridgeClock, limits: Limits, quirks: Vec<Quirk>) -> Self {
        let (timers, fades, aggregates) = (TimerQueue::default(), HashMap::new(), Aggregates::new(&store));
        Self { store, clock, radio: Radio::new(limits), quirks, timers, fades, aggregates }
    }

    /// Updates the grouped lights after these changes, and returns what changed in them.
    pub(crate) fn update_aggregates(&mut self, changes: &[Change]) -> Vec<Change> {
        if Aggregates::remain_valid(changes) {
            self.aggregates.update(&mut self.store, changes);
        } else {
            self.aggregates = Aggregates::new(&self.store);
            self.aggregates.update_all(&mut self.store);
        }
        self.store.take_changes()
    }

    /// Restarts the bridge. The lamps go on with what they were told, unless there is another home.
    pub(crate) fn restart(&mut self, home: Option<Store>) {
        if let Some(home) = home {
            self.timers = TimerQueue::default();
            self.fades.clear();
            self.aggregates = Aggregates::new(&home);
            self.store = home;
        }
    }

    /// Changes a resource from outside, as a wall switch does: merges it into the one with its type and id, or adds it.
    pub(crate) fn set_resource(&mut self, resource: &Value) {
        let (rtype, id) = (resource["type"].as_str().unwrap_or_default(), resource_id(resource));
        if self.store.edit(rtype, &id, |old| store::merge(old, resource)).is_none() {
            self.store.insert(resource.clone());
        }
        if rtype == "light" {
            // A wall switch ends a fade; a new name does not.
            if resource.get("on").or(resource.get("dimming")).is_some() {
                self.end_fade(&id);
            }
            active_scenes::deactivate_with_lights(&mut self.store, &[id]);
        }
    }

    /// Makes a light reachable or unreachable; false if there is no such light, or it has no radio.
    pub(crate) fn set_reachable(&mut self, light: &str, reachable: bool) -> bool {
        topology::set_reachable(&mut self.store, light, reachable)
    }

    pub(crate) fn light_id(&self, name: &str) -> Option<String> {
        self.store.light_named(name).map(resource_id)
    }

    pub(crate) fn radio_traffic(&self) -> RadioTraffic {
        self.radio.traffic()
    }

    /// Returns the time at which the next timer is due.
    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        self.timers.next_deadline()
    }

    /// Runs all timers that are due at a moment.
    pub(crate) fn run_timers(&mut self, now: Moment) {
        while let Some((timer, light)) = self.timers.pop_due(now) {
            match timer {
                Timer::FadeReport => self.report_fade(&light, now),
                Timer::FadedOff => self.show_brightness(&light, Some(0.0)),
                Timer::EffectEnd => self.store.edit("light", &light, effects::end_timed).unwrap_or_default(),
                Timer::SignalEnd => self.store.edit("light", &light, effects::end_signal).unwrap_or_default(),
            }
        }
    }

    fn start_fade(&mut self, light: &str, fade: Fade) {
        self.timers.set(Timer::FadeReport, light, fade.next_report(light, fade.begins));
        self.fades.insert(light.to_owned(), fade);
    }

    /// Ends a fade with its timers, and returns the target brightness if there was a fade.
    fn end_fade(&mut self, light: &str) -> Option<f64> {
        self.timers.cancel(Timer::FadeReport, light);
        self.timers.cancel(Timer::FadedOff, light);
        self.fades.remove(light).map(|fade| fade.to)
    }

    /// Writes a brightness in percent into the light's resource. Changes nothing without a brightness, or if the light
    /// cannot be dimmed.
    fn show_brightness(&mut self, light: &str, brightness: Option<f64>) {
        let Some(brightness) = brightness.map(quantise) else { return };
        self.store.edit("light", light, |light| {
            if light.get("dimming").is_some() {
                light["dimming"]["brightness"] = json!(brightness);
            }
        });
    }

    /// Shows the present brightness of a fading light, and sets the timer for its next report. An unreachable light
    /// reports nothing.
    fn report_fade(&mut self, light: &str, now: Moment) {
        let Some(fade) = self.fades.get(light).copied() else { return };
        if now >= fade.ends {
            self.fades.remove(light);
        } else {
            self.timers.set(Timer::FadeReport, light, fade.next_report(light, now));
        }
        if self.store.get("light", light).is_some_and(|light| topology::is_reachable(&self.store, light)) {
            self.show_brightness(light, Some(fade.brightness(now)));
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::aggregate::recompute;
    pub(crate) use super::color::{Gamut, Xy, quantise};
    use super::*;

    /// Returns the demo home with a stepped clock.
    pub(crate) fn demo(limits: Limits, quirks: &[Quirk]) -> World {
        let store = Store::new(Home::demo().into_resources());
        World::new(store, BridgeClock::new(Clock::Stepped), limits, quirks.to_vec())
    }

    /// Advances the clock, timer by timer.
    pub(crate) fn advance(world: &mut World, until: Moment) {
        while let Some(due) = world.next_deadline().filter(|due| *due <= until) {
            world.clock.advance_to(due);
            world.run_timers(due);
        }
        world.clock.advance_to(until);
    }
}
