//! Sample lights, groups and scenes that tests share. A test overrides the fields that it is about.

use super::{Capabilities, Group, GroupKind, Id, Light, LightState, Reachability, Scene, SceneStatus};

/// Makes a reachable light without capabilities that is named by its id.
pub(crate) fn light(id: &str) -> Light {
    Light {
        id: Id::new(id),
        number: None,
        name: id.to_owned(),
        room_id: None,
        room: None,
        zones: Vec::new(),
        device_id: Id::new(format!("device-{id}")),
        archetype: None,
        product_name: None,
        model_id: None,
        reachability: Reachability::Connected,
        can: Capabilities::default(),
        state: LightState::default(),
    }
}

/// Makes a group that is named by its id, with a `grouped_light`.
pub(crate) fn group(id: &str, kind: GroupKind, lights: Vec<Id>) -> Group {
    Group {
        id: Id::new(id),
        number: None,
        name: id.to_owned(),
        kind,
        archetype: None,
        lights,
        grouped_light: Some(Id::new(format!("grouped-{id}"))),
        on: false,
        brightness: None,
    }
}

/// Makes an inactive scene without actions that is named by its id.
pub(crate) fn scene(id: &str, group: &Group) -> Scene {
    Scene {
        id: Id::new(id),
        name: id.to_owned(),
        group_id: group.id.clone(),
        group: Some(group.name.clone()),
        status: SceneStatus::Inactive,
        smart: false,
        auto_dynamic: false,
        actions: Vec::new(),
        last_recall: None,
    }
}
