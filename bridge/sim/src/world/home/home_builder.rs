//! Builds a home: rooms, zones, lamps, devices and scenes, each with the resources that belong to it.

pub(super) mod devices;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Home;
use super::lamp::{Lamp, LampKind};
use crate::world::store::{Store, resource_id};
use crate::world::{aggregate, ids, rooms, topology};

/// A home that is being built.
#[derive(Debug)]
pub(super) struct HomeBuilder {
    store: Store,
    /// Maps each light to the kind of lamp that it is.
    lamps: HashMap<String, LampKind>,
    /// Holds the last number that each series has given.
    counts: HashMap<&'static str, usize>,
}

/// Defines how a scene sets its lights.
#[derive(Clone, Copy, Debug)]
pub(super) struct SceneSpec {
    pub(super) name: &'static str,
    /// Is in percent.
    pub(super) brightness: f64,
    pub(super) mirek: i64,
    /// The colours for colour lamps, in turn; empty for a white scene.
    pub(super) colors: &'static [(f64, f64)],
    pub(super) dynamic: bool,
}

impl HomeBuilder {
    /// Begins a home that has only the bridge and its resources.
    pub(super) fn new() -> Self {
        let mut home = Self { store: Store::default(), lamps: HashMap::new(), counts: HashMap::new() };
        devices::add_bridge(&mut home);
        home
    }

    pub(super) fn add(&mut self, resource: Value) {
        self.store.insert(resource);
    }

    /// Returns the next id of a type. It depends only on the resources added before.
    pub(super) fn next_id(&mut self, rtype: &'static str) -> String {
        let number = self.next_number(rtype);
        ids::named(rtype, &number.to_string())
    }

    /// Returns the next number of a series, which begins at 1.
    pub(super) fn next_number(&mut self, series: &'static str) -> usize {
        let count = self.counts.entry(series).or_default();
        *count += 1;
        *count
    }

    /// Adds a device and its services in this order, makes the device their owner, and returns its id.
    pub(super) fn add_device(&mut self, mut device: Value, services: Vec<Value>) -> String {
        let id = self.next_id("device");
        let mut references = Vec::new();
        for mut service in services {
            service["owner"] = json!({"rid": id, "rtype": "device"});
            references.push(json!({"rid": service["id"], "rtype": service["type"]}));
            self.add(service);
        }
        device["id"] = json!(id);
        device["services"] = json!(references);
        self.add(device);
        id
    }

    pub(super) fn add_room(&mut self, name: &str, archetype: &str) -> String {
        self.add_group("room", name, archetype, &json!([]))
    }

    pub(super) fn add_zone(&mut self, name: &str, archetype: &str, lights: &[String]) -> String {
        let children: Vec<_> = lights.iter().map(|light| json!({"rid": light, "rtype": "light"})).collect();
        self.add_group("zone", name, archetype, &json!(children))
    }

    fn add_group(&mut self, rtype: &'static str, name: &str, archetype: &str, children: &Value) -> String {
        let (id, number) = (self.next_id(rtype), self.next_number("group"));
        self.add(json!({
            "children": children, "id": id, "id_v1": format!("/groups/{number}"), "services": [], "type": rtype,
            "metadata": {"archetype": archetype, "name": name},
        }));
        id
    }

    /// Puts a device into a room.
    pub(super) fn add_to_room(&mut self, device: &str, room: &str) {
        let child = json!({"rid": device, "rtype": "device"});
        self.store.edit("room", room, |room| room["children"].as_array_mut().map(|children| children.push(child)));
    }

    /// Adds a lamp to a room or to none, and returns the id of its light.
    pub(super) fn add_lamp(&mut self, room: Option<&str>, lamp: Lamp<'_>) -> String {
        let id = self.next_id("light");
        let (device, services) = devices::lamp(self, &id, lamp);
        let device = self.add_device(device, services);
        if let Some(room) = room {
            self.add_to_room(&device, room);
        }
        self.lamps.insert(id.clone(), lamp.kind);
        id
    }

    pub(super) fn make_unreachable(&mut self, light: &str) {
        topology::set_reachable(&mut self.store, light, false);
    }

    /// Adds a scene to all lights of a room or zone, and returns its id.
    pub(super) fn add_scene(&mut self, rtype: &str, group: &str, spec: SceneSpec) -> String {
        let id = self.next_id("scene");
        let lights =
            self.store.get(rtype, group).map(|group| topology::lights_in(&self.store, group)).unwrap_or_default();
        let actions: Vec<_> =
            lights.iter().enumerate().map(|(index, light)| self.scene_action(light, index, spec)).collect();
        self.add(json!({
            "actions": actions, "auto_dynamic": spec.dynamic, "group": {"rid": group, "rtype": rtype},
            "id": id, "id_v1": ids::scene_v1(&id), "last_actions_update": {"source": "clip"},
            "mapping": {"algorithm": "classic"}, "metadata": {"name": spec.name}, "palette": palette(spec),
            "recall": {}, "speed": 0.5, "status": {"active": "inactive"}, "type": "scene",
        }));
        id
    }

    fn scene_action(&self, light: &str, index: usize, spec: SceneSpec) -> Value {
        let kind = self.lamps.get(light).copied().unwrap_or(LampKind::Plug);
        let mut action = json!({"on": {"on": true}});
        if kind.has_brightness() {
            action["dimming"] = json!({"brightness": spec.brightness});
        }
        if kind.has_color() && !spec.colors.is_empty() {
            let (x, y) = spec.colors[index % spec.colors.len()];
            action["color"] = json!({"xy": {"x": x, "y": y}});
        } else if kind.has_mirek() {
            action["color_temperature"] = json!({"mirek": spec.mirek});
        }
        json!({"action": action, "target": {"rid": light, "rtype": "light"}})
    }

    /// Adds the grouped lights of rooms, zones and the home, and lists the children of the home.
    pub(super) fn build(mut self) -> Home {
        let groups: Vec<_> =
            ["room", "zone", "bridge_home"].iter().flat_map(|it| self.store.of_type(it)).cloned().collect();
        for owner in groups {
            if !topology::lights_in(&self.store, &owner).is_empty() {
                let grouped = rooms::new_grouped_light(&self.store, &owner);
                self.add_service(&owner, &grouped);
                self.add(grouped);
            }
        }
        rooms::update_home(&mut self.store);
        aggregate::recompute(&mut self.store);
        Home(self.store.all().cloned().collect())
    }

    /// Adds a resource to the services that a group lists.
    pub(super) fn add_service(&mut self, group: &Value, service: &Value) {
        let reference = json!({"rid": service["id"], "rtype": service["type"]});
        self.store.edit(group["type"].as_str().unwrap_or_default(), &resource_id(group), |group| {
            group["services"].as_array_mut().map(|services| services.push(reference))
        });
    }

    pub(super) fn get(&self, rtype: &str, id: &str) -> Option<Value> {
        self.store.get(rtype, id).cloned()
    }
}

fn palette(spec: SceneSpec) -> Value {
    let dimming = json!({"brightness": spec.brightness});
    let color = |&(x, y): &(f64, f64)| json!({"color": {"xy": {"x": x, "y": y}}, "dimming": dimming});
    let white = json!([{"color_temperature": {"mirek": spec.mirek}, "dimming": dimming}]);
    let colors: Vec<_> = spec.colors.iter().map(color).collect();
    let white = if colors.is_empty() { white } else { json!([]) };
    json!({"color": colors, "color_temperature": white, "dimming": [], "effects": [], "effects_v2": []})
}
