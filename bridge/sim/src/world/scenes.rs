//! Scenes and smart scenes: recall, edit and create.

use serde_json::{Map, Value, json};

use super::active_scenes::{deactivate, targets};
use super::clock::Moment;
use super::outcome::{Rejection, SoftError, Written};
use super::quirk::Quirk;
use super::store::{self, Store, resource_id};
use super::{World, commands, effects, ids, topology};

/// The number of scenes that a bridge keeps.
const MAX_SCENES: usize = 200;
/// The members that a new scene must have.
const REQUIRED_MEMBERS: [&str; 3] = ["/actions", "/group/rid", "/metadata/name"];

/// Recalls and edits a scene.
pub(crate) fn update(world: &mut World, id: &str, body: &Value) -> Result<Written, Rejection> {
    if let Some(actions) = body.get("actions") {
        check_targets(&world.store, actions)?;
    }
    let mut stored = body.as_object().cloned().unwrap_or_default();
    let recall = stored.remove("recall");
    stored.remove("type");
    world.store.edit("scene", id, |scene| {
        for (name, value) in &stored {
            match name.as_str() {
                "metadata" => store::merge(&mut scene["metadata"], value),
                name => scene[name] = value.clone(),
            }
        }
    });
    let error = recall.and_then(|recall| self::recall(world, id, &recall).err());
    Ok(Written::new("scene", id, error.into_iter().collect()))
}

/// Recalls a scene, as one broadcast to its lights.
fn recall(world: &mut World, id: &str, recall: &Value) -> Result<(), SoftError> {
    let turn = world.radio.broadcast(world.clock.now());
    let turn = turn.ok_or_else(|| SoftError::unreachable("scene", id, ".recall.action"))?;
    let Some(scene) = world.store.get("scene", id).cloned() else { return Ok(()) };
    let is_dynamic = match recall["action"].as_str() {
        Some("dynamic_palette") => true,
        Some("active") => scene["auto_dynamic"] == true,
        _ => false,
    };
    for action in scene["actions"].as_array().into_iter().flatten() {
        perform_action(world, action, recall, turn, is_dynamic.then_some(&scene["speed"]));
    }
    let (lights, now) = (targets(&scene), world.clock.timestamp_text());
    let store = &mut world.store;
    deactivate(store, |other| other["group"] == scene["group"] || targets(other).iter().any(|it| lights.contains(it)));
    let active = if is_dynamic { "dynamic_palette" } else { "static" };
    store.edit("scene", id, |scene| scene["status"] = json!({"active": active, "last_recall": now}));
    Ok(())
}

/// Applies one action of a scene to its light. With a `speed` the light then moves through the palette.
fn perform_action(world: &mut World, action: &Value, recall: &Value, turn: Moment, speed: Option<&Value>) {
    let Some(light) = world.store.follow(&action["target"]) else { return };
    let (id, reachable) = (resource_id(light), topology::is_reachable(&world.store, light));
    let mut command = action["action"].clone();
    if let Some(dimming) = recall.get("dimming").filter(|_| command.get("dimming").is_some()) {
        command["dimming"] = dimming.clone();
    }
    if let Some(duration) = recall.get("duration") {
        command["dynamics"] = json!({"duration": duration});
    }
    commands::perform(world, &id, &command, Some(turn));
    if let Some(speed) = speed.filter(|_| reachable) {
        world.store.edit("light", &id, |light| effects::start_dynamics(light, speed));
    }
}

/// Creates a scene.
pub(crate) fn create(world: &mut World, body: &Value) -> Result<Written, Rejection> {
    let store = &mut world.store;
    if let Some(missing) = REQUIRED_MEMBERS.iter().find(|pointer| body.pointer(pointer).is_none()) {
        return Err(Rejection::missing(missing));
    }
    let group = store.follow(&body["group"]).filter(|group| group["type"] == "room" || group["type"] == "zone");
    if group.is_none() {
        return Err(Rejection::invalid("Invalid Request: the group does not exist"));
    }
    check_targets(store, &body["actions"])?;
    if store.of_type("scene").count() >= MAX_SCENES {
        if !world.quirks.contains(&Quirk::OldScenesMakeRoom) {
            return Err(Rejection::Full("No more scenes can be stored"));
        }
        delete_oldest(store);
    }
    let id = ids::random();
    let mut scene = json!({
        "id": id, "id_v1": ids::scene_v1(&id), "type": "scene", "actions": [], "auto_dynamic": false, "recall": {},
        "last_actions_update": {"source": "clip"}, "mapping": {"algorithm": "classic"}, "speed": 0.5,
        "status": {"active": "inactive"},
    });
    store::merge(&mut scene, &Value::Object(without_type(body)));
    store.insert(scene);
    Ok(Written::new("scene", &id, Vec::new()))
}

/// Deletes the least recently recalled scene. Scenes that were never recalled come first, in order of creation.
fn delete_oldest(store: &mut Store) {
    let last_recall = |scene: &&Value| scene["status"]["last_recall"].as_str().map(str::to_owned);
    if let Some(oldest) = store.of_type("scene").min_by_key(last_recall).map(resource_id) {
        store.remove("scene", &oldest);
    }
}

fn without_type(body: &Value) -> Map<String, Value> {
    let mut members = body.as_object().cloned().unwrap_or_default();
    members.remove("type");
    members
}

fn check_targets(store: &Store, actions: &Value) -> Result<(), Rejection> {
    for action in actions.as_array().into_iter().flatten() {
        let light = store.follow(&action["target"]).filter(|target| target["type"] == "light");
        if light.is_none() || action.get("action").is_none() {
            return Err(Rejection::invalid("Invalid Request: an action has no target light or no action"));
        }
    }
    Ok(())
}

/// Starts, stops and edits a smart scene.
pub(crate) fn update_smart(world: &mut World, id: &str, body: &Value) -> Written {
    let target = world.store.get("smart_scene", id).and_then(current_target);
    world.store.edit("smart_scene", id, |scene| {
        if let Some(metadata) = body.get("metadata") {
            store::merge(&mut scene["metadata"], metadata);
        }
        if let Some(duration) = body.get("transition_duration") {
            scene["transition_duration"] = duration.clone();
        }
        match body["recall"]["action"].as_str() {
            Some("activate") => scene["state"] = json!("active"),
            Some("deactivate") => scene["state"] = json!("inactive"),
            _ => {}
        }
    });
    let target = target.filter(|_| body["recall"]["action"] == "activate");
    let error = target.and_then(|target| recall(world, &target, &json!({"action": "active"})).err());
    Written::new("smart_scene", id, error.into_iter().collect())
}

/// Returns the scene that is set for the active timeslot of a smart scene.
fn current_target(smart: &Value) -> Option<String> {
    let weekday = &smart["active_timeslot"]["weekday"];
    let mut days = smart["week_timeslots"].as_array()?.iter();
    let day = days.find(|day| day["recurrence"].as_array().is_some_and(|days| days.contains(weekday)))?;
    let slot = usize::try_from(smart["active_timeslot"]["timeslot_id"].as_u64()?).ok()?;
    let target = &day["timeslots"].get(slot)?["target"];
    target["rid"].as_str().filter(|_| target["rtype"] == "scene").map(str::to_owned)
}
