//! Scene recalls.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Draft, unreachable};
use crate::{
    change::{Adjustment, Note, RecallMode, Step, StepKind},
    error::Error,
    home::{Id, Light, LightState, Scene},
};

/// Plans a recall.
pub(super) fn recall(
    draft: &mut Draft<'_>,
    id: &Id,
    mode: RecallMode,
    transition: Option<Duration>,
    brightness: Option<f64>,
) -> Result<(), Error> {
    let home = draft.home;
    let scene = home.scene(id).ok_or_else(|| Error::NotFound { kind: "scene", id: id.to_string() })?;
    if let Some(percent) = brightness.filter(|percent| !(*percent > 0.0 && *percent <= 100.0)) {
        return Err(Error::Invalid(format!("brightness is above 0 to 100 percent, not {percent}")));
    }
    let lights = members(draft, scene);
    for light in &lights {
        let after = after(draft.state(light), light, scene, mode, brightness);
        let note = unreachable(light).then_some(Note::Unreachable);
        let planned = draft.entry(light);
        planned.after.clone_from(&after);
        planned.note = note;
        draft.states.insert(light.id.clone(), after);
        if scene.smart && (brightness.is_some() || transition.is_some() || mode != RecallMode::Active) {
            draft.adjust(light, Adjustment::Other("a smart scene only takes its activation".to_owned()));
        }
    }
    draft.steps.push(Step {
        kind: if scene.smart { StepKind::SmartScene } else { StepKind::Scene },
        resource: scene.id.clone(),
        name: scene.name.clone(),
        messages: u32::try_from(lights.len()).unwrap_or(u32::MAX),
        lights: lights.into_iter().map(|light| light.id.clone()).collect(),
        body: if scene.smart { json!({"recall": {"action": "activate"}}) } else { body(mode, transition, brightness) },
        repeatable: true,
    });
    Ok(())
}

/// A smart scene changes its group; which of its lights, only the bridge knows.
fn members<'a>(draft: &Draft<'a>, scene: &Scene) -> Vec<&'a Light> {
    if !scene.smart {
        return scene.actions.iter().filter_map(|(id, _)| draft.home.light(id)).collect();
    }
    let group = draft.home.group(&scene.group_id);
    group.into_iter().flat_map(|group| &group.lights).filter_map(|id| draft.home.light(id)).collect()
}

/// What the light will do. With a palette in motion the colours are the bridge's choice.
fn after(now: &LightState, light: &Light, scene: &Scene, mode: RecallMode, brightness: Option<f64>) -> LightState {
    let Some((_, action)) = scene.actions.iter().find(|(id, _)| *id == light.id) else { return now.clone() };
    let mut after = LightState { on: action.on, effect: action.effect.clone(), ..now.clone() };
    after.brightness = brightness.filter(|_| action.on && light.can.dimming).or(action.brightness).or(now.brightness);
    if mode != RecallMode::DynamicPalette && (action.xy.is_some() || action.mirek.is_some()) {
        (after.xy, after.mirek) = (action.xy, action.mirek);
    }
    after
}

fn body(mode: RecallMode, transition: Option<Duration>, brightness: Option<f64>) -> Value {
    let action = match mode {
        RecallMode::Active => "active",
        RecallMode::DynamicPalette => "dynamic_palette",
        RecallMode::Static => "static",
    };
    let mut recall = Map::from_iter([("action".to_owned(), json!(action))]);
    if let Some(transition) = transition {
        let tenths = (transition.as_millis().min(6_000_000) + 50) / 100;
        recall.insert("duration".to_owned(), json!(u64::try_from(tenths * 100).unwrap_or(6_000_000)));
    }
    if let Some(percent) = brightness {
        recall.insert("dimming".to_owned(), json!({"brightness": percent}));
    }
    json!({"recall": recall})
}
