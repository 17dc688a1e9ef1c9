//! The desired state of each light, merged as commands come.

use std::collections::HashMap;

use super::desired_state::DesiredState;
use crate::home::{Id, Light};

/// One desired state per light, in the order in which the lights were first named.
#[derive(Default)]
pub(super) struct DesiredStates<'a> {
    list: Vec<(&'a Light, DesiredState)>,
    positions: HashMap<&'a Id, usize>,
}

impl<'a> DesiredStates<'a> {
    /// Merges a state over the light's earlier one.
    pub(super) fn merge(&mut self, light: &'a Light, desired: DesiredState) {
        let position = *self.positions.entry(&light.id).or_insert(self.list.len());
        match self.list.get_mut(position) {
            Some((_, earlier)) => earlier.merge(desired),
            None => self.list.push((light, desired)),
        }
    }

    /// Returns whether the light is to be on or off, if a command says so.
    pub(super) fn power(&self, id: &Id) -> Option<bool> {
        let position = self.positions.get(id)?;
        self.list.get(*position)?.1.on
    }

    /// Returns the lights with their desired states.
    pub(super) fn into_list(self) -> Vec<(&'a Light, DesiredState)> {
        self.list
    }
}
