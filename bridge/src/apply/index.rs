//! Which steps are about which light.

use std::collections::HashMap;

use crate::{
    change::{Plan, PlannedLight, Step},
    home::Id,
};

/// The lights of a plan and their steps, both ways: a home of a thousand lights has a thousand of each.
pub(super) struct Index<'a> {
    lights: HashMap<&'a Id, &'a PlannedLight>,
    steps: HashMap<&'a Id, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut steps: HashMap<&Id, Vec<usize>> = HashMap::new();
        for (at, step) in plan.steps.iter().enumerate() {
            for light in &step.lights {
                steps.entry(light).or_default().push(at);
            }
        }
        Self { lights: plan.lights.iter().map(|light| (&light.light, light)).collect(), steps }
    }

    /// The lights that a step is about.
    pub(super) fn lights<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'a PlannedLight> {
        step.lights.iter().filter_map(|id| self.lights.get(id).copied())
    }

    /// Positions of the steps that are about a light, in order.
    pub(super) fn steps(&self, light: &Id) -> &[usize] {
        self.steps.get(light).map_or(&[], Vec::as_slice)
    }
}
