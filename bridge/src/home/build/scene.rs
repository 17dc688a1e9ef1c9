//! Builds the scenes and smart scenes.

use std::collections::HashMap;

use super::{Resources, all, light, sort_key};
use crate::{
    clip,
    home::{Group, Id, Scene, SceneStatus},
};

/// The names of groups, found by id.
type GroupNames<'a> = HashMap<&'a str, &'a str>;

pub(super) fn scenes(resources: &Resources, groups: &[Group]) -> Vec<Scene> {
    let groups: GroupNames<'_> = groups.iter().map(|group| (group.id.as_str(), group.name.as_str())).collect();
    let groups = &groups;
    let plain = all::<clip::Scene>(resources, "scene").into_iter().map(|scene| build_scene(scene, groups));
    let smart =
        all::<clip::SmartScene>(resources, "smart_scene").into_iter().map(|scene| build_smart_scene(scene, groups));
    let mut scenes: Vec<Scene> = plain.chain(smart).collect();
    scenes.sort_by_cached_key(|scene| (sort_key(scene.group.as_deref(), &scene.name), scene.id.clone()));
    scenes
}

fn build_scene(scene: clip::Scene, groups: &GroupNames<'_>) -> Scene {
    let actions = scene.actions.iter().filter(|action| !action.target.rid.is_empty());
    Scene {
        actions: actions.map(|action| (Id::new(&action.target.rid), light::read_state(&action.action))).collect(),
        id: Id::new(&scene.id),
        name: scene.metadata.name.unwrap_or_default(),
        group: group_name(&scene.group.rid, groups),
        group_id: Id::new(&scene.group.rid),
        status: match scene.status.active.as_deref() {
            None | Some("inactive") => SceneStatus::Inactive,
            Some("static" | "active") => SceneStatus::Active,
            Some("dynamic_palette") => SceneStatus::Dynamic,
            Some(other) => SceneStatus::Other(other.to_owned()),
        },
        smart: false,
        auto_dynamic: scene.auto_dynamic,
        last_recall: scene.status.last_recall,
    }
}

fn build_smart_scene(scene: clip::SmartScene, groups: &GroupNames<'_>) -> Scene {
    Scene {
        id: Id::new(&scene.id),
        name: scene.metadata.name.unwrap_or_default(),
        group: group_name(&scene.group.rid, groups),
        group_id: Id::new(&scene.group.rid),
        status: match scene.state.as_deref() {
            None | Some("inactive") => SceneStatus::Inactive,
            Some("active") => SceneStatus::Active,
            Some(other) => SceneStatus::Other(other.to_owned()),
        },
        smart: true,
        auto_dynamic: false,
        actions: Vec::new(),
        last_recall: None,
    }
}

fn group_name(id: &str, groups: &GroupNames<'_>) -> Option<String> {
    groups.get(id).map(|name| (*name).to_owned())
}
