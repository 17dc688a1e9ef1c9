//! Rooms, zones and the whole home.

use std::collections::HashMap;

use super::{Resources, all, v1_number};
use crate::{
    clip,
    home::{Group, GroupKind, Id, Light},
};

/// Builds the groups, and tells the lights which zones they are in.
pub(super) fn groups(resources: &Resources, lights: &mut [Light]) -> Vec<Group> {
    let grouped: HashMap<String, clip::GroupedLight> =
        all::<clip::GroupedLight>(resources, "grouped_light").into_iter().map(|it| (it.id.clone(), it)).collect();
    let mut groups = Vec::new();
    for (kind, name) in [(GroupKind::Home, "bridge_home"), (GroupKind::Room, "room"), (GroupKind::Zone, "zone")] {
        for group in all::<clip::Group>(resources, name) {
            groups.push(one(group, kind, &grouped, lights));
        }
    }
    groups.sort_by_cached_key(|group| (group.kind != GroupKind::Home, group.name.to_lowercase(), group.id.clone()));
    for zone in groups.iter().filter(|group| group.kind == GroupKind::Zone) {
        for light in lights.iter_mut().filter(|light| zone.lights.contains(&light.id)) {
            light.zones.push(zone.name.clone());
        }
    }
    groups
}

fn one(group: clip::Group, kind: GroupKind, grouped: &HashMap<String, clip::GroupedLight>, lights: &[Light]) -> Group {
    let members: Vec<&Light> = lights.iter().filter(|light| belongs(light, &group, kind)).collect();
    let service = service(&group, grouped);
    let on = service.and_then(|it| it.on.as_ref()).and_then(|on| on.on);
    Group {
        number: v1_number(group.id_v1.as_deref()),
        name: if kind == GroupKind::Home { "all".to_owned() } else { group.metadata.name.unwrap_or_default() },
        kind,
        archetype: group.metadata.archetype,
        lights: members.iter().map(|light| light.id.clone()).collect(),
        grouped_light: service.map(|it| Id::new(&it.id)),
        on: on.unwrap_or_else(|| members.iter().any(|light| light.state.on)),
        brightness: mean_brightness(&members),
        id: Id::new(&group.id),
    }
}

/// The children of a room are devices, those of a zone lights; the home has all.
fn belongs(light: &Light, group: &clip::Group, kind: GroupKind) -> bool {
    let is_child = |id: &Id| group.children.iter().any(|child| child.rid == id.as_str());
    match kind {
        GroupKind::Home => true,
        GroupKind::Room => is_child(&light.device_id) || is_child(&light.id),
        GroupKind::Zone => is_child(&light.id),
    }
}

fn service<'a>(
    group: &clip::Group,
    grouped: &'a HashMap<String, clip::GroupedLight>,
) -> Option<&'a clip::GroupedLight> {
    let named = group.services.iter().chain(&group.grouped_services).find(|it| it.rtype == "grouped_light");
    // Old dumps name `bridge_home` as the owner of every grouped_light, so the owner is asked last.
    named
        .and_then(|reference| grouped.get(&reference.rid))
        .or_else(|| grouped.values().find(|it| it.owner.rid == group.id))
}

/// Of the lights that are on, as the bridge has it, but not from it: its own figure comes a second later.
fn mean_brightness(members: &[&Light]) -> Option<f64> {
    let lit: Vec<f64> =
        members.iter().filter(|light| light.state.on).filter_map(|light| light.state.brightness).collect();
    #[expect(clippy::cast_precision_loss, reason = "a home has few lights")]
    let count = lit.len() as f64;
    if lit.is_empty() { None } else { Some(lit.iter().sum::<f64>() / count) }
}
