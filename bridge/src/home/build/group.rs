//! Rooms, zones and the whole home.

use std::collections::{HashMap, HashSet};

use super::{Resources, all, v1_number};
use crate::{
    clip,
    home::{Group, GroupKind, Id, Light},
};

/// What groups are made of, by what they are found by.
struct Parts<'a> {
    lights: &'a [Light],
    /// Positions of the lights by their own id and by that of their device.
    by_id: HashMap<&'a str, Vec<usize>>,
    services: HashMap<&'a str, &'a clip::GroupedLight>,
    by_owner: HashMap<&'a str, &'a clip::GroupedLight>,
}

/// Builds the groups, and tells the lights which zones they are in.
pub(super) fn groups(resources: &Resources, lights: &mut [Light]) -> Vec<Group> {
    let services = all::<clip::GroupedLight>(resources, "grouped_light");
    let parts = Parts::new(lights, &services);
    let mut groups = Vec::new();
    for (kind, name) in [(GroupKind::Home, "bridge_home"), (GroupKind::Room, "room"), (GroupKind::Zone, "zone")] {
        groups.extend(all::<clip::Group>(resources, name).into_iter().map(|group| parts.group(group, kind)));
    }
    groups.sort_by_cached_key(|group| (group.kind != GroupKind::Home, group.name.to_lowercase(), group.id.clone()));
    tell_zones(&groups, lights);
    groups
}

fn tell_zones(groups: &[Group], lights: &mut [Light]) {
    let mut zones: HashMap<&Id, Vec<String>> = HashMap::new();
    for zone in groups.iter().filter(|group| group.kind == GroupKind::Zone) {
        for light in &zone.lights {
            zones.entry(light).or_default().push(zone.name.clone());
        }
    }
    for light in lights {
        light.zones = zones.remove(&light.id).unwrap_or_default();
    }
}

impl<'a> Parts<'a> {
    fn new(lights: &'a [Light], services: &'a [clip::GroupedLight]) -> Self {
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, light) in lights.iter().enumerate() {
            by_id.entry(light.id.as_str()).or_default().push(at);
            by_id.entry(light.device_id.as_str()).or_default().push(at);
        }
        Self {
            lights,
            by_id,
            services: services.iter().map(|it| (it.id.as_str(), it)).collect(),
            by_owner: services.iter().map(|it| (it.owner.rid.as_str(), it)).collect(),
        }
    }

    fn group(&self, group: clip::Group, kind: GroupKind) -> Group {
        let members = self.members(&group, kind);
        let service = self.service(&group);
        let on = service.and_then(|it| it.on.as_ref()).and_then(|on| on.on);
        Group {
            number: v1_number(group.id_v1.as_deref(), "/groups/"),
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
    fn members(&self, group: &clip::Group, kind: GroupKind) -> Vec<&'a Light> {
        if kind == GroupKind::Home {
            return self.lights.iter().collect();
        }
        let mut seen = HashSet::new();
        let children = group.children.iter().filter_map(|child| Some((child, self.by_id.get(child.rid.as_str())?)));
        let mut members: Vec<usize> = children
            .flat_map(|(child, found)| found.iter().map(move |at| (child, *at)))
            .filter(|(child, at)| kind == GroupKind::Room || self.lights[*at].id.as_str() == child.rid)
            .map(|(_, at)| at)
            .filter(|at| seen.insert(*at))
            .collect();
        members.sort_unstable();
        members.into_iter().map(|at| &self.lights[at]).collect()
    }

    /// Old dumps name `bridge_home` as the owner of every `grouped_light`, so the owner is asked last.
    fn service(&self, group: &clip::Group) -> Option<&'a clip::GroupedLight> {
        let named = group.services.iter().chain(&group.grouped_services).find(|it| it.rtype == "grouped_light");
        named
            .and_then(|reference| self.services.get(reference.rid.as_str()))
            .or_else(|| self.by_owner.get(group.id.as_str()))
            .copied()
    }
}

/// Of the lights that are on, as the bridge has it, but not from it: its own figure comes a second later.
fn mean_brightness(members: &[&Light]) -> Option<f64> {
    let lit: Vec<f64> =
        members.iter().filter(|light| light.state.on).filter_map(|light| light.state.brightness).collect();
    #[expect(clippy::cast_precision_loss, reason = "a home has few lights")]
    let count = lit.len() as f64;
    if lit.is_empty() { None } else { Some(lit.iter().sum::<f64>() / count) }
}
