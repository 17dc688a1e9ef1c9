//! Scene recalls: one step for all lights of a scene.

use std::{collections::HashSet, time::Duration};

use serde_json::{Map, Value, json};

use super::{builder::PlanBuilder, lamp};
use crate::{
    change::{Adjustment, MIN_BRIGHTNESS, Note, RecallMode, Step, StepKind},
    error::Error,
    home::{Home, Id, Light, LightState, Scene, SceneState},
};

/// Plans a recall.
pub(super) fn recall(
    builder: &mut PlanBuilder<'_>,
    id: &Id,
    mode: RecallMode,
    transition: Option<Duration>,
    brightness: Option<f64>,
) -> Result<(), Error> {
    let home = builder.home;
    let scene = home.scene(id).ok_or_else(|| Error::not_found("scene", id))?;
    if let Some(percent) = brightness.filter(|percent| !(*percent > 0.0 && *percent <= 100.0)) {
        return Err(Error::Invalid(format!("brightness is above 0 to 100 percent, not {percent}")));
    }
    let brightness = brightness.map(|percent| percent.max(MIN_BRIGHTNESS));
    let moves = mode == RecallMode::DynamicPalette || (mode == RecallMode::Active && scene.auto_dynamic);
    let only_activation = scene.smart && (brightness.is_some() || transition.is_some() || mode != RecallMode::Active);
    let members = members(home, scene);
    for (light, action) in &members {
        let now = builder.state(light);
        let after = action.map_or_else(|| now.clone(), |action| after(now, light, action, moves, brightness));
        let note = light.is_unreachable().then_some(Note::Unreachable);
        let planned = builder.set_planned_state(light, after, note);
        if only_activation {
            planned.adjustments.push(Adjustment::Other("a smart scene only takes its activation".to_owned()));
        }
    }
    builder.push(Step {
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

/// Returns the lights of a scene, each with the state that the scene gives it.
///
/// A smart scene changes the lights of its group. The states are known to the bridge only.
pub(super) fn members<'a>(home: &'a Home, scene: &'a Scene) -> Vec<(&'a Light, Option<&'a SceneState>)> {
    if !scene.smart {
        let mut seen = HashSet::new();
        let first = scene.actions.iter().filter(|(id, _)| seen.insert(id));
        return first.filter_map(|(id, state)| Some((home.light(id)?, Some(state)))).collect();
    }
    let group = home.group(&scene.group_id).into_iter();
    group.flat_map(|group| home.lights_of(group)).map(|light| (light, None)).collect()
}

/// Returns the light's state after the recall. The bridge chooses the colours of a moving palette.
fn after(now: &LightState, light: &Light, given: &SceneState, moves: bool, brightness: Option<f64>) -> LightState {
    let on = given.on.unwrap_or(now.on);
    let mut after = LightState { on, ..now.clone() };
    after.brightness = brightness.filter(|_| on && light.can.dimming).or(given.brightness).or(now.brightness);
    let sets_color = given.xy.is_some() || given.mirek.is_some() || !given.gradient.is_empty();
    after.dynamic = on && light.can.dynamic && (moves || (now.dynamic && !sets_color));
    if after.dynamic {
        (after.xy, after.mirek, after.gradient) = (None, None, Vec::new());
    } else if sets_color {
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
        recall.insert("duration".to_owned(), lamp::duration_value(transition));
    }
    if let Some(percent) = brightness {
        recall.insert("dimming".to_owned(), json!({"brightness": percent}));
    }
    json!({"recall": recall})
}
