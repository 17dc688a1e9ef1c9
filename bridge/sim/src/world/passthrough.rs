//! Resources that only store what is written to them: devices, sensors, automations and others.

use serde_json::{Map, Value, json};

use super::outcome::{Rejection, SoftError, Written};
use super::store::{self, Store};
use super::{World, ids};

/// The members of a request that are not stored: commands, and values that the bridge does not show.
const TRANSIENT_MEMBERS: [&str; 4] = ["type", "identify", "is_at_home", "usertest"];

/// Stores what is written. `identify` only sends a message to the device.
pub(crate) fn update(world: &mut World, rtype: &str, id: &str, body: &Value) -> Result<Written, Rejection> {
    if rtype == "behavior_instance" && body.get("trigger").is_some() {
        return Err(Rejection::invalid("The instance doesn't support triggers."));
    }
    if body.get("identify").is_some() && world.radio.send(1, world.clock.now()).is_none() {
        return Ok(Written::new(rtype, id, vec![SoftError::unreachable(rtype, id, ".identify.action")]));
    }
    let store = &mut world.store;
    let stored = stored_members(body);
    store.edit(rtype, id, |resource| {
        if let Some(configuration) = stored.get("configuration") {
            // Replaced as a whole, because only the script knows its structure.
            resource["configuration"] = configuration.clone();
        }
        store::merge(resource, &Value::Object(stored));
        if let Some(enabled) = resource.get("enabled").filter(|_| rtype == "behavior_instance") {
            resource["status"] = json!(if *enabled == true { "running" } else { "disabled" });
        }
    });
    if rtype == "device" && body.get("metadata").is_some() {
        rename_lights(store, id, &body["metadata"]);
    }
    Ok(Written::new(rtype, id, Vec::new()))
}

/// Copies the metadata that a device has to its lights.
fn rename_lights(store: &mut Store, device: &str, metadata: &Value) {
    let services = store.get("device", device).map(|device| store::references(&device["services"], "light"));
    for light in services.unwrap_or_default() {
        store.edit("light", &light, |light| store::merge(&mut light["metadata"], metadata));
    }
}

/// Creates a geofence client, an automation or a smart scene.
pub(crate) fn create(store: &mut Store, rtype: &str, body: &Value) -> Result<Written, Rejection> {
    if let Some(missing) = required_members(rtype).iter().find(|pointer| body.pointer(pointer).is_none()) {
        return Err(Rejection::missing(missing));
    }
    let exists = |rtype: &str, id: &Value| store.get(rtype, id.as_str().unwrap_or_default()).is_some();
    let reference_exists = match rtype {
        "behavior_instance" => exists("behavior_script", &body["script_id"]),
        "smart_scene" => store.follow(&body["group"]).is_some(),
        _ => true,
    };
    if !reference_exists {
        return Err(Rejection::invalid("Invalid Request: what it refers to does not exist"));
    }
    let id = ids::random();
    let mut resource = default_members(rtype, body);
    resource["id"] = json!(id);
    resource["type"] = json!(rtype);
    store::merge(&mut resource, &Value::Object(stored_members(body)));
    store.insert(resource);
    Ok(Written::new(rtype, &id, Vec::new()))
}

fn required_members(rtype: &str) -> &'static [&'static str] {
    match rtype {
        "behavior_instance" => &["/script_id", "/configuration", "/enabled"],
        "smart_scene" => &["/metadata/name", "/group/rid", "/week_timeslots"],
        _ => &["/name"],
    }
}

/// Returns the members of a new resource that the request does not give.
fn default_members(rtype: &str, body: &Value) -> Value {
    match rtype {
        "behavior_instance" => {
            let status = if body["enabled"] == true { "running" } else { "disabled" };
            json!({"dependees": [], "last_error": "", "metadata": {}, "status": status})
        }
        "smart_scene" => json!({"state": "inactive", "transition_duration": 60_000}),
        _ => json!({}),
    }
}

pub(crate) fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Written, Rejection> {
    store.remove(rtype, id).ok_or(Rejection::NotFound)?;
    Ok(Written::new(rtype, id, Vec::new()))
}

fn stored_members(body: &Value) -> Map<String, Value> {
    let mut members = body.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !TRANSIENT_MEMBERS.contains(&name.as_str()));
    members
}
