//! The CLIP v2 resources: what each method does on each resource type.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::reply::Reply;
use super::schema::{self, BodySchema};
use crate::bridge::AggregateTiming;
use crate::world::{RESOURCE_TYPES, Rejection, Store, World, Written, commands, groups, passthrough, rooms, scenes};

/// Answers a request below `/clip/v2/resource`; `path` is what follows. A scene recall reports lights, scenes and groups
/// in one container of events.
pub(super) fn answer(world: &mut World, method: &Method, path: &[&str], body: &[u8]) -> (Reply, AggregateTiming) {
    let mut timing = AggregateTiming::NextContainer;
    let store = &mut world.store;
    let reply = match (method, path) {
        (&Method::GET, []) => Ok(Reply::found(store.all().cloned().collect())),
        (&Method::GET, [rtype]) => list(store, rtype),
        (&Method::GET, [rtype, id]) => {
            let found = store.get(rtype, id).map(|resource| Reply::found(vec![resource.clone()]));
            found.ok_or(Rejection::NotFound)
        }
        (&Method::PUT, [rtype, id]) => parse(body).and_then(|body| {
            if body.get("recall").is_some() {
                timing = AggregateTiming::SameContainer;
            }
            update(world, rtype, id, &body).map(|written| Reply::written(StatusCode::OK, written))
        }),
        (&Method::POST, [rtype]) => parse(body)
            .and_then(|body| create(world, rtype, &body))
            .map(|created| Reply::written(StatusCode::CREATED, created)),
        (&Method::DELETE, [rtype, id]) => {
            delete(store, rtype, id).map(|deleted| Reply::written(StatusCode::OK, deleted))
        }
        _ => Err(Rejection::NotAllowed),
    };
    (reply.unwrap_or_else(Reply::from), timing)
}

fn list(store: &Store, rtype: &str) -> Result<Reply, Rejection> {
    let found: Vec<_> = store.of_type(rtype).cloned().collect();
    let is_unknown = found.is_empty() && !RESOURCE_TYPES.contains(&rtype);
    if is_unknown { Err(Rejection::NotFound) } else { Ok(Reply::found(found)) }
}

fn parse(body: &[u8]) -> Result<Value, Rejection> {
    serde_json::from_slice(body).map_err(|_| Rejection::invalid("JSON parse error: the body is not valid JSON"))
}

fn check(schema: BodySchema, body: &Value) -> Result<(), Rejection> {
    schema::check(schema, body).map_err(Rejection::Invalid)
}

/// Returns the schema of a PUT on this resource type; `None` if it cannot be written.
fn update_schema(rtype: &str) -> Option<BodySchema> {
    Some(match rtype {
        "light" => schema::LIGHT_UPDATE,
        "grouped_light" => schema::GROUPED_LIGHT_UPDATE,
        "room" | "zone" => schema::GROUP_BODY,
        "scene" => schema::SCENE_UPDATE,
        "smart_scene" => schema::SMART_SCENE_UPDATE,
        "device" => schema::DEVICE_UPDATE,
        "bridge" => schema::BRIDGE_UPDATE,
        "motion" | "temperature" | "light_level" | "contact" | "grouped_motion" | "grouped_light_level" => {
            schema::SENSOR_UPDATE
        }
        "behavior_instance" => schema::BEHAVIOR_INSTANCE_BODY,
        "geofence_client" => schema::GEOFENCE_CLIENT_BODY,
        _ => return None,
    })
}

fn update(world: &mut World, rtype: &str, id: &str, body: &Value) -> Result<Written, Rejection> {
    let before = world.store.get(rtype, id).cloned().ok_or(Rejection::NotFound)?;
    let schema = update_schema(rtype).ok_or(Rejection::NotAllowed)?;
    // Older applications recall scenes in this form, over which a bridge fails instead of rejecting it.
    if rtype == "scene" && body.pointer("/recall/status").is_some() {
        return Err(Rejection::Internal);
    }
    check(schema, body)?;
    schema::check_durations(body).map_err(Rejection::Invalid)?;
    match rtype {
        "light" => Ok(commands::update_light(world, &before, body)),
        "grouped_light" => Ok(groups::update(world, &before, body)),
        "room" | "zone" => rooms::update(&mut world.store, rtype, id, body),
        "scene" => scenes::update(world, id, body),
        "smart_scene" => Ok(scenes::update_smart(world, id, body)),
        _ => passthrough::update(world, rtype, id, body),
    }
}

fn create(world: &mut World, rtype: &str, body: &Value) -> Result<Written, Rejection> {
    let schema = match rtype {
        "scene" => schema::SCENE_CREATION,
        "room" | "zone" => schema::GROUP_BODY,
        "behavior_instance" => schema::BEHAVIOR_INSTANCE_BODY,
        "geofence_client" => schema::GEOFENCE_CLIENT_BODY,
        "smart_scene" => schema::SMART_SCENE_CREATION,
        rtype if RESOURCE_TYPES.contains(&rtype) => return Err(Rejection::NotAllowed),
        _ => return Err(Rejection::NotFound),
    };
    check(schema, body)?;
    match rtype {
        "scene" => scenes::create(world, body),
        "room" | "zone" => rooms::create(&mut world.store, rtype, body),
        _ => passthrough::create(&mut world.store, rtype, body),
    }
}

fn delete(store: &mut Store, rtype: &str, id: &str) -> Result<Written, Rejection> {
    match rtype {
        "room" | "zone" => rooms::delete(store, rtype, id),
        "scene" | "smart_scene" | "behavior_instance" | "geofence_client" => passthrough::delete(store, rtype, id),
        _ if store.get(rtype, id).is_some() => Err(Rejection::NotAllowed),
        _ => Err(Rejection::NotFound),
    }
}
