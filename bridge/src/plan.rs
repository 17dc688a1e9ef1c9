//! From commands to requests: merged, fitted to each lamp, as few as possible. Values only, nothing is sent.
//!
//! ```text
//! commands ─ wish ─▶ one wish per light ─ lamp ─▶ what each lamp can follow ─ group ─▶ steps
//! ```
//!
//! Commands between two scene recalls are merged; a recall ends what came before it for its lights. Steps that change
//! the same light are sent one after the other, all others side by side: see [`waves`].

mod group;
mod lamp;
mod overlay;
mod scene;
mod wish;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use overlay::Overlay;

use crate::{
    budget::Cost,
    change::{Adjustment, Change, Command, Note, Plan, PlannedLight, Step, StepKind},
    error::Error,
    home::{Home, Id, Light, LightState, Reachability},
};
use lamp::Fitted;
use wish::Wish;

/// Plans commands against a home. `overlay` has the states that the bridge accepted and has not shown yet.
pub(crate) fn plan(home: &Home, overlay: &Overlay, commands: &[Command]) -> Result<Plan, Error> {
    let mut draft = Draft { home, overlay, states: HashMap::new(), lights: Vec::new(), steps: Vec::new() };
    let mut wishes = Vec::new();
    for command in commands {
        match command {
            Command::Set { target, change } => {
                let lights = draft.members(target)?;
                let any_on = lights.iter().any(|light| draft.state(light).on);
                let wish = Wish::new(change, any_on)?;
                wishes.extend(lights.into_iter().map(|light| (light, wish.clone())));
            }
            Command::Recall { scene, mode, transition, brightness } => {
                draft.settle(&mut wishes);
                scene::recall(&mut draft, scene, *mode, *transition, *brightness)?;
            }
            Command::Identify(id) => draft.identify(id)?,
        }
    }
    draft.settle(&mut wishes);
    let estimated = estimate(&draft.steps);
    Ok(Plan { steps: draft.steps, lights: draft.lights, estimated })
}

/// The body that gives a light the state it has now: for scenes.
pub(crate) fn state_body(light: &Light) -> Value {
    let state = &light.state;
    let mut body = json!({"on": {"on": state.on}});
    if let Some(brightness) = state.brightness.filter(|brightness| *brightness > 0.0) {
        body["dimming"] = json!({"brightness": brightness});
    }
    if let Some(effect) = state.effect.as_ref().filter(|_| light.can.effects_v2) {
        body["effects_v2"] = json!({"action": {"effect": effect}});
    } else if let Some(mirek) = state.mirek {
        body["color_temperature"] = json!({"mirek": mirek});
    } else if let Some(xy) = state.xy {
        body["color"] = json!({"xy": {"x": xy.x, "y": xy.y}});
    }
    body
}

/// The body that a change gives a light: for scenes.
pub(crate) fn scene_body(light: &Light, change: &Change) -> Result<Value, Error> {
    let off = LightState::default();
    Ok(Value::Object(lamp::fit(light, &off, &Wish::new(change, false)?).body))
}

/// What a step takes from the budget.
pub(crate) fn cost(step: &Step) -> Cost {
    match step.kind {
        StepKind::Light | StepKind::Identify => Cost::light(step.messages),
        StepKind::Group | StepKind::Scene | StepKind::SmartScene => Cost::GROUP,
    }
}

/// The steps in rounds: a step is in a later round than every earlier step that changes one of its lights.
pub(crate) fn waves(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut next: HashMap<&Id, usize> = HashMap::new();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let wave = step.lights.iter().filter_map(|light| next.get(light)).max().copied().unwrap_or(0);
        next.extend(step.lights.iter().map(|light| (light, wave + 1)));
        if waves.len() <= wave {
            waves.resize(wave + 1, Vec::new());
        }
        if let Some(wave) = waves.get_mut(wave) {
            wave.push(index);
        }
    }
    waves
}

/// When the last step is sent, on a bridge with nothing else to do: the budget's three limits from full.
fn estimate(steps: &[Step]) -> Duration {
    crate::budget::Budget::idle_forecast(&steps.iter().map(cost).collect::<Vec<_>>())
}

