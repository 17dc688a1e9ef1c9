//! Resources that only keep what is written to them: made, changed, deleted.

use serde_json::{Map, Value, json};

use crate::ids;
use crate::reply::{Complaint, Reply};
use crate::store::{self, Store};
use crate::world::World;

/// Members of a request that are no members of the resource: what it is told to do, and what it only is asked.
const PASSING: [&str; 4] = ["type", "identify", "is_at_home", "usertest"];

/// Keeps what was written; of `identify` nothing stays but the message to the device.
pub(crate) fn update(world: &mut World, rtype: &str, id: &str, body: &Value) -> Result<Reply, Reply> {
    if rtype == "behavior_instance" && body.get("trigger").is_some() {
        return Err(Reply::bad_request("The instance doesn't support triggers."));
    }
    if body.get("identify").is_some() && world.radio.send(1, world.time.now()).is_none() {
        return Ok(Reply::written(rtype, id, vec![Complaint::unreachable(rtype, id, ".identify.action")]));
    }
    let store = &mut world.store;
    let stored = lasting(body);
    store.edit(rtype, id, |resource| {
        if let Some(configuration) = stored.get("configuration") {
            // Replaced as a whole: what it holds is the script's own matter.
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
    Ok(Reply::written(rtype, id, Vec::new()))
}

/// A lamp's light carries the metadata of its device.
fn rename_lights(store: &mut Store, device: &str, metadata: &Value) {
    let services = store.get("device", device).map(|device| store::references(&device["services"], "light"));
    for light in services.unwrap_or_default() {
        store.edit("light", &light, |light| store::merge(&mut light["metadata"], metadata));
    }
}

/// Makes a client that comes and goes, an automation, or a scene through the day.
pub(crate) fn create(store: &mut Store, rtype: &str, body: &Value) -> Result<Reply, Reply> {
    if let Some(missing) = required(rtype).iter().find(|pointer| body.pointer(pointer).is_none()) {
        let name = missing.replace('/', ".");
        return Err(Reply::bad_request(format!("Invalid Request: required property ({name}) is missing")));
    }
    let known = |rtype: &str, id: &Value| store.get(rtype, id.as_str().unwrap_or_default()).is_some();
    let refers = match rtype {
        "behavior_instance" => known("behavior_script", &body["script_id"]),
        "smart_scene" => store.follow(&body["group"]).is_some(),
        _ => true,
    };
    if !refers {
        return Err(Reply::bad_request("Invalid Request: what it refers to does not exist"));
    }
    let id = ids::fresh();
    let mut made = fresh(rtype, body);
    made["id"] = json!(id);
    made["type"] = json!(rtype);
    store::merge(&mut made, &Value::Object(lasting(body)));
    store.insert(made);
    Ok(Reply::created(rtype, &id))
}

fn required(rtype: &str) -> &'static [&'static str] {
    match rtype {
        "behavior_instance" => &["/script_id", "/configuration", "/enabled"],
        "smart_scene" => &["/metadata/name", "/group/rid", "/week_timeslots"],
        _ => &["/name"],
    }
}

/// What a new one has beside what was written.
fn fresh(rtype: &str, body: &Value) -> Value {
    match rtype {
        "behavior_instance" => {
            let status = if body["enabled"] == true { "running" } else { "disabled" };
            json!({"dependees": [], "last_error": "", "metadata": {}, "status": status})
        }
        "smart_scene" => json!({"state": "inactive", "transition_duration": 60_000}),
        _ => json!({}),
    }
}

pub(crate) fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Reply, Reply> {
    store.remove(rtype, id).ok_or_else(Reply::not_found)?;
    Ok(Reply::written(rtype, id, Vec::new()))
}

fn lasting(body: &Value) -> Map<String, Value> {
    let mut members = body.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !PASSING.contains(&name.as_str()));
    members
}
