//! Scenes: recall, edit, create, delete, and which of them is active.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::clock::Moment;
use crate::quirk::Quirk;
use crate::reply::{Complaint, Reply};
use crate::store::{self, Store};
use crate::world::World;
use crate::{command, effect, group, ids};

/// How many scenes a bridge keeps.
const MOST: usize = 200;
/// What a request for a new scene has to say.
const REQUIRED: [&str; 3] = ["/actions", "/group/rid", "/metadata/name"];

/// Recalls and edits a scene.
pub(crate) fn update(world: &mut World, id: &str, body: &Value) -> Result<Reply, Reply> {
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
    let complaints = recall.and_then(|recall| self::recall(world, id, &recall).err());
    Ok(Reply::written("scene", id, complaints.into_iter().collect()))
}

/// Recalls a scene, as a broadcast to its lights.
fn recall(world: &mut World, id: &str, recall: &Value) -> Result<(), Complaint> {
    let turn = world.radio.broadcast(world.time.now());
    let turn = turn.ok_or_else(|| Complaint::unreachable("scene", id, ".recall.action"))?;
    let Some(scene) = world.store.get("scene", id).cloned() else { return Ok(()) };
    let dynamic = match recall["action"].as_str() {
        Some("dynamic_palette") => true,
        Some("active") => scene["auto_dynamic"] == true,
        _ => false,
    };
    for action in scene["actions"].as_array().into_iter().flatten() {
        perform(world, action, recall, turn, dynamic.then_some(&scene["speed"]));
    }
    let (lights, now) = (targets(&scene), world.time.stamp());
    let store = &mut world.store;
    deactivate(store, |other| other["group"] == scene["group"] || targets(other).iter().any(|it| lights.contains(it)));
    let active = if dynamic { "dynamic_palette" } else { "static" };
    store.edit("scene", id, |scene| scene["status"] = json!({"active": active, "last_recall": now}));
    Ok(())
}

/// Applies one action of a scene to its light; `speed` if the light shall then move through the palette.
fn perform(world: &mut World, action: &Value, recall: &Value, turn: Moment, speed: Option<&Value>) {
    let Some(light) = world.store.follow(&action["target"]) else { return };
    let (id, reachable) = (store::id(light), group::reachable(&world.store, light));
    let mut command = action["action"].clone();
    if let Some(dimming) = recall.get("dimming").filter(|_| command.get("dimming").is_some()) {
        command["dimming"] = dimming.clone();
    }
    if let Some(duration) = recall.get("duration") {
        command["dynamics"] = json!({"duration": duration});
    }
    command::perform(world, &id, &command, Some(turn));
    if let Some(speed) = speed.filter(|_| reachable) {
        world.store.edit("light", &id, |light| effect::start_dynamics(light, speed));
    }
}

/// Ends the scenes that one of these lights belonged to.
pub(crate) fn lights_changed(store: &mut Store, lights: &[String]) {
    deactivate(store, |scene| targets(scene).iter().any(|target| lights.contains(target)));
}

fn deactivate(store: &mut Store, ends: impl Fn(&Value) -> bool) {
    let active = |scene: &&Value| scene["status"]["active"].as_str().is_some_and(|active| active != "inactive");
    let ended: Vec<_> = store.of_type("scene").filter(active).filter(|scene| ends(scene)).map(store::id).collect();
    for id in ended {
        store.edit("scene", &id, |scene| scene["status"]["active"] = json!("inactive"));
    }
}

fn targets(scene: &Value) -> Vec<String> {
    let actions = scene["actions"].as_array().into_iter().flatten();
    actions.filter_map(|action| action["target"]["rid"].as_str().map(str::to_owned)).collect()
}

/// Makes a new scene.
pub(crate) fn create(world: &mut World, body: &Value) -> Result<Reply, Reply> {
    let store = &mut world.store;
    if let Some(missing) = REQUIRED.iter().find(|pointer| body.pointer(pointer).is_none()) {
        let name = missing.replace('/', ".");
        return Err(Reply::bad_request(format!("Invalid Request: required property ({name}) is missing")));
    }
    let group = store.follow(&body["group"]).filter(|group| group["type"] == "room" || group["type"] == "zone");
    if group.is_none() {
        return Err(Reply::bad_request("Invalid Request: the group does not exist"));
    }
    check_targets(store, &body["actions"])?;
    if store.of_type("scene").count() >= MOST {
        if !world.quirks.contains(&Quirk::OldScenesMakeRoom) {
            return Err(Reply::refused(StatusCode::INSUFFICIENT_STORAGE, "No more scenes can be stored"));
        }
        forget_oldest(store);
    }
    let id = ids::fresh();
    let mut scene = json!({
        "id": id, "id_v1": ids::scene_v1(&id), "type": "scene", "actions": [], "auto_dynamic": false, "recall": {},
        "last_actions_update": {"source": "clip"}, "mapping": {"algorithm": "classic"}, "speed": 0.5,
        "status": {"active": "inactive"},
    });
    store::merge(&mut scene, &Value::Object(without_type(body)));
    store.insert(scene);
    Ok(Reply::created("scene", &id))
}

/// Deletes the scene that was not recalled for longest; those that never were come first, in the order they were made.
fn forget_oldest(store: &mut Store) {
    let last_recall = |scene: &&Value| scene["status"]["last_recall"].as_str().map(str::to_owned);
    if let Some(oldest) = store.of_type("scene").min_by_key(last_recall).map(store::id) {
        store.remove("scene", &oldest);
    }
}

fn without_type(body: &Value) -> Map<String, Value> {
    let mut members = body.as_object().cloned().unwrap_or_default();
    members.remove("type");
    members
}

fn check_targets(store: &Store, actions: &Value) -> Result<(), Reply> {
    for action in actions.as_array().into_iter().flatten() {
        let light = store.follow(&action["target"]).filter(|target| target["type"] == "light");
        if light.is_none() || action.get("action").is_none() {
            return Err(Reply::bad_request("Invalid Request: an action has no target light or no action"));
        }
    }
    Ok(())
}

/// Starts and stops a smart scene, and edits it.
pub(crate) fn update_smart(world: &mut World, id: &str, body: &Value) -> Reply {
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
    let complaints = target.and_then(|target| recall(world, &target, &json!({"action": "active"})).err());
    Reply::written("smart_scene", id, complaints.into_iter().collect())
}

/// The scene that the active timeslot of a smart scene names.
fn current_target(smart: &Value) -> Option<String> {
    let weekday = &smart["active_timeslot"]["weekday"];
    let mut days = smart["week_timeslots"].as_array()?.iter();
    let day = days.find(|day| day["recurrence"].as_array().is_some_and(|days| days.contains(weekday)))?;
    let slot = usize::try_from(smart["active_timeslot"]["timeslot_id"].as_u64()?).ok()?;
    let target = &day["timeslots"].get(slot)?["target"];
    target["rid"].as_str().filter(|_| target["rtype"] == "scene").map(str::to_owned)
}
