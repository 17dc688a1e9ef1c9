//! `/scenes`.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::document::Document;
use super::error::{Error, success};
use super::order::Order;
use super::{group, light, state};
use crate::group as members;
use crate::store::{self, Store};

const COLLECTION: &str = "/scenes/";

pub(super) fn answer(document: &mut Document<'_>, key: &str, call: &Call<'_>) -> Result<Value, Error> {
    let store = document.store();
    match (call.method, &call.path[1..]) {
        ("GET", []) => Ok(all(store, key)),
        ("POST", []) => create(document, call),
        ("GET", [id]) => find(store, id).map(|scene| whole(store, key, scene)).ok_or_else(|| call.not_found()),
        ("PUT", [id]) => update(document, id, call),
        ("PUT", [id, "lightstates", number]) => set_light(document, id, number, call),
        ("DELETE", [id]) => delete(document, id, call),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

fn find<'a>(store: &'a Store, id: &str) -> Option<&'a Value> {
    store.of_type("scene").find(|scene| self::id(scene) == Some(id))
}

fn id(scene: &Value) -> Option<&str> {
    scene["id_v1"].as_str()?.strip_prefix(COLLECTION)
}

/// All scenes by id, without what each light does in them.
pub(super) fn all(store: &Store, key: &str) -> Value {
    let entry = |scene| Some((id(scene)?.to_owned(), view(store, key, scene)));
    Value::Object(store.of_type("scene").filter_map(entry).collect())
}

fn view(store: &Store, key: &str, scene: &Value) -> Value {
    let lights: Vec<String> = actions(scene).filter_map(|action| target(action).map(str::to_owned)).collect();
    let group = store.follow(&scene["group"]).and_then(group::number).unwrap_or("0");
    let recalled = scene["status"]["last_recall"].as_str().unwrap_or("2026-01-05T07:30:00.000Z");
    json!({
        "name": scene["metadata"]["name"], "type": "GroupScene", "group": group,
        "lights": light::numbers(store, &lights), "owner": key, "recycle": false, "locked": false,
        "appdata": scene["metadata"].get("appdata").map_or(json!({}), |data| json!({"version": 1, "data": data})),
        "picture": "", "lastupdated": recalled.get(..19), "version": 2,
    })
}

fn whole(store: &Store, key: &str, scene: &Value) -> Value {
    let mut view = view(store, key, scene);
    let states = actions(scene).filter_map(|action| {
        let number = light::number(store.get("light", target(action)?)?)?;
        Some((number.to_owned(), light_state(&action["action"])))
    });
    view["lightstates"] = Value::Object(states.collect());
    view
}

fn actions(scene: &Value) -> impl Iterator<Item = &Value> {
    scene["actions"].as_array().into_iter().flatten()
}

fn target(action: &Value) -> Option<&str> {
    action["target"]["rid"].as_str()
}

/// What a light does in a scene: only what was stored.
fn light_state(action: &Value) -> Value {
    let mut state = state::appearance(action);
    if let Some(members) = state.as_object_mut() {
        members.retain(|name, _| ["on", "bri", "ct", "xy"].contains(&name.as_str()));
    }
    state
}

/// Recalls the scene with this id of the old API; the duration is in milliseconds.
pub(super) fn recall(document: &mut Document<'_>, id: &Value, duration: Option<u64>) -> Result<(), ()> {
    let scene = find(document.store(), id.as_str().unwrap_or_default()).map(store::id).ok_or(())?;
    let mut recall = json!({"action": "active"});
    if let Some(duration) = duration {
        recall["duration"] = json!(duration);
    }
    document.put("scene", &scene, &json!({"recall": recall})).map(|_| ()).map_err(|_| ())
}

fn create(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    let (address, body) = (call.address(), call.object()?);
    let store = document.store();
    let lights = body.get("lights").map(|numbers| ids(store, numbers));
    let lights = lights.map(|found| found.ok_or_else(|| Error::invalid(&address, "lights", &body["lights"])));
    let lights = lights.transpose()?;
    // A scene of lights alone goes to the group around them: the document knows no other.
    let group = match (body.get("group").and_then(Value::as_str), &lights) {
        (Some(number), _) => group::find(store, number).filter(|group| group["type"] != "bridge_home"),
        (None, Some(lights)) => group::around(store, lights),
        (None, None) => return Err(Error::missing(&address)),
    };
    let group = group.ok_or_else(|| Error::invalid(&address, "group", body.get("group").unwrap_or(&Value::Null)))?;
    let lights = lights.unwrap_or_else(|| members::lights_of(store, group));
    let mut request = json!({
        "metadata": {"name": body.get("name").ok_or_else(|| Error::missing(&address))?},
        "group": {"rid": group["id"], "rtype": group["type"]},
        "actions": stored_actions(store, &lights, body.get("lightstates")),
    });
    if let Some(data) = body.get("appdata").and_then(|data| data["data"].as_str()).filter(|data| !data.is_empty()) {
        request["metadata"]["appdata"] = json!(data);
    }
    let made = document.post("scene", &request).map_err(|status| Error::refused(&address, status))?;
    let made = document.store().get("scene", &made).and_then(id).unwrap_or_default();
    Ok(json!([{"success": {"id": made}}]))
}

