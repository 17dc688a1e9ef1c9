//! Pending writes: states that the bridge accepted and the mirror does not show yet.
//!
//! The mirror follows the bridge's events, which come once a second. Without this module "off" right after "on" would
//! find the lamp off in the mirror and send nothing. Plans therefore begin from a [`PendingView`]: the accepted states
//! laid over the mirror's, as an optimistic update.
//!
//! The module also keeps the brightness of lights that were faded out. Bridges forget it: they keep the lowest
//! brightness instead (seen on real bridges, and what other clients work around).

use std::collections::HashMap;

use tokio::time::{Duration, Instant};

use crate::{
    home::{Id, LightState},
    mirror::Snapshot,
};

/// The time after which a write no longer counts, even if the mirror never showed it. Events come once a second.
const PENDING_LIFETIME: Duration = Duration::from_secs(3);
/// The time after a write during which an event with another state may still be about an earlier write.
const LATE_EVENT_WINDOW: Duration = Duration::from_millis(1500);
/// The highest brightness, in percent, that counts as forgotten: one step of 253, or one percent in older reports.
const FORGOTTEN_BRIGHTNESS: f64 = 1.0;

/// The writes of this client that the mirror may not show yet.
#[derive(Debug, Default)]
pub(crate) struct PendingWrites {
    writes: HashMap<Id, PendingWrite>,
    /// The brightness in percent of lights that were faded out, until they are on again.
    brightness_before_fade: HashMap<Id, f64>,
}

/// The write that was sent to one light last.
#[derive(Debug)]
struct PendingWrite {
    /// The state the light was given; `None` if the result of the write is unknown.
    state: Option<LightState>,
    /// The revision of the mirror's snapshot before the write was sent.
    revision: u64,
    written_at: Instant,
}

/// The writes that one snapshot of the mirror does not show. A plan begins from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingView {
    /// Lights whose last write the mirror does not show yet.
    pub(crate) unconfirmed: HashMap<Id, Unconfirmed>,
    /// The brightness in percent of lights that were faded out.
    pub(crate) brightness_before_fade: HashMap<Id, f64>,
}

/// A write that the mirror does not show yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unconfirmed {
    /// The state the light was given, if it is known.
    pub(crate) state: Option<LightState>,
    /// Is set while nothing contradicts the state. A light without it is never called unchanged.
    pub(crate) certain: bool,
}

impl PendingWrites {
    /// Records a state that the bridge accepted for a light.
    pub(crate) fn record_accepted(&mut self, light: &Id, state: &LightState, revision: u64) {
        let kept = self.brightness_before_fade.get(light);
        if state.on || kept.is_some_and(|kept| state.brightness != Some(*kept)) {
            self.brightness_before_fade.remove(light);
        }
        self.record(light.clone(), Some(state.clone()), revision);
    }

    /// Records a write whose result is unknown.
    pub(crate) fn record_unknown(&mut self, lights: impl IntoIterator<Item = Id>, revision: u64) {
        for light in lights {
            self.brightness_before_fade.remove(&light);
            self.record(light, None, revision);
        }
    }

    /// Records the brightness in percent that a light had before it was faded out.
    pub(crate) fn record_fade(&mut self, light: &Id, brightness: f64) {
        self.brightness_before_fade.insert(light.clone(), brightness);
    }

    /// Forgets the writes that the snapshot shows, and returns the rest.
    pub(crate) fn view(&mut self, snapshot: &Snapshot) -> PendingView {
        self.writes.retain(|_, write| write.written_at.elapsed() < PENDING_LIFETIME);
        let unconfirmed: HashMap<Id, Unconfirmed> =
            self.writes.iter().filter_map(|(id, write)| Some((id.clone(), write.unconfirmed(id, snapshot)?))).collect();
        let is_on = |id: &Id| {
            let written = unconfirmed.get(id).and_then(|write| write.state.as_ref());
            written.or(snapshot.home.light(id).map(|light| &light.state)).is_none_or(|state| state.on)
        };
        self.brightness_before_fade.retain(|id, _| !is_on(id));
        PendingView { brightness_before_fade: self.brightness_before_fade.clone(), unconfirmed }
    }

    fn record(&mut self, light: Id, state: Option<LightState>, revision: u64) {
        self.writes.insert(light, PendingWrite { state, revision, written_at: Instant::now() });
    }
}

impl PendingWrite {
    /// Returns `None` once the mirror shows this write or a later one.
    fn unconfirmed(&self, id: &Id, snapshot: &Snapshot) -> Option<Unconfirmed> {
        if !snapshot.changed_since(id, self.revision) {
            return Some(Unconfirmed { state: self.state.clone(), certain: self.state.is_some() });
        }
        let state = self.state.as_ref()?;
        // A bridge drops the brightness of a light that was faded out: no contradiction.
        let agrees = |now: &LightState| now.looks_like(state) || (!state.on && has_forgotten_brightness(now));
        let shown = snapshot.home.light(id).is_some_and(|light| agrees(&light.state));
        // Another state comes from an earlier write, or from another client after this one.
        let late = !shown && self.written_at.elapsed() < LATE_EVENT_WINDOW;
        late.then(|| Unconfirmed { state: Some(state.clone()), certain: false })
    }
}

