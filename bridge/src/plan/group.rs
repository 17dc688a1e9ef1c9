//! Which lights are changed together.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;

use super::{
    Known,
    lamp::{self, Fitted},
    wish::Wish,
};
use crate::{
    budget::Cost,
    change::{Note, Step, StepKind},
    home::{Group, GroupKind, Id, Light},
};

/// The least lamps for which a group command is worth its second.
const LEAST_LAMPS: usize = 4;
/// How much sooner lamp by lamp has to end to be preferred.
const WORTH: Duration = Duration::from_secs(1);

/// A light, what is asked of it, and what it can follow.
pub(super) struct Lamp<'a> {
    pub(super) light: &'a Light,
    pub(super) wish: Wish,
    pub(super) fitted: Fitted,
}

/// A group of which every light is asked for the same.
struct Uniform<'a> {
    group: &'a Group,
    /// Positions of its lamps.
    members: Vec<usize>,
    /// Those that the command gives something else than they are to have: they get theirs after it.
    apart: HashSet<usize>,
    step: Step,
}

/// The steps for these lamps: group commands first, the rest lamp by lamp.
pub(super) fn steps(known: &Known<'_>, lamps: &[Lamp<'_>]) -> Vec<Step> {
    let groups = uniform_groups(known, lamps);
    let covered_by = covered_by(&groups, lamps.len());
    // The lamps that get a command of their own if only so many of the groups get one.
    let singles = |count: usize| {
        let covered = move |place: &Option<usize>| place.is_some_and(|group| group < count);
        lamps
            .iter()
            .zip(&covered_by)
            .filter(move |(lamp, by)| lamp.needs_a_request() && !covered(by))
            .map(|(lamp, _)| lamp)
    };
    let ends: Vec<Duration> = (0..=groups.len())
        .map(|count| {
            let single = singles(count).map(|lamp| Cost::light(lamp.fitted.messages));
            (known.wait)(&std::iter::repeat_n(Cost::GROUP_COMMAND, count).chain(single).collect::<Vec<_>>())
        })
        .collect();
    // The more group commands the better, as long as they do not end too late: one goes per second.
    let soonest = ends.iter().min().copied().unwrap_or_default();
    let count = ends.iter().rposition(|end| *end <= soonest + WORTH).unwrap_or_default();
    let single: Vec<Step> = singles(count).map(Lamp::step).collect();
    groups.into_iter().take(count).map(|group| group.step).chain(single).collect()
}

/// Groups of which every light is asked for the same, large ones first, none with a light of another.
fn uniform_groups<'a>(known: &Known<'a>, lamps: &[Lamp<'_>]) -> Vec<Uniform<'a>> {
    let positions: HashMap<&Id, usize> = lamps.iter().enumerate().map(|(at, lamp)| (&lamp.light.id, at)).collect();
    let mut groups: Vec<Uniform<'a>> =
        known.home.groups.iter().filter_map(|group| uniform(group, lamps, &positions)).collect();
    groups.sort_by_key(|it| (it.group.kind != GroupKind::Home, Reverse(it.members.len())));
    let mut taken: HashSet<usize> = HashSet::new();
    groups.retain(|group| {
        let free = group.members.iter().all(|member| !taken.contains(member));
        if free {
            taken.extend(&group.members);
        }
        free
    });
    groups
}

fn uniform<'a>(group: &'a Group, lamps: &[Lamp<'_>], positions: &HashMap<&Id, usize>) -> Option<Uniform<'a>> {
    if group.lights.len() < LEAST_LAMPS {
        return None;
    }
    let members: Vec<usize> = group.lights.iter().map(|id| positions.get(id).copied()).collect::<Option<_>>()?;
    let asked: Vec<&Lamp<'_>> = members.iter().filter_map(|at| lamps.get(*at)).collect();
    let first = &asked.first()?.wish;
    let needing = asked.iter().filter(|lamp| lamp.needs_a_request()).count();
    if needing < 2 || !first.suits_a_group() || !asked.iter().all(|lamp| lamp.wish.asks_the_same(first)) {
        return None;
    }
    // A brightness that the bridge lost comes with the command if all lost the same, and else after it.
    let alike = asked.iter().all(|lamp| lamp.wish.lost_the_same(first));
    let wish = if alike { first.clone() } else { Wish { lost_brightness: None, ..first.clone() } };
    let is_apart = |at: &&usize| {
        lamps.get(**at).is_some_and(|lamp| lamp.fitted.converted || (!alike && lamp.wish.lost_brightness.is_some()))
    };
    let apart = members.iter().filter(is_apart).copied().collect();
    let step = group_step(group, &asked, &wish)?;
    Some(Uniform { group, members, apart, step })
}

/// For each lamp the place of the group whose command is all it needs.
fn covered_by(groups: &[Uniform<'_>], lamps: usize) -> Vec<Option<usize>> {
    let mut covered = vec![None; lamps];
    for (place, group) in groups.iter().enumerate() {
        for member in group.members.iter().filter(|member| !group.apart.contains(member)) {
            if let Some(covered) = covered.get_mut(*member) {
                *covered = Some(place);
            }
        }
    }
    covered
}

fn group_step(group: &Group, members: &[&Lamp<'_>], wish: &Wish) -> Option<Step> {
    let lights: Vec<&Light> = members.iter().map(|lamp| lamp.light).collect();
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

impl Lamp<'_> {
    /// Unreachable lamps get no request of their own.
    fn needs_a_request(&self) -> bool {
        matches!(self.fitted.note, None | Some(Note::StoredWhileOff))
    }

    fn step(&self) -> Step {
        Step {
            kind: StepKind::Light,
            resource: self.light.id.clone(),
            name: self.light.name.clone(),
            lights: vec![self.light.id.clone()],
            body: Value::Object(self.fitted.body.clone()),
            messages: self.fitted.messages,
            repeatable: self.wish.is_repeatable(),
        }
    }
}
