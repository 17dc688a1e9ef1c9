//! Scene recalls.

use std::{collections::HashSet, time::Duration};

use serde_json::{Map, Value, json};

use super::{draft::Draft, unreachable};
use crate::{
    change::{Adjustment, LEAST_BRIGHTNESS, Note, RecallMode, Step, StepKind},
    error::Error,
    home::{Id, Light, LightState, Scene, SceneState},
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
    let brightness = brightness.map(|percent| percent.max(LEAST_BRIGHTNESS));
    let moves = mode == RecallMode::DynamicPalette || (mode == RecallMode::Active && scene.auto_dynamic);
    let only_activation = scene.smart && (brightness.is_some() || transition.is_some() || mode != RecallMode::Active);
    let members = members(draft, scene);
    for (light, action) in &members {
        let now = draft.state(light);
        let after = action.map_or_else(|| now.clone(), |action| after(now, light, action, moves, brightness));
        let note = unreachable(light).then_some(Note::Unreachable);
        let planned = draft.becomes(light, after, note);
        if only_activation {
            planned.adjustments.push(Adjustment::Other("a smart scene only takes its activation".to_owned()));
        }
    }
    draft.push(Step {
        kind: if scene.smart { StepKind::SmartScene } else { StepKind::Scene },
        resource: scene.id.clone(),
        name: scene.name.clone(),
        messages: u32::try_from(members.len()).unwrap_or(u32::MAX),
        lights: members.into_iter().map(|(light, _)| light.id.clone()).collect(),
        body: if scene.smart { json!({"recall": {"action": "activate"}}) } else { body(mode, transition, brightness) },
        repeatable: true,
    });
    Ok(())
}

/// The lights of a scene and what it gives them. A smart scene changes its group; how, only the bridge knows.
fn members<'a>(draft: &Draft<'a>, scene: &'a Scene) -> Vec<(&'a Light, Option<&'a SceneState>)> {
    if !scene.smart {
        let mut seen = HashSet::new();
        let first = scene.actions.iter().filter(|(id, _)| seen.insert(id));
        return first.filter_map(|(id, state)| Some((draft.home.light(id)?, Some(state)))).collect();
    }
    let group = draft.home.group(&scene.group_id);
    let lights = group.into_iter().flat_map(|group| &group.lights).filter_map(|id| draft.home.light(id));
    lights.map(|light| (light, None)).collect()
}

/// What the light will do. With a palette in motion the colours are the bridge's choice.
fn after(now: &LightState, light: &Light, given: &SceneState, moves: bool, brightness: Option<f64>) -> LightState {
    let on = given.on.unwrap_or(now.on);
    let mut after = LightState { on, ..now.clone() };
    after.brightness = brightness.filter(|_| on && light.can.dimming).or(given.brightness).or(now.brightness);
    let painted = given.xy.is_some() || given.mirek.is_some() || !given.gradient.is_empty();
    after.dynamic = on && light.can.dynamic && (moves || (now.dynamic && !painted));
    if painted && !after.dynamic {
        (after.xy, after.mirek) = (given.xy.or(given.gradient.first().copied()), given.mirek);
        after.gradient.clone_from(&given.gradient);
        after.effect = None;
    }
    if let Some(effect) = &given.effect {
        after.effect = Some(effect.clone()).filter(|effect| effect != "no_effect");
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
