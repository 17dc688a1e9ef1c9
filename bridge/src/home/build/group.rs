//! Builds the groups: rooms, zones and the whole home.

use std::collections::{HashMap, HashSet};

use super::{Resources, all, v1_number};
use hue_names::natural_key;

use crate::{
    clip,
    home::{Group, GroupKind, Id, Light},
};

/// The resources that groups refer to, indexed.
struct GroupIndex<'a> {
    lights: &'a [Light],
    /// Gives the positions of lights by their own id and by their device's id.
    light_positions: HashMap<&'a str, Vec<usize>>,
    services: HashMap<&'a str, &'a clip::GroupedLight>,
    services_by_owner: HashMap<&'a str, &'a clip::GroupedLight>,
}

/// Builds the groups, and sets the zones of the lights.
pub(super) fn groups(resources: &Resources, lights: &mut [Light]) -> Vec<Group> {
    let services = all::<clip::GroupedLight>(resources, "grouped_light");
    let index = GroupIndex::new(lights, &services);
    let mut groups = Vec::new();
    for (kind, name) in [(GroupKind::Home, "bridge_home"), (GroupKind::Room, "room"), (GroupKind::Zone, "zone")] {
        groups.extend(all::<clip::Group>(resources, name).into_iter().map(|group| index.group(group, kind)));
    }
    groups.sort_by_cached_key(|it| (it.kind != GroupKind::Home, natural_key(&it.name), it.number, it.id.clone()));
    set_zones(&groups, lights);
    groups
}

fn set_zones(groups: &[Group], lights: &mut [Light]) {
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

impl<'a> GroupIndex<'a> {
    fn new(lights: &'a [Light], services: &'a [clip::GroupedLight]) -> Self {
        let mut light_positions: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, light) in lights.iter().enumerate() {
            light_positions.entry(light.id.as_str()).or_default().push(at);
            light_positions.entry(light.device_id.as_str()).or_default().push(at);
        }
        Self {
            lights,
            light_positions,
            services: services.iter().map(|it| (it.id.as_str(), it)).collect(),
            services_by_owner: services.iter().map(|it| (it.owner.rid.as_str(), it)).collect(),
        }
    }

    fn group(&self, group: clip::Group, kind: GroupKind) -> Group {
        let members = self.members(&group, kind);
        let service = self.service(&group);
        let own_word = service.and_then(|it| it.on.as_ref()).and_then(|on| on.on).unwrap_or_default();
        Group {
            number: v1_number(group.id_v1.as_deref(), "/groups/"),
            name: if kind == GroupKind::Home { "all".to_owned() } else { group.metadata.name.unwrap_or_default() },
            kind,
            archetype: group.metadata.archetype,
            lights: members.iter().map(|light| light.id.clone()).collect(),
            grouped_light: service.map(|it| Id::new(&it.id)),
            // The lights know first: the service's own event comes up to a second later.
            on: if members.is_empty() { own_word } else { members.iter().any(|light| light.state.on) },
            brightness: mean_brightness(&members),
            id: Id::new(&group.id),
        }
    }

    /// Returns the group's lights. The children of a room are devices, those of a zone are lights; the home has all lights.
    fn members(&self, group: &clip::Group, kind: GroupKind) -> Vec<&'a Light> {
        if kind == GroupKind::Home {
            return self.lights.iter().collect();
        }
        let mut seen = HashSet::new();
        let children =
            group.children.iter().filter_map(|child| Some((child, self.light_positions.get(child.rid.as_str())?)));
        let mut members: Vec<usize> = children
            .flat_map(|(child, found)| found.iter().map(move |at| (child, *at)))
            .filter(|(child, at)| kind == GroupKind::Room || self.lights[*at].id.as_str() == child.rid)
            .map(|(_, at)| at)
            .filter(|at| seen.insert(*at))
            .collect();
        members.sort_unstable();
        members.into_iter().map(|at| &self.lights[at]).collect()
    }

    /// Finds the group's `grouped_light`. Old dumps name `bridge_home` as the owner of every one, so the owner counts last.
    fn service(&self, group: &clip::Group) -> Option<&'a clip::GroupedLight> {
        let named = group.services.iter().chain(group.grouped_services.iter()).find(|it| it.rtype == "grouped_light");
        named
            .and_then(|reference| self.services.get(reference.rid.as_str()))
            .or_else(|| self.services_by_owner.get(group.id.as_str()))
            .copied()
    }
}

/// Returns the mean brightness of the lights that are on. The bridge's own figure comes a second later.
fn mean_brightness(members: &[&Light]) -> Option<f64> {
    let lit: Vec<f64> =
        members.iter().filter(|light| light.state.on).filter_map(|light| light.state.brightness).collect();
    #[expect(clippy::cast_precision_loss, reason = "a home has few lights")]
    let count = lit.len() as f64;
    if lit.is_empty() { None } else { Some(lit.iter().sum::<f64>() / count) }
}
