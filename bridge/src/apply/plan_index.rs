//! An index of a plan: finds the lights of a step and the steps of a light.

use std::collections::HashMap;

use crate::{
    change::{Plan, PlannedLight, Step},
    home::Id,
};

/// The lights and steps of a plan, found both ways. A home of a thousand lights has a thousand of each.
pub(super) struct PlanIndex<'a> {
    lights: HashMap<&'a Id, &'a PlannedLight>,
    steps: HashMap<&'a Id, Vec<usize>>,
}

impl<'a> PlanIndex<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let mut steps: HashMap<&Id, Vec<usize>> = HashMap::new();
        for (at, step) in plan.steps.iter().enumerate() {
            for light in &step.lights {
                steps.entry(light).or_default().push(at);
            }
        }
        Self { lights: plan.lights.iter().map(|light| (&light.light, light)).collect(), steps }
    }

    /// Returns the lights that a step changes.
    pub(super) fn lights<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'a PlannedLight> {
        step.lights.iter().filter_map(|id| self.lights.get(id).copied())
    }

    /// Returns the positions of the steps that change a light, in order.
    pub(super) fn steps(&self, light: &Id) -> &[usize] {
        self.steps.get(light).map_or(&[], Vec::as_slice)
    }
}
