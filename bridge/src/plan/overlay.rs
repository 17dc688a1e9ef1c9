//! What this client knows of the lights and the mirror does not show.

use std::collections::HashMap;

use crate::home::{Id, LightState};

/// What this client knows of the lights and the mirror does not show.
///
/// Without it, "off" right after "on" would find the lamp off in the mirror, and send nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    /// Lights that were told something the mirror does not show yet.
    pub(crate) unshown: HashMap<Id, Unshown>,
    /// The brightness a light had before it was faded out: bridges lose it.
    pub(crate) faded: HashMap<Id, f64>,
}

/// What a light was told and the mirror does not show yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unshown {
    /// The state it was given, if that is known.
    pub(crate) state: Option<LightState>,
    /// Nothing speaks against it. If not, the light is not to be called unchanged.
    pub(crate) sure: bool,
}

impl Overlay {
    /// The state to begin from, in place of the mirror's.
    pub(super) fn state(&self, id: &Id) -> Option<&LightState> {
        self.unshown.get(id)?.state.as_ref()
    }

    /// Whether the light may do something else than the mirror and this say.
    pub(crate) fn is_unsure(&self, id: &Id) -> bool {
        self.unshown.get(id).is_some_and(|unshown| !unshown.sure)
    }

    /// The brightness with which a light has to be turned on that would come back with less than it had.
    pub(crate) fn lost_brightness(&self, id: &Id, now: &LightState) -> Option<f64> {
        let had = self.faded.get(id).copied()?;
        (is_lowest(now) && had > LOWEST).then_some(had)
    }
}

/// Whether a light is off, and the brightness it would come back with is no more than there has to be.
pub(crate) fn is_lowest(state: &LightState) -> bool {
    !state.on && state.brightness.is_some_and(|brightness| brightness <= LOWEST)
}

/// The brightness of a light of which the bridge lost it: one step of 253, or a percent by older reports.
const LOWEST: f64 = 1.0;
