//! A plan in the making.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::{
    Known,
    group::{self, Lamp},
    lamp::{self, Fitted},
    unreachable,
    wish::Wish,
    wishes::Wishes,
};
use crate::{
    change::{Change, Note, PlannedLight, Step, StepKind, Target},
    error::Error,
    home::{Home, Id, Light, LightState},
};

/// A plan in the making: each light once, in the order in which they were named.
pub(super) struct Draft<'a> {
    pub(super) home: &'a Home,
    known: Known<'a>,
    /// What is asked since the last recall, and is no step yet.
    wishes: Wishes<'a>,
    identifies: Vec<Step>,
    /// What the lights do once the steps so far are done, where that differs from the home.
    states: HashMap<&'a Id, LightState>,
    lights: Vec<PlannedLight>,
    positions: HashMap<&'a Id, usize>,
    steps: Vec<Step>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(known: Known<'a>) -> Self {
        Self {
            home: known.home,
            known,
            wishes: Wishes::default(),
            identifies: Vec::new(),
            states: HashMap::new(),
            lights: Vec::new(),
            positions: HashMap::new(),
            steps: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Step>, Vec<PlannedLight>) {
        self.settle();
        (self.steps, self.lights)
    }

    /// Adds a change to what is asked.
    pub(super) fn set(&mut self, target: &Target, change: &Change) -> Result<(), Error> {
        let lights = self.members(target)?;
        let any_on = lights.iter().any(|light| self.wishes.on(&light.id).unwrap_or(self.state(light).on));
        let wish = Wish::new(change, any_on)?;
        for light in lights {
            self.wishes.add(light, wish.clone());
        }
        Ok(())
    }

    pub(super) fn identify(&mut self, id: &Id) -> Result<(), Error> {
        let light = self.light(id)?;
        self.entry(light);
        if !unreachable(light) {
            self.identifies.push(Step {
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

    /// Turns what is asked so far into steps.
    pub(super) fn settle(&mut self) {
        let lamps: Vec<Lamp<'a>> =
            std::mem::take(&mut self.wishes).into_iter().map(|(light, wish)| self.lamp(light, wish)).collect();
        let steps = group::steps(&self.known, &lamps);
        let sent: HashSet<&Id> = steps.iter().flat_map(|step| &step.lights).collect();
        for lamp in &lamps {
            self.record(lamp.light, &lamp.fitted, sent.contains(&lamp.light.id));
        }
        self.steps.extend(steps);
        self.steps.append(&mut self.identifies);
    }

    /// Adds a step that is ready.
    pub(super) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// The light's state as it is by now, in this plan.
    pub(super) fn state(&self, light: &'a Light) -> &LightState {
        self.states.get(&light.id).or_else(|| self.known.overlay.state(&light.id)).unwrap_or(&light.state)
    }

    /// From here on in this plan, the light is so.
    pub(super) fn becomes(&mut self, light: &'a Light, after: LightState, note: Option<Note>) -> &mut PlannedLight {
        // The entry first: it takes the state from before.
        let position = self.entry(light);
        self.states.insert(&light.id, after.clone());
        let planned = &mut self.lights[position];
        (planned.after, planned.note) = (after, note);
        planned
    }

    fn lamp(&self, light: &'a Light, mut wish: Wish) -> Lamp<'a> {
        let state = self.state(light);
        if wish.on == Some(true) && wish.brightness.is_none() && light.can.dimming {
            wish.lost_brightness = self.known.overlay.lost_brightness(&light.id, state);
        }
        let mut fitted = lamp::fit(light, state, &wish);
        let unsure = self.known.overlay.is_unsure(&light.id) && !self.states.contains_key(&light.id);
        if unsure && fitted.note == Some(Note::Unchanged) && !fitted.body.is_empty() {
            fitted.note = None;
        }
        Lamp { light, wish, fitted }
    }

    fn record(&mut self, light: &'a Light, fitted: &Fitted, sent: bool) {
        let earlier = self.positions.get(&light.id).and_then(|position| self.lights.get(*position));
        let takes_part = !matches!(fitted.note, Some(Note::Unchanged | Note::Unsupported));
        let note = match earlier {
            // What an earlier step of this plan does to it is still to be told.
            Some(planned) if !takes_part && planned.before != planned.after => planned.note.clone(),
            _ => fitted.note.clone(),
        };
        let follows = sent || fitted.note == Some(Note::Unchanged);
        let after = if follows { fitted.after.clone() } else { self.state(light).clone() };
        self.becomes(light, after, note).adjustments.extend(fitted.adjustments.iter().cloned());
    }

    fn light(&self, id: &Id) -> Result<&'a Light, Error> {
        self.home.light(id).ok_or_else(|| Error::NotFound { kind: "light", id: id.to_string() })
    }

    fn members(&self, target: &Target) -> Result<Vec<&'a Light>, Error> {
        match target {
            Target::Light(id) => Ok(vec![self.light(id)?]),
            Target::Group(id) => {
                let group = self.home.group(id).ok_or_else(|| Error::NotFound { kind: "group", id: id.to_string() })?;
                Ok(group.lights.iter().filter_map(|id| self.home.light(id)).collect())
            }
        }
    }

    /// The light's place in the plan, made at its first mention.
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
                note: unreachable(light).then_some(Note::Unreachable),
            });
        }
        position
    }
}
