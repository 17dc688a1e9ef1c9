//! The tools to furnish a home with: rooms, lamps, zones, scenes, with everything that belongs to each.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Home;
use super::devices;
use super::lamp::{Kind, Lamp};
use crate::store::{self, Store};
use crate::{aggregate, group, ids, room};

/// A home in the making.
#[derive(Debug)]
pub(super) struct Furnisher {
    store: Store,
    lamps: HashMap<String, Kind>,
    counts: HashMap<&'static str, usize>,
}

/// How a scene looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) name: &'static str,
    /// Percent.
    pub(super) brightness: f64,
    pub(super) mirek: i64,
    /// Colours for the lamps that have them, in turn; none for a white scene.
    pub(super) colors: &'static [(f64, f64)],
    pub(super) dynamic: bool,
}

impl Furnisher {
    /// An empty home, with the bridge and what comes with it.
    pub(super) fn new() -> Self {
        let mut home = Self { store: Store::default(), lamps: HashMap::new(), counts: HashMap::new() };
        devices::bridge(&mut home);
        home
    }

    pub(super) fn add(&mut self, resource: Value) {
        self.store.insert(resource);
    }

    /// An id that depends only on what was added before.
    pub(super) fn id(&mut self, rtype: &'static str) -> String {
        let number = self.number(rtype);
        ids::named(rtype, &number.to_string())
    }

    /// The next number of a series, from 1.
    pub(super) fn number(&mut self, series: &'static str) -> usize {
        let count = self.counts.entry(series).or_default();
        *count += 1;
        *count
    }

    /// Adds a device with its services, which get the device as their owner and, in the same order, the ids in its
    /// list.
    pub(super) fn device(&mut self, mut device: Value, services: Vec<Value>) -> String {
        let id = self.id("device");
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

    pub(super) fn room(&mut self, name: &str, archetype: &str) -> String {
        self.group("room", name, archetype, &json!([]))
    }

    pub(super) fn zone(&mut self, name: &str, archetype: &str, lights: &[String]) -> String {
        let children: Vec<_> = lights.iter().map(|light| json!({"rid": light, "rtype": "light"})).collect();
        self.group("zone", name, archetype, &json!(children))
    }

    fn group(&mut self, rtype: &'static str, name: &str, archetype: &str, children: &Value) -> String {
        let (id, number) = (self.id(rtype), self.number("group"));
        self.add(json!({
            "children": children, "id": id, "id_v1": format!("/groups/{number}"), "services": [], "type": rtype,
            "metadata": {"archetype": archetype, "name": name},
        }));
        id
    }

    /// Puts a device into a room.
    pub(super) fn put(&mut self, device: &str, room: &str) {
        let child = json!({"rid": device, "rtype": "device"});
        self.store.edit("room", room, |room| room["children"].as_array_mut().map(|children| children.push(child)));
    }

    /// Puts up a lamp, in a room or in none, and returns the id of its light.
    pub(super) fn lamp(&mut self, room: Option<&str>, lamp: Lamp<'_>) -> String {
        let id = self.id("light");
        let (device, services) = devices::lamp(self, &id, lamp);
        let device = self.device(device, services);
        if let Some(room) = room {
            self.put(&device, room);
        }
        self.lamps.insert(id.clone(), lamp.kind);
        id
    }

    /// Takes a light out of reach.
    pub(super) fn lose(&mut self, light: &str) {
        let radio = self.store.get("light", light).and_then(|light| group::radio(&self.store, light)).map(store::id);
        if let Some(radio) = radio {
            self.store.edit("zigbee_connectivity", &radio, |radio| radio["status"] = json!("connectivity_issue"));
        }
    }

    /// Adds a scene to a room or a zone, for all its lights, and returns its id.
    pub(super) fn scene(&mut self, rtype: &str, group: &str, look: Look) -> String {
        let id = self.id("scene");
        let lights = self.store.get(rtype, group).map(|group| group::lights_of(&self.store, group)).unwrap_or_default();
        let actions: Vec<_> = lights.iter().enumerate().map(|(place, light)| self.action(light, place, look)).collect();
        self.add(json!({
            "actions": actions, "auto_dynamic": look.dynamic, "group": {"rid": group, "rtype": rtype},
            "id": id, "id_v1": ids::scene_v1(&id), "last_actions_update": {"source": "clip"},
            "mapping": {"algorithm": "classic"}, "metadata": {"name": look.name}, "palette": palette(look),
            "recall": {}, "speed": 0.5, "status": {"active": "inactive"}, "type": "scene",
        }));
        id
    }

    fn action(&self, light: &str, place: usize, look: Look) -> Value {
        let kind = self.lamps.get(light).copied().unwrap_or(Kind::Plug);
        let mut action = json!({"on": {"on": true}});
        if kind.has_brightness() {
            action["dimming"] = json!({"brightness": look.brightness});
        }
        if kind.has_color() && !look.colors.is_empty() {
            let (x, y) = look.colors[place % look.colors.len()];
            action["color"] = json!({"xy": {"x": x, "y": y}});
        } else if kind.has_mirek() {
            action["color_temperature"] = json!({"mirek": look.mirek});
        }
        json!({"action": action, "target": {"rid": light, "rtype": "light"}})
    }

    /// Gives every room and zone its grouped light, the home its own, and says who lives where.
    pub(super) fn finish(mut self) -> Home {
        let groups: Vec<_> =
            ["room", "zone", "bridge_home"].iter().flat_map(|it| self.store.of_type(it)).cloned().collect();
        for owner in groups {
            if !group::lights_of(&self.store, &owner).is_empty() {
                let grouped = room::grouped_light(&self.store, &owner);
                self.serve(&owner, &grouped);
                self.add(grouped);
            }
        }
        room::settle_home(&mut self.store);
        aggregate::refresh(&mut self.store);
        Home(self.store.all().cloned().collect())
    }

    /// Lists a resource among the services of a group.
    pub(super) fn serve(&mut self, group: &Value, service: &Value) {
        let reference = json!({"rid": service["id"], "rtype": service["type"]});
        self.store.edit(group["type"].as_str().unwrap_or_default(), &store::id(group), |group| {
            group["services"].as_array_mut().map(|services| services.push(reference))
        });
    }

    pub(super) fn get(&self, rtype: &str, id: &str) -> Option<Value> {
        self.store.get(rtype, id).cloned()
    }
}

fn palette(look: Look) -> Value {
    let dimming = json!({"brightness": look.brightness});
    let color = |&(x, y): &(f64, f64)| json!({"color": {"xy": {"x": x, "y": y}}, "dimming": dimming});
    let white = json!([{"color_temperature": {"mirek": look.mirek}, "dimming": dimming}]);
    let colors: Vec<_> = look.colors.iter().map(color).collect();
    let white = if colors.is_empty() { white } else { json!([]) };
    json!({"color": colors, "color_temperature": white, "dimming": [], "effects": [], "effects_v2": []})
}
