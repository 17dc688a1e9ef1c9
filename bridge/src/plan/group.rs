//! Which lights are changed together.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;

use super::{estimate, lamp, lamp::Fitted, wish::Wish};
use crate::{
    change::{Note, Step, StepKind},
    home::{Group, GroupKind, Home, Id, Light},
};

/// The least lamps for which a group command is worth its second.
const LEAST_LAMPS: usize = 4;
/// How much sooner lamp by lamp has to end to be preferred.
const WORTH: Duration = Duration::from_secs(1);

/// The light, what is asked of it, and what it can follow.
type Lamp<'a> = (&'a Light, &'a Wish, &'a Fitted);

/// The steps for these wishes: group commands first, the rest lamp by lamp.
pub(super) fn steps(home: &Home, wishes: &[(&Light, Wish)], fitted: &[Fitted]) -> Vec<Step> {
    let lamps: Vec<Lamp<'_>> =
        wishes.iter().zip(fitted).map(|((light, wish), fitted)| (*light, wish, fitted)).collect();
    let groups = uniform_groups(home, &lamps);
    // The more group commands the better, as long as they do not end too late: one goes per second.
    let plans: Vec<Vec<Step>> =
        (0..=groups.len()).map(|count| with_groups(groups.get(..count).unwrap_or(&[]), &lamps)).collect();
    let soonest = plans.iter().map(|steps| estimate(steps)).min().unwrap_or_default();
    plans.into_iter().rfind(|steps| estimate(steps) <= soonest + WORTH).unwrap_or_default()
}

/// Groups of which every light is asked for the same, large ones first, none with a light of another.
fn uniform_groups<'a>(home: &'a Home, lamps: &[Lamp<'_>]) -> Vec<&'a Group> {
    let by_id: HashMap<&Id, &Lamp<'_>> = lamps.iter().map(|lamp| (&lamp.0.id, lamp)).collect();
    let mut groups: Vec<&Group> = home.groups.iter().filter(|group| is_uniform(group, &by_id)).collect();
    groups.sort_by_key(|group| (group.kind != GroupKind::Home, Reverse(group.lights.len())));
    let mut covered: HashSet<&Id> = HashSet::new();
    groups.retain(|group| {
        let free = group.lights.iter().all(|light| !covered.contains(light));
        if free {
            covered.extend(&group.lights);
        }
        free
    });
    groups
}

fn is_uniform(group: &Group, lamps: &HashMap<&Id, &Lamp<'_>>) -> bool {
    let members: Option<Vec<_>> = group.lights.iter().map(|id| lamps.get(id).copied()).collect();
    let Some(members) = members.filter(|_| group.grouped_light.is_some() && group.lights.len() >= LEAST_LAMPS) else {
        return false;
    };
    let Some((_, first, _)) = members.first() else { return false };
    let needing = members.iter().filter(|(_, _, fitted)| needs_a_request(fitted)).count();
    needing >= 2 && first.suits_a_group() && members.iter().all(|(_, wish, _)| *wish == *first)
}

fn with_groups(groups: &[&Group], lamps: &[Lamp<'_>]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut covered: HashSet<&Id> = HashSet::new();
    for group in groups {
        let members: Vec<Lamp<'_>> = lamps.iter().filter(|lamp| group.lights.contains(&lamp.0.id)).copied().collect();
        if let Some(step) = group_step(group, &members) {
            steps.push(step);
            // A lamp that has to be given something else gets that after the group command.
            covered.extend(members.iter().filter(|(_, _, fitted)| !fitted.converted).map(|(light, ..)| &light.id));
        }
    }
    let single = lamps.iter().filter(|(light, _, fitted)| !covered.contains(&light.id) && needs_a_request(fitted));
    steps.extend(single.map(|(light, wish, fitted)| light_step(light, wish, fitted)));
    steps
}

/// Unreachable lamps get no request of their own.
fn needs_a_request(fitted: &Fitted) -> bool {
    matches!(fitted.note, None | Some(Note::StoredWhileOff))
}

fn group_step(group: &Group, members: &[Lamp<'_>]) -> Option<Step> {
    let (_, wish, _) = members.first()?;
    let lights: Vec<&Light> = members.iter().map(|(light, ..)| *light).collect();
    let body = lamp::group_body(&lights, wish);
    if body.is_empty() {
        return None;
    }
    Some(Step {
        kind: StepKind::Group,
        resource: group.grouped_light.clone()?,
        name: group.name.clone(),
        lights: group.lights.clone(),
        messages: u32::try_from(body.keys().filter(|key| *key != "dynamics").count()).unwrap_or(1),
        body: Value::Object(body),
        repeatable: wish.is_repeatable(),
    })
}

fn light_step(light: &Light, wish: &Wish, fitted: &Fitted) -> Step {
    Step {
        kind: StepKind::Light,
        resource: light.id.clone(),
        name: light.name.clone(),
        lights: vec![light.id.clone()],
        body: Value::Object(fitted.body.clone()),
        messages: fitted.messages,
        repeatable: wish.is_repeatable(),
    }
}
