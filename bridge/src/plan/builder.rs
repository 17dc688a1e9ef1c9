//! The builder of a plan: collects desired states, and turns them into steps.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::{
    PlanContext,
    desired_state::DesiredState,
    desired_states::DesiredStates,
    group::{self, Lamp},
    lamp::{self, LampCommand},
};
use crate::{
    change::{Change, Note, PlannedLight, Step, StepKind, Target},
    error::Error,
    home::{Home, Id, Light, LightState},
};

/// A plan in the making. Holds each light once, in the order in which the commands name them.
pub(super) struct PlanBuilder<'a> {
    pub(super) home: &'a Home,
    context: PlanContext<'a>,
    /// The changes since the last recall that are no steps yet.
    desired: DesiredStates<'a>,
    identify_steps: Vec<Step>,
    /// The states after the steps so far, where they differ from the home's.
    planned_states: HashMap<&'a Id, LightState>,
    lights: Vec<PlannedLight>,
    positions: HashMap<&'a Id, usize>,
    steps: Vec<Step>,
}

impl<'a> PlanBuilder<'a> {
    pub(super) fn new(context: PlanContext<'a>) -> Self {
        Self {
            home: context.home,
            context,
            desired: DesiredStates::default(),
            identify_steps: Vec::new(),
            planned_states: HashMap::new(),
            lights: Vec::new(),
            positions: HashMap::new(),
            steps: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Step>, Vec<PlannedLight>) {
        self.flush();
        (self.steps, self.lights)
    }

    /// Merges a change into the desired states of its lights.
    pub(super) fn set(&mut self, target: &Target, change: &Change) -> Result<(), Error> {
        let lights = self.members(target)?;
        let any_on = lights.iter().any(|light| self.desired.power(&light.id).unwrap_or(self.state(light).on));
        let desired = DesiredState::new(change, any_on)?;
        for light in lights {
            self.desired.merge(light, desired.clone());
        }
        Ok(())
    }

    pub(super) fn identify(&mut self, id: &Id) -> Result<(), Error> {
        let light = self.light(id)?;
        self.entry(light);
        if !light.is_unreachable() {
            self.identify_steps.push(Step {
                kind: StepKind::Identify,
                resource: light.device_id.clone(),
                name: light.name.clone(),
                lights: vec![light.id.clone()],
                body: json!({"identify": {"action": "identify"}}),
                messages: 1,
                repeatable: false,
            });
        }
        Ok(())
    }

    /// Turns the desired states so far into steps.
    pub(super) fn flush(&mut self) {
        let desired = std::mem::take(&mut self.desired).into_list().into_iter();
        let lamps: Vec<Lamp<'a>> = desired.map(|(light, desired)| self.lamp(light, desired)).collect();
        let steps = group::steps(&self.context, &lamps);
        let sent: HashSet<&Id> = steps.iter().flat_map(|step| &step.lights).collect();
        for lamp in &lamps {
            self.record(lamp.light, &lamp.command, sent.contains(&lamp.light.id));
        }
        self.steps.extend(steps);
        self.steps.append(&mut self.identify_steps);
    }

    /// Adds a finished step.
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Returns the state that the light has after the steps so far.
    pub(super) fn state(&self, light: &'a Light) -> &LightState {
        self.planned_states.get(&light.id).or_else(|| self.context.pending.state(&light.id)).unwrap_or(&light.state)
    }

    /// Sets the state that the light has for the rest of the plan.
    pub(super) fn set_planned_state(
        &mut self,
        light: &'a Light,
        after: LightState,
        note: Option<Note>,
    ) -> &mut PlannedLight {
        // The entry comes first: it takes the state from before.
        let position = self.entry(light);
        self.planned_states.insert(&light.id, after.clone());
        let planned = &mut self.lights[position];
        (planned.after, planned.note) = (after, note);
        planned
    }

    fn lamp(&self, light: &'a Light, mut desired: DesiredState) -> Lamp<'a> {
        let (state, pending) = (self.state(light), self.context.pending);
        if desired.on == Some(true) && desired.brightness.is_none() && light.can.dimming {
            desired.restored_brightness = pending.forgotten_brightness(&light.id, state);
        }
        let mut command = lamp::build_command(light, state, &desired);
        let uncertain = pending.is_uncertain(&light.id) && !self.planned_states.contains_key(&light.id);
        if uncertain && command.note == Some(Note::Unchanged) && !command.body.is_empty() {
            command.note = None;
        }
        Lamp { light, desired, command }
    }

    fn record(&mut self, light: &'a Light, command: &LampCommand, sent: bool) {
        let earlier = self.positions.get(&light.id).and_then(|position| self.lights.get(*position));
        let takes_part = !matches!(command.note, Some(Note::Unchanged | Note::Unsupported));
        let note = match earlier {
            // An earlier step of this plan changes the light: its note stays.
            Some(planned) if !takes_part && planned.before != planned.after => planned.note.clone(),
            _ => command.note.clone(),
        };
        let follows = sent || command.note == Some(Note::Unchanged);
        let after = if follows { command.after.clone() } else { self.state(light).clone() };
        self.set_planned_state(light, after, note).adjustments.extend(command.adjustments.iter().cloned());
    }

    fn light(&self, id: &Id) -> Result<&'a Light, Error> {
        self.home.light(id).ok_or_else(|| Error::not_found("light", id))
    }

    fn members(&self, target: &Target) -> Result<Vec<&'a Light>, Error> {
        match target {
            Target::Light(id) => Ok(vec![self.light(id)?]),
            Target::Group(id) => {
                let group = self.home.group(id).ok_or_else(|| Error::not_found("group", id))?;
                Ok(self.home.lights_of(group).collect())
            }
        }
    }

    /// Returns the light's position in the plan; its first mention adds it.
    fn entry(&mut self, light: &'a Light) -> usize {
        let position = *self.positions.entry(&light.id).or_insert(self.lights.len());
        if position == self.lights.len() {
            let before = self.state(light).clone();
            self.lights.push(PlannedLight {
                light: light.id.clone(),
                name: light.name.clone(),
                room: light.room.clone(),
                after: before.clone(),
                before,
                adjustments: Vec::new(),
                note: light.is_unreachable().then_some(Note::Unreachable),
            });
        }
        position
    }
}