impl PendingView {
    /// Returns the state that a plan begins from in place of the mirror's.
    pub(crate) fn state(&self, id: &Id) -> Option<&LightState> {
        self.unconfirmed.get(id)?.state.as_ref()
    }

    /// Returns whether the light's real state may differ from the mirror and from the last write.
    pub(crate) fn is_uncertain(&self, id: &Id) -> bool {
        self.unconfirmed.get(id).is_some_and(|write| !write.certain)
    }

    /// Returns the brightness in percent to turn a light on with, if the bridge has forgotten it.
    pub(crate) fn forgotten_brightness(&self, id: &Id, now: &LightState) -> Option<f64> {
        let kept = self.brightness_before_fade.get(id).copied()?;
        (has_forgotten_brightness(now) && kept > FORGOTTEN_BRIGHTNESS).then_some(kept)
    }
}

/// Returns whether a light is off and would come back with the lowest brightness.
fn has_forgotten_brightness(state: &LightState) -> bool {
    !state.on && state.brightness.is_some_and(|brightness| brightness <= FORGOTTEN_BRIGHTNESS)
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

    /// A mirror with one lamp that last changed in the given revision.
    fn snapshot(on: bool, brightness: f64, changed: u64) -> Snapshot {
        let lamp = json!({"id": "l", "type": "light", "on": {"on": on}, "dimming": {"brightness": brightness}});
        let home = Arc::new(build::home(&[("l".to_owned(), lamp)].into()));
        Snapshot { home, light_revisions: Arc::new([(id(), changed)].into()), ..Snapshot::default() }
    }

    fn state(on: bool, brightness: f64) -> LightState {
        LightState { on, brightness: Some(brightness), ..LightState::default() }
    }

    fn accepted(state: &LightState, revision: u64) -> PendingWrites {
        let mut writes = PendingWrites::default();
        writes.record_accepted(&id(), state, revision);
        writes
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_accepted_counts_until_the_mirror_shows_it() {
        let mut writes = accepted(&state(true, 50.0), 7);
        let unshown = |writes: &mut PendingWrites, touched| writes.view(&snapshot(true, 50.0, touched)).unconfirmed;
        let expected = Unconfirmed { state: Some(state(true, 50.0)), certain: true };
        assert_eq!(unshown(&mut writes, 7).get(&id()), Some(&expected));
        assert_eq!(unshown(&mut writes, 8).get(&id()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_about_an_earlier_command_does_not_undo_a_later_one() {
        let mut writes = accepted(&state(false, 50.0), 7);
        let view = writes.view(&snapshot(true, 50.0, 8));
        let expected = Unconfirmed { state: Some(state(false, 50.0)), certain: false };
        assert_eq!(view.unconfirmed.get(&id()), Some(&expected));
        tokio::time::advance(LATE_EVENT_WINDOW).await;
        assert_eq!(writes.view(&snapshot(true, 50.0, 8)).unconfirmed.get(&id()), None, "by now it is news");
    }

    #[tokio::test(start_paused = true)]
    async fn a_brightness_that_the_bridge_drops_is_believed_at_once() {
        let mut writes = accepted(&state(false, 50.0), 7);
        writes.record_fade(&id(), 50.0);
        let view = writes.view(&snapshot(false, 0.4, 8));
        assert_eq!((view.unconfirmed.len(), view.brightness_before_fade.len()), (0, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_mirror_never_shows_is_given_up() {
        let mut writes = accepted(&state(true, 50.0), 7);
        tokio::time::advance(PENDING_LIFETIME).await;
        assert!(writes.view(&snapshot(false, 50.0, 7)).unconfirmed.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_light_of_which_the_outcome_is_not_known_is_uncertain() {
        let mut writes = PendingWrites::default();
        writes.record_unknown([id()], 7);
        assert!(writes.view(&snapshot(true, 50.0, 7)).is_uncertain(&id()));
        assert!(!writes.view(&snapshot(true, 50.0, 8)).is_uncertain(&id()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_brightness_before_a_fade_is_kept_while_the_light_is_off() {
        let mut writes = accepted(&state(false, 50.0), 7);
        writes.record_fade(&id(), 50.0);
        let lost = |writes: &mut PendingWrites, on, brightness| {
            writes.view(&snapshot(on, brightness, 8)).forgotten_brightness(&id(), &state(on, brightness))
        };
        tokio::time::advance(PENDING_LIFETIME).await;
        assert_eq!(lost(&mut writes, false, 50.0), None, "it did not drop");
        assert_eq!(lost(&mut writes, false, 0.4), Some(50.0));
        assert_eq!(lost(&mut writes, true, 0.4), None, "somebody turned it on, as it was");
        assert_eq!(lost(&mut writes, false, 0.4), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_brightness_that_is_stored_meanwhile_is_the_one_that_counts() {
        let mut writes = accepted(&state(false, 50.0), 7);
        writes.record_fade(&id(), 50.0);
        writes.record_accepted(&id(), &state(false, 0.4), 8);
        assert!(writes.view(&snapshot(false, 0.4, 9)).brightness_before_fade.is_empty());
    }
}
