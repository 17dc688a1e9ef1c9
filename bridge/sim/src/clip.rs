//! The CLIP v2 resources: which method on which resource does what.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::reply::Reply;
use crate::schema::{self, Fields};
use crate::store::{self, Store};
use crate::world::World;
use crate::{command, group, plain, room, scene};

/// The resource types of the modelled firmware; a type without resources is an empty list, another one is not found.
pub(crate) const TYPES: &[&str] = &[
    "motion_area_configuration",
    "convenience_area_motion",
    "security_area_motion",
    "entertainment_configuration",
    "bridge",
    "button",
    "device",
    "device_power",
    "device_software_update",
    "entertainment",
    "light",
    "light_level",
    "zigbee_connectivity",
    "zgp_connectivity",
    "motion",
    "camera_motion",
    "relative_rotary",
    "temperature",
    "zigbee_device_discovery",
    "contact",
    "tamper",
    "speaker",
    "bell_button",
    "switch_input_configuration",
    "bridge_home",
    "grouped_light",
    "grouped_light_level",
    "grouped_motion",
    "room",
    "service_group",
    "zone",
    "scene",
    "matter",
    "matter_fabric",
    "behavior_script",
    "behavior_instance",
    "geofence_client",
    "geolocation",
    "smart_scene",
    "clip",
];

/// What a request did, and whether aggregates may come in the same container as the rest.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// A scene recall tells lights, scenes and groups together.
    pub(crate) together: bool,
}

/// Answers a request below `/clip/v2/resource`; `path` is what follows it.
pub(crate) fn answer(world: &mut World, method: &Method, path: &[&str], body: &[u8]) -> Answer {
    let mut together = false;
    let store = &mut world.store;
    let reply = match (method, path) {
        (&Method::GET, []) => Ok(Reply::found(store.all().cloned().collect())),
        (&Method::GET, [rtype]) => list(store, rtype),
        (&Method::GET, [rtype, id]) => {
            let found = store.get(rtype, id).map(|resource| Reply::found(vec![resource.clone()]));
            found.ok_or_else(Reply::not_found)
        }
        (&Method::PUT, [rtype, id]) => parse(body).and_then(|body| {
            together = body.get("recall").is_some();
            update(world, rtype, id, &body)
        }),
        (&Method::POST, [rtype]) => parse(body).and_then(|body| create(world, rtype, &body)),
        (&Method::DELETE, [rtype, id]) => delete(store, rtype, id),
        _ => Err(not_allowed()),
    };
    Answer { reply: reply.unwrap_or_else(|refusal| refusal), together }
}

fn list(store: &Store, rtype: &str) -> Result<Reply, Reply> {
    let found: Vec<_> = store.of_type(rtype).cloned().collect();
    if found.is_empty() && !TYPES.contains(&rtype) { Err(Reply::not_found()) } else { Ok(Reply::found(found)) }
}

fn parse(body: &[u8]) -> Result<Value, Reply> {
    serde_json::from_slice(body).map_err(|_| Reply::bad_request("JSON parse error: the body is not valid JSON"))
}

fn not_allowed() -> Reply {
    Reply::refused(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

fn check(fields: Fields, body: &Value) -> Result<(), Reply> {
    schema::check(fields, body).map_err(Reply::bad_request)
}

/// What may be written to a resource of this type.
fn writable(rtype: &str) -> Option<Fields> {
    Some(match rtype {
        "light" => schema::LIGHT,
        "grouped_light" => schema::GROUPED_LIGHT,
        "room" | "zone" => schema::GROUP,
        "scene" => schema::SCENE,
        "smart_scene" => schema::SMART_SCENE,
        "device" => schema::DEVICE,
        "bridge" => schema::BRIDGE,
        "motion" | "temperature" | "light_level" | "contact" | "grouped_motion" | "grouped_light_level" => {
            schema::SENSOR
        }
        "behavior_instance" => schema::BEHAVIOR_INSTANCE,
        "geofence_client" => schema::GEOFENCE_CLIENT,
        _ => return None,
    })
}

fn update(world: &mut World, rtype: &str, id: &str, body: &Value) -> Result<Reply, Reply> {
    let before = world.store.get(rtype, id).cloned().ok_or_else(Reply::not_found)?;
    let fields = writable(rtype).ok_or_else(not_allowed)?;
    // The form of older applications; a bridge fails over it rather than refusing it.
    if rtype == "scene" && body.pointer("/recall/status").is_some() {
        return Err(Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, "Internal Error"));
    }
    check(fields, body)?;
    schema::check_durations(body).map_err(Reply::bad_request)?;
    match rtype {
        "light" => Ok(update_light(world, &before, body)),
        "grouped_light" => Ok(update_grouped_light(world, &before, body)),
        "room" | "zone" => room::update(&mut world.store, rtype, id, body),
        "scene" => scene::update(world, id, body),
        "smart_scene" => Ok(scene::update_smart(world, id, body)),
        _ => plain::update(world, rtype, id, body),
    }
}

fn update_light(world: &mut World, light: &Value, body: &Value) -> Reply {
    let id = store::id(light);
    let complaints = command::send(world, &id, body);
    let store = &mut world.store;
    if let Some(metadata) = body.get("metadata")
        && let Some(device) = light["owner"]["rid"].as_str()
    {
        store.edit("device", device, |device| store::merge(&mut device["metadata"], metadata));
    }
    Reply::written("light", &id, complaints)
}

fn update_grouped_light(world: &mut World, grouped: &Value, body: &Value) -> Reply {
    let complaints = group::write(world, grouped, body);
    Reply::written("grouped_light", &store::id(grouped), complaints)
}

fn create(world: &mut World, rtype: &str, body: &Value) -> Result<Reply, Reply> {
    match rtype {
        "scene" => check(schema::NEW_SCENE, body).and_then(|()| scene::create(world, body)),
        "room" | "zone" => check(schema::GROUP, body).and_then(|()| room::create(&mut world.store, rtype, body)),
        "behavior_instance" => {
            check(schema::BEHAVIOR_INSTANCE, body).and_then(|()| plain::create(&mut world.store, rtype, body))
        }
        "geofence_client" => {
            check(schema::GEOFENCE_CLIENT, body).and_then(|()| plain::create(&mut world.store, rtype, body))
        }
        "smart_scene" => {
            check(schema::NEW_SMART_SCENE, body).and_then(|()| plain::create(&mut world.store, rtype, body))
        }
        rtype if TYPES.contains(&rtype) => Err(not_allowed()),
        _ => Err(Reply::not_found()),
    }
}

fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Reply, Reply> {
    match rtype {
        "room" | "zone" => room::delete(store, rtype, id),
        "scene" | "smart_scene" | "behavior_instance" | "geofence_client" => plain::delete(store, rtype, id),
        _ if store.get(rtype, id).is_some() => Err(not_allowed()),
        _ => Err(Reply::not_found()),
    }
}