/// A plan in the making.
struct Draft<'a> {
    home: &'a Home,
    overlay: &'a Overlay,
    /// What the lights do once the steps so far are done, where that differs from the home.
    states: HashMap<Id, LightState>,
    lights: Vec<PlannedLight>,
    steps: Vec<Step>,
}

impl<'a> Draft<'a> {
    /// The light's state as it is by now, in this plan.
    fn state(&self, light: &'a Light) -> &LightState {
        self.states.get(&light.id).or_else(|| self.overlay.get(&light.id)).unwrap_or(&light.state)
    }

    fn light(&self, id: &Id) -> Result<&'a Light, Error> {
        self.home.light(id).ok_or_else(|| Error::NotFound { kind: "light", id: id.to_string() })
    }

    fn members(&self, target: &crate::change::Target) -> Result<Vec<&'a Light>, Error> {
        match target {
            crate::change::Target::Light(id) => Ok(vec![self.light(id)?]),
            crate::change::Target::Group(id) => {
                let group = self.home.group(id).ok_or_else(|| Error::NotFound { kind: "group", id: id.to_string() })?;
                Ok(group.lights.iter().filter_map(|id| self.home.light(id)).collect())
            }
        }
    }

    /// Turns the wishes so far into steps.
    fn settle(&mut self, wishes: &mut Vec<(&'a Light, Wish)>) {
        let mut merged: Vec<(&'a Light, Wish)> = Vec::new();
        let mut positions: BTreeMap<&Id, usize> = BTreeMap::new();
        for (light, wish) in wishes.drain(..) {
            if let Some((_, earlier)) = positions.get(&light.id).and_then(|position| merged.get_mut(*position)) {
                earlier.merge(wish);
            } else {
                positions.insert(&light.id, merged.len());
                merged.push((light, wish));
            }
        }
        let fitted: Vec<Fitted> = merged.iter().map(|(light, wish)| self.fit(light, wish)).collect();
        let steps = group::steps(self.home, &merged, &fitted);
        let sent: HashSet<&Id> = steps.iter().flat_map(|step| &step.lights).collect();
        for ((light, _), fitted) in merged.iter().zip(&fitted) {
            let follows = sent.contains(&light.id) || fitted.note == Some(Note::Unchanged);
            self.record(light, fitted, follows);
        }
        self.steps.extend(steps);
    }

    /// A light that was told something of unknown outcome is told again, even if it seems to be as asked.
    fn fit(&self, light: &'a Light, wish: &Wish) -> Fitted {
        let mut fitted = lamp::fit(light, self.state(light), wish);
        let unsure = self.overlay.is_unsure(&light.id) && !self.states.contains_key(&light.id);
        if unsure && !fitted.body.is_empty() && fitted.note == Some(Note::Unchanged) {
            fitted.note = None;
        }
        fitted
    }

    fn record(&mut self, light: &'a Light, fitted: &Fitted, follows: bool) {
        let after = if follows { fitted.after.clone() } else { self.state(light).clone() };
        let planned = self.entry(light);
        planned.after = after.clone();
        planned.note.clone_from(&fitted.note);
        planned.adjustments.extend(fitted.adjustments.iter().cloned());
        self.states.insert(light.id.clone(), after);
    }

    /// The light's place in the plan, made at its first mention.
    fn entry(&mut self, light: &'a Light) -> &mut PlannedLight {
        let position = self.lights.iter().position(|planned| planned.light == light.id).unwrap_or(self.lights.len());
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
        &mut self.lights[position]
    }

    fn identify(&mut self, id: &Id) -> Result<(), Error> {
        let light = self.light(id)?;
        self.entry(light);
        if !unreachable(light) {
            self.steps.push(Step {
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

    /// Adds what is to be said about a light without changing the rest.
    fn adjust(&mut self, light: &'a Light, adjustment: Adjustment) {
        self.entry(light).adjustments.push(adjustment);
    }
}

/// As the bridge has it. Where it does not say, the lamp is taken for reachable.
fn unreachable(light: &Light) -> bool {
    matches!(light.reachability, Reachability::Unreachable(_))
}

#[cfg(test)]
mod tests;
