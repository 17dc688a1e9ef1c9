//! Grouped lights: who is in them, and what a command to them does.

use std::collections::HashMap;

use serde_json::Value;

use crate::reply::Complaint;
use crate::store::{self, Store};
use crate::world::World;
use crate::{command, light, scene};

/// The ids of the lights that a room, a zone or the home consists of.
pub(crate) fn lights_of(store: &Store, group: &Value) -> Vec<String> {
    if group["type"] == "bridge_home" {
        return store.of_type("light").map(store::id).collect();
    }
    let mut lights = store::references(&group["children"], "light");
    for device in store::references(&group["children"], "device") {
        if let Some(device) = store.get("device", &device) {
            lights.extend(store::references(&device["services"], "light"));
        }
    }
    lights
}

/// The lights of a `grouped_light`.
pub(crate) fn members(store: &Store, grouped: &Value) -> Vec<String> {
    owner(store, &listed(store), grouped).map(|group| lights_of(store, group)).unwrap_or_default()
}

/// The id of each `grouped_light` with its lights.
pub(crate) fn all_members(store: &Store) -> Vec<(String, Vec<String>)> {
    let listed = listed(store);
    let lights = |grouped| owner(store, &listed, grouped).map(|group| lights_of(store, group)).unwrap_or_default();
    store.of_type("grouped_light").map(|grouped| (store::id(grouped), lights(grouped))).collect()
}

/// The group that a grouped light belongs to. Old dumps name the home as the owner of all of them, so who lists it
/// among its services comes first.
fn owner<'a>(store: &'a Store, listed: &HashMap<String, &'a Value>, grouped: &Value) -> Option<&'a Value> {
    let found = listed.get(grouped["id"].as_str().unwrap_or_default()).copied();
    found.or_else(|| store.follow(&grouped["owner"]))
}

/// The rooms and zones by the grouped lights that they list among their services.
fn listed(store: &Store) -> HashMap<String, &Value> {
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

/// The radio of a light's device, if it has one.
pub(crate) fn radio<'a>(store: &'a Store, light: &Value) -> Option<&'a Value> {
    let listed = store.follow(&light["owner"]).and_then(|device| {
        let radios = store::references(&device["services"], "zigbee_connectivity");
        store.get("zigbee_connectivity", radios.first()?)
    });
    // Dumps are not always complete.
    listed.or_else(|| {
        let mut radios = store.of_type("zigbee_connectivity");
        radios.find(|radio| radio["owner"]["rid"] == light["owner"]["rid"])
    })
}

/// False if the radio of the light's device is known to be out of reach.
pub(crate) fn reachable(store: &Store, light: &Value) -> bool {
    radio(store, light).is_none_or(|radio| radio["status"] == "connected")
}

/// The attributes of a group command that show only while it is on.
const LOOK: [&str; 6] = [
    "/on/on",
    "/dimming/brightness",
    "/dimming_delta/action",
    "/color_temperature/mirek",
    "/color_temperature_delta/action",
    "/color/xy",
];
/// Its other attributes.
const ACTIONS: [&str; 2] = ["/alert/action", "/signaling/signal"];

/// Sends a request to all lights of a group, as a broadcast: who does not hear it does not complain.
pub(crate) fn write(world: &mut World, group: &Value, body: &Value) -> Vec<Complaint> {
    let id = store::id(group);
    let Some(turn) = world.radio.broadcast(world.time.now()) else {
        let attributes = [&LOOK[..], &ACTIONS].concat();
        return about(&attributes, body, |name| Complaint::unreachable("grouped_light", &id, name));
    };
    let members = members(&world.store, group);
    for light in &members {
        command::perform(world, light, body, Some(turn));
    }
    if light::changes_look(body) {
        scene::lights_changed(&mut world.store, &members);
    }
    complaints(&id, group["on"]["on"] == true, body)
}

fn complaints(id: &str, lit: bool, body: &Value) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if body["dynamics"]["duration"].as_i64().is_some_and(|duration| duration > light::LONGEST) {
        complaints.push(Complaint::invalid(id, ".dynamics.duration"));
    }
    if !lit && body["on"]["on"] != true {
        complaints.extend(about(&LOOK, body, |name| Complaint::soft_off("grouped_light", id, name)));
    }
    complaints
}

/// One complaint for each attribute that the request has.
fn about(attributes: &[&str], body: &Value, complaint: impl Fn(&str) -> Complaint) -> Vec<Complaint> {
    let asked = attributes.iter().filter(|pointer| body.pointer(pointer).is_some());
    asked.map(|pointer| complaint(&pointer.replace('/', "."))).collect()
}
