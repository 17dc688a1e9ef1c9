//! What the bridge accepted and has not shown yet.

use std::collections::HashMap;

use crate::home::{Id, LightState};

/// States that the bridge accepted and the mirror does not show yet, by light; `None` for a light that was told
/// something of which the outcome is not known.
///
/// Without them, "off" right after "on" would find the lamp off in the mirror, and send nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay(HashMap<Id, Option<LightState>>);

impl Overlay {
    pub(crate) fn get(&self, id: &Id) -> Option<&LightState> {
        self.0.get(id)?.as_ref()
    }

    /// Whether the light may do something else than the mirror and this say: it is not to be called unchanged.
    pub(crate) fn is_unsure(&self, id: &Id) -> bool {
        self.0.get(id).is_some_and(Option::is_none)
    }
}

impl FromIterator<(Id, Option<LightState>)> for Overlay {
    fn from_iter<T: IntoIterator<Item = (Id, Option<LightState>)>>(states: T) -> Self {
        Self(states.into_iter().collect())
    }
}
