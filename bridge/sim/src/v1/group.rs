//! `/groups`: rooms, zones, and 0 for the home.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::document::Document;
use super::error::{Error, success};
use super::order::Order;
use super::{light, scene, state};
use crate::group;
use crate::reply::{Complaint, Trouble};
use crate::store::{self, Store};

const COLLECTION: &str = "/groups/";

pub(super) fn answer(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    match (call.method, &call.path[1..]) {
        ("GET", []) => Ok(all(document.store())),
        ("POST", []) => create(document, call),
        ("GET", [number]) => {
            find(document.store(), number).map(|group| view(document.store(), group)).ok_or_else(|| call.not_found())
        }
        ("PUT", [number]) => update(document, number, call),
        ("PUT", [number, "action"]) => act(document, number, call),
        ("DELETE", [number]) => delete(document, number, call),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

/// The room or zone with this number; the home for 0.
pub(super) fn find<'a>(store: &'a Store, number: &str) -> Option<&'a Value> {
    let mut groups = rooms_and_zones(store).chain(store.of_type("bridge_home"));
    groups.find(|group| self::number(group) == Some(number))
}

/// The smallest room or zone that has all of these lights.
pub(super) fn around<'a>(store: &'a Store, lights: &[String]) -> Option<&'a Value> {
    let with_members = rooms_and_zones(store).map(|group| (group, group::lights_of(store, group)));
    let around = with_members.filter(|(_, members)| lights.iter().all(|light| members.contains(light)));
    around.min_by_key(|(_, members)| members.len()).map(|(group, _)| group)
}

pub(super) fn number(group: &Value) -> Option<&str> {
    group["id_v1"].as_str()?.strip_prefix(COLLECTION)
}

fn rooms_and_zones(store: &Store) -> impl Iterator<Item = &Value> {
    store.of_type("room").chain(store.of_type("zone"))
}

/// All rooms and zones by number; the home is told only to who asks for it.
pub(super) fn all(store: &Store) -> Value {
    let entry = |group| Some((number(group)?.to_owned(), view(store, group)));
    Value::Object(rooms_and_zones(store).filter_map(entry).collect())
}

fn view(store: &Store, group: &Value) -> Value {
    let ids = group::lights_of(store, group);
    let lit: Vec<bool> =
        ids.iter().filter_map(|id| store.get("light", id)).map(|light| light["on"]["on"] == true).collect();
    let mut view = json!({
        "name": group["metadata"].get("name").unwrap_or(&json!("Group 0")),
        "lights": light::numbers(store, &ids), "sensors": [], "recycle": false,
        "state": {"all_on": !lit.is_empty() && lit.iter().all(|on| *on), "any_on": lit.contains(&true)},
        "action": action(store, &ids),
    });
    view["type"] = json!(match group["type"].as_str() {
        Some("room") => "Room",
        Some("zone") => "Zone",
        _ => "LightGroup",
    });
    if group["type"] != "bridge_home" {
        view["class"] = json!(class(group["metadata"]["archetype"].as_str().unwrap_or("other")));
    }
    view
}

/// The last command, as far as it can be seen: what the first light that is on shows, or else the first one.
fn action(store: &Store, lights: &[String]) -> Value {
    let mut lights = lights.iter().filter_map(|id| store.get("light", id));
    let first = lights.next();
    let lit = first.into_iter().chain(lights).find(|light| light["on"]["on"] == true);
    lit.or(first).map_or_else(|| json!({"on": false}), state::appearance)
}

