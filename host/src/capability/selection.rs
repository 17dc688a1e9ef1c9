//! `selection`: chosen parts of the mirrored home, read only.

use std::collections::HashSet;

use hue_bridge as hue;

use super::{InstanceContext, convert, home::MAX_NAME_CHARS};
use crate::contract::{
    draft::selection::{
        GroupFields, GroupFilter, Host, LightFields, LightFilter, LightTable, SceneFields, SceneFilter,
    },
    home, types,
};

impl Host for InstanceContext {
    fn lights(&mut self, filter: LightFilter, fields: LightFields) -> Result<LightTable, types::Error> {
        if filter.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
            return Err(types::Error::Invalid(format!("a name has {MAX_NAME_CHARS} characters at most")));
        }
        self.read_home(|home| convert::light_table(selected_lights(home, &filter), fields))
    }

    fn groups(&mut self, filter: GroupFilter, fields: GroupFields) -> Result<Vec<home::Group>, types::Error> {
        let ids = filter.ids.as_deref().map(id_set);
        let selected = |group: &&hue::Group| contains(ids.as_ref(), &group.id);
        self.read_home(|home| home.groups.iter().filter(selected).map(|group| convert::group(group, fields)).collect())
    }

    fn scenes(&mut self, filter: SceneFilter, fields: SceneFields) -> Result<Vec<home::Scene>, types::Error> {
        let ids = filter.ids.as_deref().map(id_set);
        let selected = |scene: &&hue::Scene| {
            contains(ids.as_ref(), &scene.id) && filter.group.as_ref().is_none_or(|id| scene.group_id.as_str() == id)
        };
        self.read_home(|home| home.scenes.iter().filter(selected).map(|scene| convert::scene(scene, fields)).collect())
    }
}

/// Returns the lights that a filter selects, in the order of the home.
fn selected_lights<'a>(home: &'a hue::Home, filter: &LightFilter) -> impl Iterator<Item = &'a hue::Light> {
    let ids = filter.ids.as_deref().map(id_set);
    let members: Option<HashSet<&str>> = filter.group.as_ref().map(|id| {
        let group = home.group(&hue::Id::new(id));
        group.into_iter().flat_map(|group| group.lights.iter().map(hue::Id::as_str)).collect()
    });
    let name = filter.name.as_ref().map(|name| name.to_lowercase());
    home.lights.iter().filter(move |light| {
        contains(ids.as_ref(), &light.id)
            && contains(members.as_ref(), &light.id)
            && filter.on.is_none_or(|on| on == light.state.on)
            && filter.reachable.is_none_or(|reachable| reachable != light.is_unreachable())
            && name.as_ref().is_none_or(|name| light.name.to_lowercase().contains(name))
    })
}

fn id_set(ids: &[String]) -> HashSet<&str> {
    ids.iter().map(String::as_str).collect()
}

/// Returns whether a set of ids, if there is one, contains an id.
fn contains(ids: Option<&HashSet<&str>>, id: &hue::Id) -> bool {
    ids.is_none_or(|ids| ids.contains(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(name: &str, on: bool, reachability: hue::Reachability) -> hue::Light {
        hue::Light {
            id: hue::Id::new(name),
            number: None,
            name: name.to_owned(),
            room_id: None,
            room: None,
            zones: Vec::new(),
            device_id: hue::Id::new("device"),
            archetype: None,
            product_name: None,
            model_id: None,
            reachability,
            can: hue::Capabilities::default(),
            state: hue::LightState { on, ..hue::LightState::default() },
        }
    }

    fn home() -> hue::Home {
        let lost = hue::Reachability::Unreachable("connectivity_issue".to_owned());
        let mut home = hue::Home::default();
        home.lights = vec![
            light("Desk lamp", true, hue::Reachability::Connected),
            light("Shelf", false, hue::Reachability::Unknown),
            light("Hall LAMP", true, lost),
        ];
        home.groups = vec![hue::Group {
            id: hue::Id::new("office"),
            number: None,
            name: "Office".to_owned(),
            kind: hue::GroupKind::Room,
            archetype: None,
            lights: vec![hue::Id::new("Shelf"), hue::Id::new("Desk lamp")],
            on: true,
            brightness: None,
            grouped_light: None,
        }];
        home
    }

    #[test]
    fn each_part_of_a_filter_narrows_the_lights_and_their_order_stays() {
        let everything = LightFilter { ids: None, group: None, on: None, reachable: None, name: None };
        let group = |id: &str| LightFilter { group: Some(id.to_owned()), ..everything.clone() };
        let ids = |ids: &[&str]| LightFilter {
            ids: Some(ids.iter().map(|&id| id.to_owned()).collect()),
            ..everything.clone()
        };
        let name = |name: &str| LightFilter { name: Some(name.to_owned()), ..everything.clone() };
        let on = |on| LightFilter { on: Some(on), ..everything.clone() };
        let reachable = |reachable| LightFilter { reachable: Some(reachable), ..everything.clone() };
        let home = home();
        for (filter, expected) in [
            (everything.clone(), &["Desk lamp", "Shelf", "Hall LAMP"][..]),
            (group("office"), &["Desk lamp", "Shelf"]),
            (group("nowhere"), &[]),
            (ids(&["Hall LAMP", "nothing", "Desk lamp"]), &["Desk lamp", "Hall LAMP"]),
            (ids(&[]), &[]),
            (name("lAmP"), &["Desk lamp", "Hall LAMP"]),
            (on(false), &["Shelf"]),
            (reachable(true), &["Desk lamp", "Shelf"]),
            (reachable(false), &["Hall LAMP"]),
            (LightFilter { on: Some(true), ..group("office") }, &["Desk lamp"]),
        ] {
            let selected: Vec<_> = selected_lights(&home, &filter).map(|light| light.name.as_str()).collect();
            assert_eq!(selected, expected, "{filter:?}");
        }
    }
}
