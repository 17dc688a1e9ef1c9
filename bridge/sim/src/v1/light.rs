//! `/lights`.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::document::Document;
use super::error::{Error, success};
use super::order::Order;
use super::state;
use crate::group;
use crate::store::{self, Store};

const COLLECTION: &str = "/lights/";

pub(super) fn answer(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    match (call.method, &call.path[1..]) {
        ("GET", []) => Ok(all(document.store())),
        // A search finds nothing: what there is, is known.
        ("GET", ["new"]) => Ok(json!({"lastscan": "none"})),
        ("POST", []) => Ok(json!([success("", "lights", &json!("Searching for new devices"))])),
        ("GET", [number]) => {
            find(document.store(), number).map(|light| view(document.store(), light)).ok_or_else(|| call.not_found())
        }
        ("PUT", [number]) => rename(document, number, call),
        ("PUT", [number, "state"]) => set(document, number, call),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

/// The light with this number.
pub(super) fn find<'a>(store: &'a Store, number: &str) -> Option<&'a Value> {
    store.of_type("light").find(|light| self::number(light) == Some(number))
}

/// The number of a light, which not every one has.
pub(super) fn number(light: &Value) -> Option<&str> {
    light["id_v1"].as_str()?.strip_prefix(COLLECTION)
}

/// The numbers of the lights with these ids.
pub(super) fn numbers(store: &Store, ids: &[String]) -> Vec<String> {
    let lights = ids.iter().filter_map(|id| store.get("light", id));
    lights.filter_map(number).map(str::to_owned).collect()
}

/// All lights by number.
pub(super) fn all(store: &Store) -> Value {
    let entry = |light| Some((number(light)?.to_owned(), view(store, light)));
    Value::Object(store.of_type("light").filter_map(entry).collect())
}

fn view(store: &Store, light: &Value) -> Value {
    let device = store.follow(&light["owner"]).unwrap_or(&Value::Null);
    let product = &device["product_data"];
    json!({
        "state": state::of_light(store, light),
        "swupdate": {"state": "noupdates", "lastinstall": "2026-01-05T07:30:00"},
        "type": kind(light, product),
        "name": light["metadata"]["name"],
        "modelid": product["model_id"],
        "manufacturername": product["manufacturer_name"],
        "productname": product["product_name"],
        "capabilities": {
            "certified": product["certified"], "control": control(light),
            "streaming": {"renderer": light.get("color").is_some(), "proxy": light.get("color").is_some()},
        },
        "config": config(light),
        "uniqueid": unique_id(store, light),
        "swversion": product["software_version"],
    })
}

fn kind(light: &Value, product: &Value) -> &'static str {
    let has = |part: &str| light.get(part).is_some();
    match (has("color"), has("color_temperature"), has("dimming")) {
        (true, true, _) => "Extended color light",
        (true, false, _) => "Color light",
        (false, true, _) => "Color temperature light",
        (false, false, true) => "Dimmable light",
        _ if product["product_archetype"] == "plug" => "On/Off plug-in unit",
        _ => "On/Off light",
    }
}

fn control(light: &Value) -> Value {
    let mut control = Map::new();
    if let Some(least) = light["dimming"]["min_dim_level"].as_f64() {
        #[allow(clippy::cast_possible_truncation, reason = "percent, in hundredths")]
        let hundredths = (least * 100.0).round() as i64;
        control.insert("mindimlevel".into(), json!(hundredths));
    }
    if let Some(gamut) = light["color"].get("gamut") {
        let corners = ["red", "green", "blue"].map(|corner| json!([gamut[corner]["x"], gamut[corner]["y"]]));
        control.insert("colorgamuttype".into(), light["color"]["gamut_type"].clone());
        control.insert("colorgamut".into(), json!(corners));
    }
    if let Some(schema) = light["color_temperature"].get("mirek_schema") {
        control.insert("ct".into(), json!({"min": schema["mirek_minimum"], "max": schema["mirek_maximum"]}));
    }
    Value::Object(control)
}

fn config(light: &Value) -> Value {
    let archetype = light["metadata"]["archetype"].as_str().unwrap_or("classic_bulb").replace('_', "");
    let startup = json!({"mode": light["powerup"]["preset"], "configured": light["powerup"]["configured"]});
    let mut config = json!({
        "archetype": archetype, "function": light["metadata"]["function"], "direction": "omnidirectional",
    });
    if light.get("powerup").is_some() {
        config["startup"] = startup;
    }
    config
}

/// The address of the radio, and the endpoint behind it.
pub(super) fn unique_id(store: &Store, light: &Value) -> String {
    let mac = group::radio(store, light).and_then(|radio| radio["mac_address"].as_str());
    format!("{}-0b", mac.unwrap_or("00:00:00:00:00:00:00:00"))
}

/// A light has the name of its device.
fn rename(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let light = find(document.store(), number).ok_or_else(|| call.not_found())?.clone();
    let (address, body) = (call.address(), call.object()?);
    let mut report = Vec::new();
    for (name, value) in &body {
        let valid = value.as_str().is_some_and(|text| (1..=32).contains(&text.chars().count()));
        report.push(match name.as_str() {
            "name" if valid => {
                let device = light["owner"]["rid"].as_str().unwrap_or_default();
                let request = json!({"metadata": {"name": value}});
                document.put("device", device, &request).map_err(|status| Error::refused(&address, status))?;
                success(&address, name, value)
            }
            "name" => Error::invalid(&address, name, value).to_json(),
            _ => Error::unknown(&address, name).to_json(),
        });
    }
    Ok(json!(report))
}

fn set(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let light = find(document.store(), number).ok_or_else(|| call.not_found())?;
    let (id, now) = (store::id(light), state::appearance(light));
    let order = Order::read(&call.object()?, &now);
    let address = call.address();
    let complaints = if order.is_empty() { Ok(Vec::new()) } else { document.put("light", &id, &order.request) };
    let complaints = complaints.map_err(|status| Error::refused(&address, status))?;
    Ok(json!(order.report(&address, &complaints)))
}
