//! Queries of the topology: the lights that a group has, and the radio that a light has.

use std::collections::HashMap;

use serde_json::Value;

use super::store::{self, Store, resource_id};

/// Returns the ids of the lights that are in a room, a zone or the home.
pub(super) fn lights_in(store: &Store, group: &Value) -> Vec<String> {
    if group["type"] == "bridge_home" {
        return store.of_type("light").map(resource_id).collect();
    }
    let mut lights = store::references(&group["children"], "light");
    for device in store::references(&group["children"], "device") {
        if let Some(device) = store.get("device", &device) {
            lights.extend(store::references(&device["services"], "light"));
        }
    }
    lights
}

/// Returns the ids of the lights that belong to a `grouped_light`.
pub(super) fn members(store: &Store, grouped: &Value) -> Vec<String> {
    owner(store, &groups_by_service(store), grouped).map(|group| lights_in(store, group)).unwrap_or_default()
}

/// Returns the ids of the lights that belong to each `grouped_light`, by its id.
pub(super) fn all_members(store: &Store) -> Vec<(String, Vec<String>)> {
    let groups = groups_by_service(store);
    let lights = |grouped| owner(store, &groups, grouped).map(|group| lights_in(store, group)).unwrap_or_default();
    store.of_type("grouped_light").map(|grouped| (resource_id(grouped), lights(grouped))).collect()
}

/// Returns the group of a grouped light. The group that lists it among its services comes first, because old dumps name
/// the home as the owner of all grouped lights.
fn owner<'a>(store: &'a Store, groups: &HashMap<String, &'a Value>, grouped: &Value) -> Option<&'a Value> {
    let listed = groups.get(grouped["id"].as_str().unwrap_or_default()).copied();
    listed.or_else(|| store.follow(&grouped["owner"]))
}

/// Returns the rooms and zones by the grouped lights that they list among their services.
fn groups_by_service(store: &Store) -> HashMap<String, &Value> {
    let mut groups = HashMap::new();
    for group in store.of_type("room").chain(store.of_type("zone")) {
        for services in [&group["services"], &group["grouped_services"]] {
            for grouped in store::references(services, "grouped_light") {
                groups.entry(grouped).or_insert(group);
            }
        }
    }
    groups
}

/// Returns the `zigbee_connectivity` of a light's device, if it has one.
fn radio_of<'a>(store: &'a Store, light: &Value) -> Option<&'a Value> {
    let listed = store.follow(&light["owner"]).and_then(|device| {
        let radios = store::references(&device["services"], "zigbee_connectivity");
        store.get("zigbee_connectivity", radios.first()?)
    });
    // In an incomplete dump the device may not list its radio.
    listed.or_else(|| {
        let mut radios = store.of_type("zigbee_connectivity");
        radios.find(|radio| radio["owner"]["rid"] == light["owner"]["rid"])
    })
}

/// False if the light's radio is known to be unreachable.
pub(super) fn is_reachable(store: &Store, light: &Value) -> bool {
    radio_of(store, light).is_none_or(|radio| radio["status"] == "connected")
}

/// Makes a light reachable or unreachable; false if there is no such light, or it has no radio.
pub(super) fn set_reachable(store: &mut Store, light: &str, reachable: bool) -> bool {
    let radio = store.get("light", light).and_then(|light| radio_of(store, light)).map(resource_id);
    let Some(radio) = radio else { return false };
    let status = if reachable { "connected" } else { "connectivity_issue" };
    store.edit("zigbee_connectivity", &radio, |radio| radio["status"] = status.into()).is_some()
}