/// The ids of the lights with these numbers; `None` if one of them is not there.
fn ids(store: &Store, numbers: &Value) -> Option<Vec<String>> {
    numbers.as_array()?.iter().map(|number| light::find(store, number.as_str()?).map(store::id)).collect()
}

/// What each light shall do: as given by number, or else as it is now.
fn stored_actions(store: &Store, lights: &[String], given: Option<&Value>) -> Value {
    let lights = lights.iter().filter_map(|id| store.get("light", id));
    let action = |light: &Value| {
        let state = light::number(light).and_then(|number| given?.get(number)?.as_object());
        let action = state.map_or_else(|| as_it_is(light), |state| as_given(state, light));
        json!({"target": {"rid": light["id"], "rtype": "light"}, "action": action})
    };
    lights.map(action).collect()
}

fn as_given(state: &Map<String, Value>, light: &Value) -> Value {
    Order::read(state, &state::appearance(light)).request
}

fn as_it_is(light: &Value) -> Value {
    let mut action = json!({"on": light["on"]});
    if let Some(brightness) = light["dimming"].get("brightness") {
        action["dimming"] = json!({"brightness": brightness});
    }
    if let Some(mirek) = light["color_temperature"]["mirek"].as_i64() {
        action["color_temperature"] = json!({"mirek": mirek});
    } else if let Some(xy) = light["color"].get("xy") {
        action["color"] = json!({"xy": xy});
    }
    action
}

fn update(document: &mut Document<'_>, id: &str, call: &Call<'_>) -> Result<Value, Error> {
    let store = document.store();
    let scene = find(store, id).ok_or_else(|| call.not_found())?;
    let (address, body) = (call.address(), call.object()?);
    if let Some(unknown) = body.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
        return Err(Error::unknown(&address, unknown));
    }
    let mut request = json!({});
    if let Some(name) = body.get("name") {
        request["metadata"] = json!({"name": name});
    }
    let stores = body.get("storelightstate").is_some_and(|stores| stores == true);
    if stores || body.contains_key("lightstates") || body.contains_key("lights") {
        let lights = match body.get("lights") {
            Some(numbers) => ids(store, numbers).ok_or_else(|| Error::invalid(&address, "lights", numbers))?,
            None => actions(scene).filter_map(|action| target(action).map(str::to_owned)).collect(),
        };
        request["actions"] = kept_or_stored(store, scene, &lights, stores, body.get("lightstates"));
    }
    let scene = store::id(scene);
    document.put("scene", &scene, &request).map_err(|status| Error::refused(&address, status))?;
    Ok(body.iter().map(|(name, value)| success(&address, name, value)).collect())
}

/// What a scene may be told.
const PARAMETERS: [&str; 5] = ["name", "lights", "lightstates", "storelightstate", "recycle"];

/// What the scene has for a light stays, unless states are given or to be stored anew.
fn kept_or_stored(store: &Store, scene: &Value, lights: &[String], stores: bool, given: Option<&Value>) -> Value {
    if stores || given.is_some() {
        return stored_actions(store, lights, given);
    }
    let kept = |id: &String| actions(scene).find(|action| target(action) == Some(id)).cloned();
    let fresh = |id: &String| stored_actions(store, std::slice::from_ref(id), None)[0].clone();
    lights.iter().map(|id| kept(id).unwrap_or_else(|| fresh(id))).collect()
}

/// Changes what one light does in a scene.
fn set_light(document: &mut Document<'_>, id: &str, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let store = document.store();
    let scene = find(store, id).ok_or_else(|| call.not_found())?.clone();
    let light = light::find(store, number).ok_or_else(|| call.not_found())?;
    let order = Order::read(&call.object()?, &state::appearance(light));
    let mut changed = scene["actions"].clone();
    let place = changed.as_array_mut().into_iter().flatten().find(|action| action["target"]["rid"] == light["id"]);
    let action = place.ok_or_else(|| call.not_found())?;
    if order.request.get("color").is_some() || order.request.get("color_temperature").is_some() {
        // It shows the one or the other.
        action["action"].as_object_mut().map(|action| (action.remove("color"), action.remove("color_temperature")));
    }
    store::merge(&mut action["action"], &order.request);
    let sent = document.put("scene", &store::id(&scene), &json!({"actions": changed}));
    sent.map_err(|status| Error::refused(&call.address(), status))?;
    Ok(json!(order.report(&format!("{COLLECTION}{id}/lights/{number}/state"), &[])))
}

fn delete(document: &mut Document<'_>, id: &str, call: &Call<'_>) -> Result<Value, Error> {
    let scene = find(document.store(), id).map(store::id).ok_or_else(|| call.not_found())?;
    let address = call.address();
    document.delete("scene", &scene).map_err(|status| Error::refused(&address, status))?;
    Ok(json!([{"success": format!("{address} deleted")}]))
}
