//! Rooms and zones: create, change, delete, with the grouped light and the home that go with them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::reply::Reply;
use crate::store::{self, Store};
use crate::{group, ids};

/// How many rooms and zones a bridge keeps.
const MOST: usize = 64;

/// Makes a room or a zone.
pub(crate) fn create(store: &mut Store, rtype: &str, body: &Value) -> Result<Reply, Reply> {
    if body.pointer("/metadata/name").is_none() || body.get("children").is_none() {
        return Err(Reply::bad_request("Invalid Request: required property (.metadata.name or .children) is missing"));
    }
    check_children(store, rtype, &body["children"])?;
    if store.of_type("room").count() + store.of_type("zone").count() >= MOST {
        return Err(Reply::refused(StatusCode::INSUFFICIENT_STORAGE, "No more groups can be stored"));
    }
    let id = ids::fresh();
    let mut room = json!({
        "id": id, "id_v1": ids::next_v1(store, "/groups/"), "type": rtype, "children": [], "services": [],
        "metadata": {"archetype": "other"},
    });
    store::merge(&mut room["metadata"], &body["metadata"]);
    store.insert(room);
    set_children(store, rtype, &id, &body["children"]);
    Ok(Reply::created(rtype, &id))
}

/// Renames a room or a zone, or changes who is in it.
pub(crate) fn update(store: &mut Store, rtype: &str, id: &str, body: &Value) -> Result<Reply, Reply> {
    if let Some(children) = body.get("children") {
        check_children(store, rtype, children)?;
        set_children(store, rtype, id, children);
    }
    if let Some(metadata) = body.get("metadata") {
        store.edit(rtype, id, |room| store::merge(&mut room["metadata"], metadata));
    }
    Ok(Reply::written(rtype, id, Vec::new()))
}

/// Deletes a room or a zone, and what only makes sense with it: its grouped light and its scenes.
pub(crate) fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Reply, Reply> {
    let room = store.remove(rtype, id).ok_or_else(Reply::not_found)?;
    for grouped in store::references(&room["services"], "grouped_light") {
        store.remove("grouped_light", &grouped);
    }
    for rtype in ["scene", "smart_scene"] {
        let scenes: Vec<_> = store.of_type(rtype).filter(|it| it["group"]["rid"] == id).map(store::id).collect();
        for scene in scenes {
            store.remove(rtype, &scene);
        }
    }
    settle_home(store);
    Ok(Reply::written(rtype, id, Vec::new()))
}

/// A room has devices, a zone has lights.
fn check_children(store: &Store, rtype: &str, children: &Value) -> Result<(), Reply> {
    let expected = if rtype == "room" { "device" } else { "light" };
    let mut children = children.as_array().into_iter().flatten();
    if children.all(|child| child["rtype"] == expected && store.follow(child).is_some()) {
        return Ok(());
    }
    Err(Reply::bad_request(format!(
        "Invalid Request: the children of a {rtype} must be existing resources of type {expected}"
    )))
}

fn set_children(store: &mut Store, rtype: &str, id: &str, children: &Value) {
    if rtype == "room" {
        leave_other_rooms(store, id, children);
    }
    store.edit(rtype, id, |room| room["children"] = children.clone());
    settle_grouped_light(store, rtype, id);
    settle_home(store);
}

/// A device is in one room at most: the one it was put into last.
fn leave_other_rooms(store: &mut Store, id: &str, children: &Value) {
    let moved = store::references(children, "device");
    let others: Vec<_> = store.of_type("room").map(store::id).filter(|other| other != id).collect();
    for other in others {
        store.edit("room", &other, |room| {
            if let Some(children) = room["children"].as_array_mut() {
                children.retain(|child| child["rid"].as_str().is_none_or(|rid| !moved.iter().any(|it| it == rid)));
            }
        });
        settle_grouped_light(store, "room", &other);
    }
}

/// A group with lights has a grouped light, an empty one has none.
fn settle_grouped_light(store: &mut Store, rtype: &str, id: &str) {
    let Some(room) = store.get(rtype, id).cloned() else { return };
    let lit = !group::lights_of(store, &room).is_empty();
    let grouped = store::references(&room["services"], "grouped_light");
    if lit && grouped.is_empty() {
        let grouped = grouped_light(store, &room);
        let service = json!({"rid": grouped["id"], "rtype": "grouped_light"});
        store.insert(grouped);
        store.edit(rtype, id, |room| room["services"].as_array_mut().map(|services| services.push(service)));
    } else if !lit && !grouped.is_empty() {
        for grouped in grouped {
            store.remove("grouped_light", &grouped);
        }
        store.edit(rtype, id, |room| {
            room["services"].as_array_mut().map(|services| services.retain(|it| it["rtype"] != "grouped_light"))
        });
    } else {
        for id in grouped {
            let Some(mut grouped) = store.get("grouped_light", &id).cloned() else { continue };
            shape(store, &room, &mut grouped);
            store.insert(grouped);
        }
    }
}

/// The grouped light of a room, a zone or the home, before anything is added up.
pub(crate) fn grouped_light(store: &Store, owner: &Value) -> Value {
    let rtype = owner["type"].as_str().unwrap_or_default();
    let mut grouped = json!({
        "id": ids::named("grouped_light", &format!("{rtype}/{}", store::id(owner))), "id_v1": owner["id_v1"],
        "type": "grouped_light", "owner": {"rid": owner["id"], "rtype": rtype},
        "alert": {"action_values": ["breathe"]}, "dynamics": {}, "on": {"on": false},
    });
    shape(store, owner, &mut grouped);
    grouped
}

/// A grouped light has what some light of the group is able to do.
fn shape(store: &Store, owner: &Value, grouped: &mut Value) {
    let ids = group::lights_of(store, owner);
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

/// The home has the rooms, and the devices that are in none.
pub(crate) fn settle_home(store: &mut Store) {
    let Some(home) = store.of_type("bridge_home").next().map(store::id) else { return };
    let rooms: Vec<&Value> = store.of_type("room").collect();
    let housed: std::collections::HashSet<_> =
        rooms.iter().flat_map(|room| store::references(&room["children"], "device")).collect();
    let devices = store.of_type("device").map(store::id).filter(|id| !housed.contains(id));
    let mut children: Vec<_> = devices.map(|id| json!({"rid": id, "rtype": "device"})).collect();
    children.extend(rooms.iter().map(|room| json!({"rid": room["id"], "rtype": "room"})));
    store.edit("bridge_home", &home, |home| home["children"] = json!(children));
}
