//! Ends active scenes when their lights change or another scene is recalled.

use serde_json::{Value, json};

use super::store::{Store, resource_id};

/// Deactivates the scenes that contain one of these lights.
pub(super) fn deactivate_with_lights(store: &mut Store, lights: &[String]) {
    deactivate(store, |scene| targets(scene).iter().any(|target| lights.contains(target)));
}

/// Deactivates all active scenes for which `ends` is true.
pub(super) fn deactivate(store: &mut Store, ends: impl Fn(&Value) -> bool) {
    let is_active = |scene: &&Value| scene["status"]["active"].as_str().is_some_and(|active| active != "inactive");
    let ended: Vec<_> = store.of_type("scene").filter(is_active).filter(|scene| ends(scene)).map(resource_id).collect();
    for id in ended {
        store.edit("scene", &id, |scene| scene["status"]["active"] = json!("inactive"));
    }
}

/// Returns the ids of the lights that a scene contains.
pub(super) fn targets(scene: &Value) -> Vec<String> {
    let actions = scene["actions"].as_array().into_iter().flatten();
    actions.filter_map(|action| action["target"]["rid"].as_str().map(str::to_owned)).collect()
}
