//! What the bridge accepted and has not shown yet.

use std::collections::HashMap;

use crate::home::{Id, LightState};

/// States that the bridge accepted and the mirror does not show yet, by light.
///
/// Without them, "off" right after "on" would find the lamp off in the mirror, and send nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay(HashMap<Id, LightState>);

impl Overlay {
    pub(crate) fn get(&self, id: &Id) -> Option<&LightState> {
        self.0.get(id)
    }
}

impl FromIterator<(Id, LightState)> for Overlay {
    fn from_iter<T: IntoIterator<Item = (Id, LightState)>>(states: T) -> Self {
        Self(states.into_iter().collect())
    }
}
