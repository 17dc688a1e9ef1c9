//! Builds a [`Home`] from the bridge's resources: resolves references, replaces nonsense, sorts lists.

mod group;
mod light;
mod scene;
mod sensor;

use std::collections::{BTreeMap, HashMap};

use hue_names::natural_key;
use serde_json::Value;

use super::{Battery, BridgeInfo, Device, Home, Id, Light, Reachability};
use crate::clip;

/// The words of `zigbee_connectivity.status` for a device that the bridge cannot reach. A word that newer firmware adds says
/// nothing: the bridge is asked, and its answer tells.
const UNREACHABLE_WORDS: [&str; 4] =
    ["disconnected", "connectivity_issue", "unidirectional_incoming", "pending_discovery"];

/// All resources by id. They are ordered by id, so that equal resources give equal homes.
pub(crate) type Resources = BTreeMap<String, Value>;

/// Facts about devices that other resources hold, by the device's id.
#[derive(Default)]
struct DeviceFacts {
    reachability: HashMap<String, Reachability>,
    batteries: HashMap<String, Battery>,
    updates: HashMap<String, bool>,
    rooms: HashMap<String, (Id, String)>,
}

/// Builds the home. Never fails: a resource that cannot be read is left out.
pub(crate) fn home(resources: &Resources) -> Home {
    let clip_devices: Vec<clip::Device> = all(resources, "device");
    let devices: HashMap<&str, &clip::Device> =
        clip_devices.iter().map(|device| (device.id.as_str(), device)).collect();
    let facts = device_facts(resources);
    let mut lights = light::lights(resources, &devices, &facts);
    lights.sort_by_cached_key(|light| (sort_key(light.room.as_deref(), &light.name), light.number, light.id.clone()));
    let groups = group::groups(resources, &mut lights);
    let light_index = lights.iter().enumerate().map(|(position, light)| (light.id.clone(), position)).collect();
    Home {
        bridge: bridge(resources, &devices),
        scenes: scene::scenes(resources, &groups),
        devices: device_list(&clip_devices, &facts, &lights),
        sensors: sensor::sensors(resources, &devices, &facts),
        lights,
        groups,
        light_index,
    }
}

/// Reads all resources of a type, and skips those that cannot be read.
fn all<T: serde::de::DeserializeOwned>(resources: &Resources, kind: &str) -> Vec<T> {
    resources.values().filter(|value| value["type"] == kind).filter_map(clip::read).collect()
}

fn device_facts(resources: &Resources) -> DeviceFacts {
    let mut facts = DeviceFacts::default();
    for zigbee in all::<clip::ZigbeeConnectivity>(resources, "zigbee_connectivity") {
        facts.reachability.insert(zigbee.owner.rid, reachability(zigbee.status));
    }
    for power in all::<clip::DevicePower>(resources, "device_power") {
        let battery = Battery { percent: power.power_state.battery_level, state: power.power_state.battery_state };
        facts.batteries.insert(power.owner.rid, battery);
    }
    for update in all::<clip::DeviceSoftwareUpdate>(resources, "device_software_update") {
        let pending = matches!(update.state.as_deref(), Some("update_pending" | "ready_to_install"));
        facts.updates.insert(update.owner.rid, pending);
    }
    for room in all::<clip::Group>(resources, "room") {
        let name = room.metadata.name.unwrap_or_default();
        for child in room.children {
            facts.rooms.insert(child.rid, (Id::new(&room.id), name.clone()));
        }
    }
    facts
}

fn reachability(status: Option<String>) -> Reachability {
    match status {
        Some(status) if status == "connected" => Reachability::Connected,
        Some(status) if UNREACHABLE_WORDS.contains(&status.as_str()) => Reachability::Unreachable(status),
        _ => Reachability::Unknown,
    }
}

fn bridge(resources: &Resources, devices: &HashMap<&str, &clip::Device>) -> Option<BridgeInfo> {
    let bridge = all::<clip::Bridge>(resources, "bridge").into_iter().next()?;
    let device = devices.get(bridge.owner.rid.as_str());
    let product = device.map(|device| &device.product_data);
    Some(BridgeInfo {
        id: bridge.bridge_id.to_lowercase(),
        name: device.and_then(|device| device.metadata.name.clone()).unwrap_or_else(|| "Hue Bridge".to_owned()),
        model_id: product.and_then(|product| product.model_id.clone()),
        firmware: product.and_then(|product| product.software_version.clone()),
    })
}

fn device_list(devices: &[clip::Device], facts: &DeviceFacts, lights: &[Light]) -> Vec<Device> {
    let mut lights_of: HashMap<&str, Vec<Id>> = HashMap::new();
    for light in lights {
        lights_of.entry(light.device_id.as_str()).or_default().push(light.id.clone());
    }
    let mut list: Vec<Device> = devices
        .iter()
        .map(|device| {
            let id = Id::new(&device.id);
            Device {
                name: device.metadata.name.clone().unwrap_or_default(),
                product_name: device.product_data.product_name.clone(),
                model_id: device.product_data.model_id.clone(),
                firmware: device.product_data.software_version.clone(),
                room: facts.rooms.get(&device.id).map(|(_, name)| name.clone()),
                reachability: facts.reachability.get(&device.id).cloned().unwrap_or(Reachability::Unknown),
                battery: facts.batteries.get(&device.id).cloned(),
                update_pending: facts.updates.get(&device.id).copied().unwrap_or(false),
                lights: lights_of.remove(device.id.as_str()).unwrap_or_default(),
                id,
            }
        })
        .collect();
    list.sort_by_cached_key(|device| (sort_key(device.room.as_deref(), &device.name), device.id.clone()));
    list
}

/// Returns the key that sorts things by room and name, as people count; things in no room come last.
fn sort_key(room: Option<&str>, name: &str) -> impl Ord + use<> {
    (room.is_none(), room.map(natural_key), natural_key(name))
}

/// Returns the number of `/lights/3`. Newer types have none, some firmware writes an empty text, and a device may have
/// the number of its sensor.
fn v1_number(id_v1: Option<&str>, list: &str) -> Option<u32> {
    id_v1?.strip_prefix(list)?.parse().ok()
}

#[cfg(test)]
mod tests;
