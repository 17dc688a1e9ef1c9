//! Group commands: finds the lamps that one `grouped_light` request can change together.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;

use super::{
    PlanContext,
    desired_state::DesiredState,
    lamp::{self, LampCommand},
};
use crate::{
    budget::Cost,
    change::{Note, Step, StepKind},
    home::{Group, GroupKind, Id, Light},
};

/// The fewest lamps for which a group command is worth its one second of the budget.
const MIN_GROUP_LAMPS: usize = 4;
/// How much later than lamp by lamp a group command may end and still be preferred, because its lamps change at once.
pub(super) const MAX_GROUP_DELAY: Duration = Duration::from_millis(250);

/// A light with its desired state, and the command that the light can follow.
pub(super) struct Lamp<'a> {
    pub(super) light: &'a Light,
    pub(super) desired: DesiredState,
    pub(super) command: LampCommand,
}

/// A group whose lights all have the same desired state.
struct UniformGroup<'a> {
    group: &'a Group,
    /// Says at which positions its lamps are.
    members: Vec<usize>,
    /// Members to which the group command gives another state than theirs: they get a command of their own after it.
    exceptions: HashSet<usize>,
    step: Step,
}

/// Returns the steps for these lamps: group commands first, then single lamps.
///
/// The bridge takes one group command a second. So as many groups get one as let the last lamp follow at most
/// [`MAX_GROUP_DELAY`] later than the soonest way does; lamps of the other groups get commands of their own.
pub(super) fn steps(context: &PlanContext<'_>, lamps: &[Lamp<'_>]) -> Vec<Step> {
    let groups = uniform_groups(context, lamps);
    let covered_by = covered_by(&groups, lamps.len());
    // The lamps with a command of their own if only the first `count` groups get one.
    let singles = |count: usize| {
        let covered = move |position: &Option<usize>| position.is_some_and(|group| group < count);
        lamps
            .iter()
            .zip(&covered_by)
            .filter(move |(lamp, by)| lamp.needs_a_request() && !covered(by))
            .map(|(lamp, _)| lamp)
    };
    let ends: Vec<Duration> = (0..=groups.len())
        .map(|count| {
            let messages: Vec<u32> = singles(count).map(|lamp| lamp.command.messages).collect();
            end_of(context, count, &messages)
        })
        .collect();
    let soonest = ends.iter().min().copied().unwrap_or_default();
    let count = ends.iter().rposition(|end| *end <= soonest + MAX_GROUP_DELAY).unwrap_or_default();
    let single: Vec<Step> = singles(count).map(Lamp::step).collect();
    groups.into_iter().take(count).map(|group| group.step).chain(single).collect()
}

/// Returns the time until the last lamp follows: by `groups` group commands, and lamps with these Zigbee messages each.
///
/// The budget lets ten light commands go at once, but the radio sends their messages one after the other.
pub(super) fn end_of(context: &PlanContext<'_>, groups: usize, messages: &[u32]) -> Duration {
    let single = messages.iter().map(|messages| Cost::light(*messages));
    let costs: Vec<Cost> = std::iter::repeat_n(Cost::GROUP_COMMAND, groups).chain(single).collect();
    (context.forecast)(&costs).max(Cost::airtime(messages.iter().sum()))
}

/// Returns the groups with one desired state for all lights: large ones first, and none that shares a light.
fn uniform_groups<'a>(context: &PlanContext<'a>, lamps: &[Lamp<'_>]) -> Vec<UniformGroup<'a>> {
    let positions: HashMap<&Id, usize> = lamps.iter().enumerate().map(|(at, lamp)| (&lamp.light.id, at)).collect();
    let mut groups: Vec<UniformGroup<'a>> =
        context.home.groups.iter().filter_map(|group| uniform_group(group, lamps, &positions)).collect();
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

fn uniform_group<'a>(
    group: &'a Group,
    lamps: &[Lamp<'_>],
    positions: &HashMap<&Id, usize>,
) -> Option<UniformGroup<'a>> {
    if group.lights.len() < MIN_GROUP_LAMPS {
        return None;
    }
    let members: Vec<usize> = group.lights.iter().map(|id| positions.get(id).copied()).collect::<Option<_>>()?;
    let member_lamps: Vec<&Lamp<'_>> = members.iter().filter_map(|at| lamps.get(*at)).collect();
    let first = &member_lamps.first()?.desired;
    let needing = member_lamps.iter().filter(|lamp| lamp.needs_a_request()).count();
    let equal = member_lamps.iter().all(|lamp| lamp.desired.is_same_request(first));
    if needing < 2 || !first.suits_a_group() || !equal {
        return None;
    }
    // A restored brightness goes with the group command if it is the same for all lamps, and otherwise after it.
    let alike = member_lamps.iter().all(|lamp| lamp.desired.restores_same_brightness(first));
    let desired = if alike { first.clone() } else { DesiredState { restored_brightness: None, ..first.clone() } };
    let is_exception = |at: &&usize| {
        let own_brightness = |lamp: &Lamp<'_>| !alike && lamp.desired.restored_brightness.is_some();
        lamps.get(**at).is_some_and(|lamp| lamp.command.converted || own_brightness(lamp))
    };
    let exceptions = members.iter().filter(is_exception).copied().collect();
    let step = group_step(group, &member_lamps, &desired)?;
    Some(UniformGroup { group, members, exceptions, step })
}

/// Returns for each lamp the position of the group whose command is enough for it.
fn covered_by(groups: &[UniformGroup<'_>], lamps: usize) -> Vec<Option<usize>> {
    let mut covered = vec![None; lamps];
    for (position, group) in groups.iter().enumerate() {
        for member in group.members.iter().filter(|member| !group.exceptions.contains(member)) {
            if let Some(covered) = covered.get_mut(*member) {
                *covered = Some(position);
            }
        }
    }
    covered
}

fn group_step(group: &Group, members: &[&Lamp<'_>], desired: &DesiredState) -> Option<Step> {
    let lights: Vec<&Light> = members.iter().map(|lamp| lamp.light).collect();
    let body = lamp::group_body(&lights, desired);
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
        repeatable: desired.is_repeatable(),
    })
}

impl Lamp<'_> {
    /// Returns whether the lamp needs a request. Unreachable lamps get none of their own.
    fn needs_a_request(&self) -> bool {
        matches!(self.command.note, None | Some(Note::StoredWhileOff))
    }

    fn step(&self) -> Step {
        Step {
            kind: StepKind::Light,
            resource: self.light.id.clone(),
            name: self.light.name.clone(),
            lights: vec![self.light.id.clone()],
            body: Value::Object(self.command.body.clone()),
            messages: self.command.messages,
            repeatable: self.desired.is_repeatable(),
        }
    }
}
