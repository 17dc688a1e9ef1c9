//! Planning: turns commands into as few requests as possible. Builds values only and sends nothing.
//!
//! ```text
//! commands ─ desired_state ─▶ one state per light ─ lamp ─▶ a command each lamp can follow ─ group ─▶ steps
//! ```
//!
//! Commands between two scene recalls are merged. A recall ends the earlier commands for its lights. Steps that change
//! the same light are sent one after the other, all others side by side: see [`send_order`].

mod builder;
mod confine;
mod desired_state;
mod desired_states;
mod effects;
mod group;
mod lamp;
mod scene;

use std::{collections::HashMap, time::Duration};

use serde_json::{Map, Value, json};

pub(crate) use confine::check_lights_unchanged;

use crate::{
    budget::{Budget, Cost},
    change::{Change, Command, Plan, Step, StepKind},
    error::Error,
    home::{Home, Id, Light, LightState},
    pending_writes::PendingView,
};
use builder::PlanBuilder;
use desired_state::DesiredState;

/// The inputs that a plan needs beside its commands.
#[derive(Clone, Copy)]
pub(crate) struct PlanContext<'a> {
    pub(crate) home: &'a Home,
    pub(crate) pending: &'a PendingView,
    /// Returns the wait until the last of these requests is sent, with the budget as it is now.
    pub(crate) forecast: &'a dyn Fn(&[Cost]) -> Duration,
}

/// Plans commands.
pub(crate) fn plan(context: PlanContext<'_>, commands: &[Command]) -> Result<Plan, Error> {
    effects::check(context.home, commands)?;
    let mut builder = PlanBuilder::new(context);
    for command in commands {
        match command {
            Command::Set { target, change } => builder.set(target, change)?,
            Command::Recall { scene, mode, transition, brightness } => {
                builder.flush();
                scene::recall(&mut builder, scene, *mode, *transition, *brightness)?;
            }
            Command::Identify(id) => builder.identify(id)?,
        }
    }
    let (steps, lights) = builder.finish();
    let estimated = Budget::idle_forecast(&steps.iter().map(cost).collect::<Vec<_>>());
    Ok(Plan { steps, lights, estimated, ..Plan::default() })
}

/// Returns the body that gives a light its present state, for a scene's actions.
pub(crate) fn present_state_body(light: &Light) -> Value {
    let state = &light.state;
    let mut body = json!({"on": {"on": state.on}});
    if let Some(brightness) = state.brightness.filter(|brightness| *brightness > 0.0) {
        body["dimming"] = json!({"brightness": brightness});
    }
    if let Some(effect) = state.effect.as_ref().filter(|_| light.can.effects_v2) {
        body["effects_v2"] = json!({"action": {"effect": effect}});
    } else if !state.gradient.is_empty() {
        body["gradient"] = lamp::gradient_value(&state.gradient);
    } else if let Some(mirek) = state.mirek {
        body["color_temperature"] = json!({"mirek": mirek});
    } else if let Some(xy) = state.xy {
        body["color"] = json!({"xy": {"x": xy.x, "y": xy.y}});
    }
    body
}

/// Returns the body that a change gives a light, for a scene's actions.
pub(crate) fn scene_action_body(light: &Light, change: &Change) -> Result<Map<String, Value>, Error> {
    let off = LightState::default();
    Ok(lamp::build_command(light, &off, &DesiredState::new(change, false)?).body)
}

/// Returns how much a step costs the budget.
pub(crate) fn cost(step: &Step) -> Cost {
    match step.kind {
        StepKind::Light | StepKind::Identify => Cost::light(step.messages),
        StepKind::Group | StepKind::Scene | StepKind::SmartScene => Cost::GROUP_COMMAND,
    }
}

/// Returns the positions of the steps in rounds, to be sent one after the other.
///
/// A step is in a later round than every earlier step that changes one of its lights.
pub(crate) fn send_order(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut next_round: HashMap<&Id, usize> = HashMap::new();
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        let round = step.lights.iter().filter_map(|light| next_round.get(light)).max().copied().unwrap_or(0);
        next_round.extend(step.lights.iter().map(|light| (light, round + 1)));
        if rounds.len() <= round {
            rounds.resize(round + 1, Vec::new());
        }
        if let Some(round) = rounds.get_mut(round) {
            round.push(position);
        }
    }
    rounds
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
