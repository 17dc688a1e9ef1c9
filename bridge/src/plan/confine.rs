//! Confinement: a plan that must not reach beyond some lights.
//!
//! The lights are checked when the plan is confined. A light's own request cannot reach another light. A group command
//! and a recall can: their members are on the bridge, and another client may change them before the request is sent.
//! So the executor calls [`check_lights_unchanged`] at the moment of sending.

use std::collections::HashSet;

use super::scene;
use crate::{
    change::{Outside, Plan, Step, StepKind},
    error::Error,
    home::{Home, Id},
};

impl Plan {
    /// Confines the plan to `allowed` lights. An error names the first part of the plan that lies outside.
    ///
    /// [`crate::Bridge::execute`] then sends a group command or a recall only while the mirror shows exactly the lights
    /// that it was planned for. Otherwise their outcome is [`crate::Delivery::NotSent`].
    pub fn confine_to(&mut self, allowed: &HashSet<&Id>) -> Result<(), Outside> {
        if let Some(light) = self.lights.iter().find(|light| !allowed.contains(&light.light)) {
            return Err(Outside::Light(light.name.clone()));
        }
        // The lights of a scene may be unknown, for example if its group is.
        if let Some(step) = self.steps.iter().find(|step| step.lights.is_empty()) {
            return Err(Outside::Scene(step.name.clone()));
        }
        self.confined = true;
        Ok(())
    }
}

/// Fails if the step would reach other lights in this home than it was planned for.
pub(crate) fn check_lights_unchanged(step: &Step, home: &Home) -> Result<(), Error> {
    let reached: Option<HashSet<&Id>> = match step.kind {
        StepKind::Light | StepKind::Identify => return Ok(()),
        StepKind::Group => {
            let group = home.groups.iter().find(|group| group.grouped_light.as_ref() == Some(&step.resource));
            group.map(|group| group.lights.iter().collect())
        }
        StepKind::Scene | StepKind::SmartScene => home
            .scene(&step.resource)
            .map(|scene| scene::members(home, scene).into_iter().map(|(light, _)| &light.id).collect()),
    };
    if reached.is_some_and(|reached| reached == step.lights.iter().collect()) {
        return Ok(());
    }
    Err(Error::Invalid(format!("the lights of {:?} have changed since this was checked; try again", step.name)))
}
