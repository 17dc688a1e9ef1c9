//! Rooms and zones: create, edit and delete, together with their grouped lights and the home.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value, json};

use super::outcome::{Rejection, Written};
use super::store::{self, Store, resource_id};
use super::{ids, topology};

/// The number of rooms and zones that a bridge keeps.
const MAX_GROUPS: usize = 64;

/// Creates a room or a zone.
pub(crate) fn create(store: &mut Store, rtype: &str, body: &Value) -> Result<Written, Rejection> {
    if body.pointer("/metadata/name").is_none() || body.get("children").is_none() {
        return Err(Rejection::invalid("Invalid Request: required property (.metadata.name or .children) is missing"));
    }
    check_children(store, rtype, &body["children"])?;
    if store.of_type("room").count() + store.of_type("zone").count() >= MAX_GROUPS {
        return Err(Rejection::Full("No more groups can be stored"));
    }
    let id = ids::random();
    let mut room = json!({
        "id": id, "id_v1": ids::next_v1(store, "/groups/"), "type": rtype, "children": [], "services": [],
        "metadata": {"archetype": "other"},
    });
    store::merge(&mut room["metadata"], &body["metadata"]);
    store.insert(room);
    set_children(store, rtype, &id, &body["children"]);
    Ok(Written::new(rtype, &id, Vec::new()))
}

/// Edits the metadata and the children of a room or a zone.
pub(crate) fn update(store: &mut Store, rtype: &str, id: &str, body: &Value) -> Result<Written, Rejection> {
    if let Some(children) = body.get("children") {
        check_children(store, rtype, children)?;
        set_children(store, rtype, id, children);
    }
    if let Some(metadata) = body.get("metadata") {
        store.edit(rtype, id, |room| store::merge(&mut room["metadata"], metadata));
    }
    Ok(Written::new(rtype, id, Vec::new()))
}

/// Deletes a room or a zone, and the grouped light and the scenes that belong to it.
pub(crate) fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Written, Rejection> {
    let room = store.remove(rtype, id).ok_or(Rejection::NotFound)?;
    for grouped in store::references(&room["services"], "grouped_light") {
        store.remove("grouped_light", &grouped);
    }
    for rtype in ["scene", "smart_scene"] {
        let scenes: Vec<_> = store.of_type(rtype).filter(|it| it["group"]["rid"] == id).map(resource_id).collect();
        for scene in scenes {
            store.remove(rtype, &scene);
        }
    }
    update_home(store);
    Ok(Written::new(rtype, id, Vec::new()))
}

/// Checks that the children exist, and that they are devices for a room or lights for a zone.
fn check_children(store: &Store, rtype: &str, children: &Value) -> Result<(), Rejection> {
    let expected = if rtype == "room" { "device" } else { "light" };
    let mut children = children.as_array().into_iter().flatten();
    if children.all(|child| child["rtype"] == expected && store.follow(child).is_some()) {
        return Ok(());
    }
    Err(Rejection::invalid(format!(
        "Invalid Request: the children of a {rtype} must be existing resources of type {expected}"
    )))
}

fn set_children(store: &mut Store, rtype: &str, id: &str, children: &Value) {
    if rtype == "room" {
        remove_from_other_rooms(store, id, children);
    }
    store.edit(rtype, id, |room| room["children"] = children.clone());
    update_grouped_light(store, rtype, id);
    update_home(store);
}

/// Removes devices from all rooms but the one with this id, because a device is in at most one room.
fn remove_from_other_rooms(store: &mut Store, id: &str, children: &Value) {
    let moved = store::references(children, "device");
    let others: Vec<_> = store.of_type("room").map(resource_id).filter(|other| other != id).collect();
    for other in others {
        store.edit("room", &other, |room| {
            if let Some(children) = room["children"].as_array_mut() {
                children.retain(|child| child["rid"].as_str().is_none_or(|rid| !moved.iter().any(|it| it == rid)));
            }
        });
        update_grouped_light(store, "room", &other);
    }
}

/// Adds, updates or removes the grouped light of a room or zone: a group with lights has one, an empty group has none.
fn update_grouped_light(store: &mut Store, rtype: &str, id: &str) {
    let Some(room) = store.get(rtype, id).cloned() else { return };
    let has_lights = !topology::lights_in(store, &room).is_empty();
    let grouped = store::references(&room["services"], "grouped_light");
    if has_lights && grouped.is_empty() {
        let grouped = new_grouped_light(store, &room);
        let service = json!({"rid": grouped["id"], "rtype": "grouped_light"});
        store.insert(grouped);
        store.edit(rtype, id, |room| room["services"].as_array_mut().map(|services| services.push(service)));
    } else if !has_lights && !grouped.is_empty() {
        for grouped in grouped {
            store.remove("grouped_light", &grouped);
        }
        store.edit(rtype, id, |room| {
            room["services"].as_array_mut().map(|services| services.retain(|it| it["rtype"] != "grouped_light"))
        });
    } else {
        for id in grouped {
            let Some(mut grouped) = store.get("grouped_light", &id).cloned() else { continue };
            set_abilities(store, &room, &mut grouped);
            store.insert(grouped);
        }
    }
}

/// Makes the grouped light of a room, a zone or the home; its aggregates are not computed yet.
pub(super) fn new_grouped_light(store: &Store, owner: &Value) -> Value {
    let rtype = owner["type"].as_str().unwrap_or_default();
    let mut grouped = json!({
        "id": ids::named("grouped_light", &format!("{rtype}/{}", resource_id(owner))), "id_v1": owner["id_v1"],
        "type": "grouped_light", "owner": {"rid": owner["id"], "rtype": rtype},
        "alert": {"action_values": ["breathe"]}, "dynamics": {}, "on": {"on": false},
    });
    set_abilities(store, owner, &mut grouped);
    grouped
}

/// Gives a grouped light the abilities that at least one light of its group has.
fn set_abilities(store: &Store, owner: &Value, grouped: &mut Value) {
    let ids = topology::lights_in(store, owner);
    let lights: Vec<_> = ids.iter().filter_map(|id| store.get("light", id)).collect();
    let Some(members) = grouped.as_object_mut() else { return };
    for ability in ["dimming", "dimming_delta", "color_temperature", "color_temperature_delta", "color"] {
        if !lights.iter().any(|light| light.get(ability).is_some()) {
            members.remove(ability);
        } else if !members.contains_key(ability) {
            let empty = if ability == "dimming" { json!({"brightness": 0.0}) } else { json!({}) };
            members.insert(ability.to_owned(), empty);
        }
    }
    let signals = lights.iter().filter_map(|light| light["signaling"]["signal_values"].as_array()).flatten();
    let signals: BTreeSet<_> = signals.filter_map(Value::as_str).collect();
    members.insert("signaling".to_owned(), json!({"signal_values": signals}));
}

/// Sets the children of the home: all rooms, and the devices that are in no room.
pub(super) fn update_home(store: &mut Store) {
    let Some(home) = store.of_type("bridge_home").next().map(resource_id) else { return };
    let rooms: Vec<&Value> = store.of_type("room").collect();
    let devices_in_rooms: HashSet<_> =
        rooms.iter().flat_map(|room| store::references(&room["children"], "device")).collect();
    let devices = store.of_type("device").map(resource_id).filter(|id| !devices_in_rooms.contains(id));
    let mut children: Vec<_> = devices.map(|id| json!({"rid": id, "rtype": "device"})).collect();
    children.extend(rooms.iter().map(|room| json!({"rid": room["id"], "rtype": "room"})));
    store.edit("bridge_home", &home, |home| home["children"] = json!(children));
}
