//! From commands to requests: merged, fitted to each lamp, as few as possible. Values only, nothing is sent.
//!
//! ```text
//! commands ─ wish ─▶ one wish per light ─ lamp ─▶ what each lamp can follow ─ group ─▶ steps
//! ```
//!
//! Commands between two scene recalls are merged; a recall ends what came before it for its lights. Steps that change
//! the same light are sent one after the other, all others side by side: see [`waves`].

mod draft;
mod group;
mod lamp;
mod overlay;
mod scene;
mod wish;
mod wishes;

use std::{collections::HashMap, time::Duration};

use serde_json::{Map, Value, json};

pub(crate) use lamp::same;
pub(crate) use overlay::{Overlay, Unshown, is_lowest};

use crate::{
    budget::{Budget, Cost},
    change::{Change, Command, Plan, Step, StepKind},
    error::Error,
    home::{Home, Id, Light, LightState, Reachability},
};
use draft::Draft;
use wish::Wish;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) home: &'a Home,
    pub(crate) overlay: &'a Overlay,
    /// How long the last of these requests would wait, as the budget is now.
    pub(crate) wait: &'a dyn Fn(&[Cost]) -> Duration,
}

/// Plans commands.
pub(crate) fn plan(known: Known<'_>, commands: &[Command]) -> Result<Plan, Error> {
    let mut draft = Draft::new(known);
    for command in commands {
        match command {
            Command::Set { target, change } => draft.set(target, change)?,
            Command::Recall { scene, mode, transition, brightness } => {
                draft.settle();
                scene::recall(&mut draft, scene, *mode, *transition, *brightness)?;
            }
            Command::Identify(id) => draft.identify(id)?,
        }
    }
    let (steps, lights) = draft.finish();
    let estimated = Budget::idle_forecast(&steps.iter().map(cost).collect::<Vec<_>>());
    Ok(Plan { steps, lights, estimated })
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
    } else if !state.gradient.is_empty() {
        body["gradient"] = lamp::points(&state.gradient);
    } else if let Some(mirek) = state.mirek {
        body["color_temperature"] = json!({"mirek": mirek});
    } else if let Some(xy) = state.xy {
        body["color"] = json!({"xy": {"x": xy.x, "y": xy.y}});
    }
    body
}

/// The body that a change gives a light: for scenes.
pub(crate) fn scene_body(light: &Light, change: &Change) -> Result<Map<String, Value>, Error> {
    let off = LightState::default();
    Ok(lamp::fit(light, &off, &Wish::new(change, false)?).body)
}

/// What a step takes from the budget.
pub(crate) fn cost(step: &Step) -> Cost {
    match step.kind {
        StepKind::Light | StepKind::Identify => Cost::light(step.messages),
        StepKind::Group | StepKind::Scene | StepKind::SmartScene => Cost::GROUP_COMMAND,
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

/// As the bridge has it. Where it does not say, the lamp is taken for reachable.
pub(crate) fn unreachable(light: &Light) -> bool {
    matches!(light.reachability, Reachability::Unreachable(_))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