/// `living_room` is `Living room`.
fn class(archetype: &str) -> String {
    if archetype == "tv" {
        return "TV".to_owned();
    }
    let words = archetype.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn archetype(class: &str) -> String {
    class.to_lowercase().replace(' ', "_")
}

fn create(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    let (address, body) = (call.address(), call.object()?);
    // The document knows no groups of lights that are neither.
    let rtype = match body.get("type").and_then(Value::as_str) {
        Some("Room") => "room",
        None | Some("Zone" | "LightGroup") => "zone",
        Some(_) => return Err(Error::invalid(&address, "type", &body["type"])),
    };
    let mut request = request(document.store(), rtype, &body, &address)?;
    if request["metadata"].get("name").is_none() {
        request["metadata"]["name"] = json!("Group");
    }
    if request.get("children").is_none() {
        return Err(Error::missing(&address));
    }
    let id = document.post(rtype, &request).map_err(|status| Error::refused(&address, status))?;
    let made = document.store().get(rtype, &id).and_then(number).unwrap_or_default();
    Ok(json!([{"success": {"id": made}}]))
}

fn update(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let group = find(document.store(), number).ok_or_else(|| call.not_found())?;
    let (rtype, id) = (group["type"].as_str().unwrap_or_default().to_owned(), store::id(group));
    if rtype == "bridge_home" {
        return Err(call.not_available());
    }
    let (address, body) = (call.address(), call.object()?);
    let request = request(document.store(), &rtype, &body, &address)?;
    document.put(&rtype, &id, &request).map_err(|status| Error::refused(&address, status))?;
    Ok(body.iter().map(|(name, value)| success(&address, name, value)).collect())
}

/// Name, class and lights as a room or zone of CLIP v2 has them.
fn request(store: &Store, rtype: &str, body: &Map<String, Value>, address: &str) -> Result<Value, Error> {
    let mut request = json!({});
    for (name, value) in body {
        let invalid = || Error::invalid(address, name, value);
        match name.as_str() {
            "name" => request["metadata"]["name"] = json!(text(value).ok_or_else(invalid)?),
            "class" => request["metadata"]["archetype"] = json!(archetype(text(value).ok_or_else(invalid)?)),
            "lights" => request["children"] = children(store, rtype, value).ok_or_else(invalid)?,
            "type" | "recycle" | "sensors" => {}
            _ => return Err(Error::unknown(address, name)),
        }
    }
    Ok(request)
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| (1..=32).contains(&text.chars().count()))
}

/// A room has the devices of its lights, a zone has the lights.
fn children(store: &Store, rtype: &str, numbers: &Value) -> Option<Value> {
    let lights: Option<Vec<&Value>> =
        numbers.as_array()?.iter().map(|number| light::find(store, number.as_str()?)).collect();
    let child = |light: &&Value| {
        if rtype == "room" { light["owner"].clone() } else { json!({"rid": light["id"], "rtype": "light"}) }
    };
    Some(lights?.iter().map(child).collect())
}

fn delete(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let group = find(document.store(), number).ok_or_else(|| call.not_found())?;
    let (rtype, id) = (group["type"].as_str().unwrap_or_default().to_owned(), store::id(group));
    let address = call.address();
    if rtype == "bridge_home" {
        return Err(call.not_available());
    }
    document.delete(&rtype, &id).map_err(|status| Error::refused(&address, status))?;
    Ok(json!([{"success": format!("{address} deleted")}]))
}

/// A command to all lights of a group, or the recall of a scene.
fn act(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let group = find(document.store(), number).ok_or_else(|| call.not_found())?.clone();
    let (address, mut body) = (call.address(), call.object()?);
    let scene = body.remove("scene");
    let mut report = Vec::new();
    if let Some(scene) = scene {
        let duration = body.get("transitiontime").and_then(Value::as_u64).map(|tenths| tenths * 100);
        report.push(match scene::recall(document, &scene, duration) {
            Ok(()) => success(&address, "scene", &scene),
            Err(()) => Error::invalid(&address, "scene", &scene).to_json(),
        });
    }
    let lights = group::lights_of(document.store(), &group);
    let order = Order::read(&body, &action(document.store(), &lights));
    let complaints = command(document, &group, &lights, &order).map_err(|status| Error::refused(&address, status))?;
    report.extend(order.report(&address, &complaints));
    Ok(json!(report))
}

/// Sends a command to the group, and effects, which no group of CLIP v2 takes, to each light that has them.
fn command(
    document: &mut Document<'_>,
    group: &Value,
    lights: &[String],
    order: &Order,
) -> Result<Vec<Complaint>, axum::http::StatusCode> {
    let mut request = order.request.as_object().cloned().unwrap_or_default();
    let effects = request.remove("effects");
    let mut complaints = Vec::new();
    let grouped = store::references(&group["services"], "grouped_light");
    if let Some(grouped) = grouped.first().filter(|_| !request.is_empty()) {
        complaints = document.put("grouped_light", grouped, &Value::Object(request))?;
        // The old API says nothing of a group that is off.
        complaints.retain(|complaint| complaint.trouble() != Some(Trouble::SoftOff));
    }
    if let Some(effects) = effects {
        let able = |id: &&String| document.store().get("light", id).is_some_and(|light| light.get("effects").is_some());
        let able: Vec<_> = lights.iter().filter(able).cloned().collect();
        for id in able {
            document.put("light", &id, &json!({"effects": effects}))?;
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_archetypes_are_the_same_words() {
        for (class_name, name) in [("Living room", "living_room"), ("TV", "tv"), ("Office", "office")] {
            assert_eq!((class(name), archetype(class_name)), (class_name.to_owned(), name.to_owned()));
        }
    }
}
