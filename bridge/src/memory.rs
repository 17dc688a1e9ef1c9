//! What this client did to the lights and the mirror does not show: it is a second behind, and bridges forget.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::{
    home::{Id, LightState},
    mirror::Snapshot,
    plan::{Overlay, Unshown, is_lowest, same},
};

/// How long what was told to a light counts before the mirror shows it: its events come once a second.
const UNSHOWN: Duration = Duration::from_secs(3);
/// For how long an event may still be about what was told to a light before.
const BEHIND: Duration = Duration::from_millis(1500);

/// What was done to the lights.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    told: HashMap<Id, Told>,
    /// The brightness of lights that were faded out, until they are on again.
    faded: HashMap<Id, f64>,
}

/// What a light was told, and when.
#[derive(Debug)]
struct Told {
    /// `None` if it is not known what it came to.
    state: Option<LightState>,
    /// The snapshot it was sent after.
    revision: u64,
    at: Instant,
}

impl Memory {
    /// The bridge accepted a state for a light.
    pub(crate) fn accepted(&mut self, light: &Id, state: &LightState, revision: u64) {
        if state.on || self.faded.get(light).is_some_and(|had| state.brightness != Some(*had)) {
            self.faded.remove(light);
        }
        self.tell(light.clone(), Some(state.clone()), revision);
    }

    /// Lights were told something, and what it came to is not known.
    pub(crate) fn told(&mut self, lights: impl IntoIterator<Item = Id>, revision: u64) {
        for light in lights {
            self.faded.remove(&light);
            self.tell(light, None, revision);
        }
    }

    /// The bridge accepted to fade a light out. It keeps the lowest brightness instead of the one it had (seen on real
    /// bridges, and what other clients work around), so it has to be told when the light is turned on again.
    pub(crate) fn faded(&mut self, light: &Id, brightness: f64) {
        self.faded.insert(light.clone(), brightness);
    }

    /// What is to be laid over the mirror.
    pub(crate) fn overlay(&mut self, snapshot: &Snapshot) -> Overlay {
        self.told.retain(|_, told| told.at.elapsed() < UNSHOWN);
        let unshown: HashMap<Id, Unshown> =
            self.told.iter().filter_map(|(id, told)| Some((id.clone(), told.unshown(id, snapshot)?))).collect();
        let is_on = |id: &Id| {
            let told = unshown.get(id).and_then(|unshown| unshown.state.as_ref());
            told.or(snapshot.home.light(id).map(|light| &light.state)).is_none_or(|state| state.on)
        };
        self.faded.retain(|id, _| !is_on(id));
        Overlay { faded: self.faded.clone(), unshown }
    }

    fn tell(&mut self, light: Id, state: Option<LightState>, revision: u64) {
        let at = Instant::now();
        self.told.insert(light, Told { state, revision, at });
    }
}

impl Told {
    /// `None` once the mirror shows it, or something that came later.
    fn unshown(&self, id: &Id, snapshot: &Snapshot) -> Option<Unshown> {
        let touched = snapshot.light_revisions.get(id).is_some_and(|revision| *revision > self.revision);
        if !touched {
            return Some(Unshown { state: self.state.clone(), sure: self.state.is_some() });
        }
        let state = self.state.as_ref()?;
        // That a bridge drops the brightness of a light that was faded out is no contradiction.
        let agrees = |now: &LightState| same(now, state) || (!state.on && is_lowest(now));
        let shown = snapshot.home.light(id).is_some_and(|light| agrees(&light.state));
        // Another state may be what the light was told before this, or what somebody else did after it.
        let late = !shown && self.at.elapsed() < BEHIND;
        late.then(|| Unshown { state: Some(state.clone()), sure: false })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::home::build;

    fn id() -> Id {
        Id::new("l")
    }

    /// The mirror with one lamp, last changed in this revision.
    fn snapshot(on: bool, brightness: f64, touched: u64) -> Snapshot {
        let lamp = json!({"id": "l", "type": "light", "on": {"on": on}, "dimming": {"brightness": brightness}});
        let home = Arc::new(build::home(&[("l".to_owned(), lamp)].into()));
        Snapshot { home, light_revisions: Arc::new([(id(), touched)].into()), ..Snapshot::default() }
    }

    fn state(on: bool, brightness: f64) -> LightState {
        LightState { on, brightness: Some(brightness), ..LightState::default() }
    }

    fn accepted(state: &LightState, revision: u64) -> Memory {
        let mut memory = Memory::default();
        memory.accepted(&id(), state, revision);
        memory
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_accepted_counts_until_the_mirror_shows_it() {
        let mut memory = accepted(&state(true, 50.0), 7);
        let unshown = |memory: &mut Memory, touched| memory.overlay(&snapshot(true, 50.0, touched)).unshown;
        let expected = Unshown { state: Some(state(true, 50.0)), sure: true };
        assert_eq!(unshown(&mut memory, 7).get(&id()), Some(&expected));
        assert_eq!(unshown(&mut memory, 8).get(&id()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_about_an_earlier_command_does_not_undo_a_later_one() {
        let mut memory = accepted(&state(false, 50.0), 7);
        let overlay = memory.overlay(&snapshot(true, 50.0, 8));
        let expected = Unshown { state: Some(state(false, 50.0)), sure: false };
        assert_eq!(overlay.unshown.get(&id()), Some(&expected));
        tokio::time::advance(BEHIND).await;
        assert_eq!(memory.overlay(&snapshot(true, 50.0, 8)).unshown.get(&id()), None, "by now it is news");
    }

    #[tokio::test(start_paused = true)]
    async fn a_brightness_that_the_bridge_drops_is_believed_at_once() {
        let mut memory = accepted(&state(false, 50.0), 7);
        memory.faded(&id(), 50.0);
        let overlay = memory.overlay(&snapshot(false, 0.4, 8));
        assert_eq!((overlay.unshown.len(), overlay.faded.len()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_mirror_never_shows_is_given_up() {
        let mut memory = accepted(&state(true, 50.0), 7);
        tokio::time::advance(UNSHOWN).await;
        assert!(memory.overlay(&snapshot(false, 50.0, 7)).unshown.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_light_of_which_the_outcome_is_not_known_is_unsure() {
        let mut memory = Memory::default();
        memory.told([id()], 7);
        assert!(memory.overlay(&snapshot(true, 50.0, 7)).is_unsure(&id()));
        assert!(!memory.overlay(&snapshot(true, 50.0, 8)).is_unsure(&id()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_brightness_before_a_fade_is_kept_while_the_light_is_off() {
        let mut memory = accepted(&state(false, 50.0), 7);
        memory.faded(&id(), 50.0);
        let lost = |memory: &mut Memory, on, brightness| {
            memory.overlay(&snapshot(on, brightness, 8)).lost_brightness(&id(), &state(on, brightness))
        };
        tokio::time::advance(UNSHOWN).await;
        assert_eq!(lost(&mut memory, false, 50.0), None, "it did not drop");
        assert_eq!(lost(&mut memory, false, 0.4), Some(50.0));
        assert_eq!(lost(&mut memory, true, 0.4), None, "somebody turned it on, as it was");
        assert_eq!(lost(&mut memory, false, 0.4), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_brightness_that_is_stored_meanwhile_is_the_one_that_counts() {
        let mut memory = accepted(&state(false, 50.0), 7);
        memory.faded(&id(), 50.0);
        memory.accepted(&id(), &state(false, 0.4), 8);
        assert!(memory.overlay(&snapshot(false, 0.4, 9)).faded.is_empty());
    }
}
