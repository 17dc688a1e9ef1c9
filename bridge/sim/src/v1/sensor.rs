//! `/sensors`: what reports. A device with several services is several sensors here.

use serde_json::{Value, json};

use super::call::Call;
use super::document::Document;
use super::error::{Error, success};
use super::light;
use crate::group;
use crate::store::{self, Store};

const COLLECTION: &str = "/sensors/";
/// The types of services that are sensors of the old API. Newer ones never were.
const TYPES: [&str; 4] = ["motion", "light_level", "temperature", "button"];
/// The light level under which it is dark: 10 000 * log10(lux) + 1.
const DARK: i64 = 16_000;

pub(super) fn answer(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    let store = document.store();
    match (call.method, &call.path[1..]) {
        ("GET", []) => Ok(all(store)),
        ("GET", ["new"]) => Ok(json!({"lastscan": "none"})),
        ("GET", [number]) => find(store, number).map(|sensor| view(store, sensor)).ok_or_else(|| call.not_found()),
        ("PUT", [number]) => rename(document, number, call),
        ("PUT", [number, "config"]) => configure(document, number, call),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

/// All sensors by number. Of the buttons of one switch, which share a number, the one that was pressed last is told.
pub(super) fn all(store: &Store) -> Value {
    let numbers = sensors(store).filter_map(number);
    let entry = |number: &str| Some((number.to_owned(), view(store, find(store, number)?)));
    Value::Object(numbers.filter_map(entry).collect())
}

fn sensors(store: &Store) -> impl Iterator<Item = &Value> {
    TYPES.into_iter().flat_map(|rtype| store.of_type(rtype))
}

fn number(sensor: &Value) -> Option<&str> {
    sensor["id_v1"].as_str()?.strip_prefix(COLLECTION)
}

fn find<'a>(store: &'a Store, number: &str) -> Option<&'a Value> {
    let with_number = sensors(store).filter(|sensor| self::number(sensor) == Some(number));
    with_number.reduce(|latest, other| if time(other) > time(latest) { other } else { latest })
}

/// When the sensor last had something to tell.
fn time(sensor: &Value) -> &str {
    let reports = ["/motion/motion_report", "/light/light_level_report", "/temperature/temperature_report"];
    let changed = reports.iter().find_map(|report| sensor.pointer(report)?["changed"].as_str());
    changed.or_else(|| sensor.pointer("/button/button_report/updated")?.as_str()).unwrap_or_default()
}

fn view(store: &Store, sensor: &Value) -> Value {
    let device = store.follow(&sensor["owner"]).unwrap_or(&Value::Null);
    let product = &device["product_data"];
    let (kind, mut state) = reading(sensor);
    // Without the fraction and without the Z.
    state["lastupdated"] = json!(time(sensor).get(..19).unwrap_or("none"));
    json!({
        "state": state, "config": config(store, sensor), "type": kind,
        "name": device["metadata"]["name"], "modelid": product["model_id"],
        "manufacturername": product["manufacturer_name"], "productname": product["product_name"],
        "swversion": product["software_version"], "swupdate": {"state": "noupdates", "lastinstall": null},
        "uniqueid": format!("{}-{}", light::unique_id(store, sensor), endpoint(kind)),
        "capabilities": {"certified": product["certified"], "primary": kind != "ZLLLightLevel" && kind != "ZLLTemperature"},
    })
}

/// The type in the old API, and what it reads.
fn reading(sensor: &Value) -> (&'static str, Value) {
    match sensor["type"].as_str() {
        Some("motion") => ("ZLLPresence", json!({"presence": sensor["motion"]["motion"]})),
        Some("light_level") => {
            let level = sensor["light"]["light_level"].as_i64().unwrap_or_default();
            ("ZLLLightLevel", json!({"lightlevel": level, "dark": level < DARK, "daylight": level > DARK + 7000}))
        }
        Some("temperature") => {
            let celsius = sensor["temperature"]["temperature"].as_f64().unwrap_or_default();
            #[allow(clippy::cast_possible_truncation, reason = "hundredths of a degree")]
            let hundredths = (celsius * 100.0).round() as i64;
            ("ZLLTemperature", json!({"temperature": hundredths}))
        }
        _ => ("ZLLSwitch", json!({"buttonevent": button_event(sensor)})),
    }
}

/// The number of the button times 1000, and what happened to it.
fn button_event(button: &Value) -> Option<u64> {
    let events = ["initial_press", "repeat", "short_release", "long_release"];
    let event = button["button"]["button_report"]["event"].as_str()?;
    let event = events.iter().zip(0..).find(|(known, _)| **known == event).map(|(_, number)| number)?;
    Some(button["metadata"]["control_id"].as_u64()? * 1000 + event)
}

/// The cluster that tells the sensors of one device apart.
fn endpoint(kind: &str) -> &'static str {
    match kind {
        "ZLLPresence" => "0406",
        "ZLLLightLevel" => "0400",
        "ZLLTemperature" => "0402",
        _ => "fc00",
    }
}

fn config(store: &Store, sensor: &Value) -> Value {
    let mut power = store.of_type("device_power").filter(|power| power["owner"] == sensor["owner"]);
    let mut config = json!({
        "on": sensor.get("enabled").is_none_or(|enabled| enabled == true),
        "battery": power.next().map(|power| power["power_state"]["battery_level"].clone()),
        "reachable": group::reachable(store, sensor), "pending": [],
    });
    if let Some(sensitivity) = sensor.get("sensitivity") {
        config["sensitivity"] = sensitivity["sensitivity"].clone();
        config["sensitivitymax"] = sensitivity["sensitivity_max"].clone();
    }
    if sensor["type"] == "light_level" {
        config["tholddark"] = json!(DARK);
        config["tholdoffset"] = json!(7000);
    }
    config
}

/// A sensor has the name of its device.
fn rename(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let sensor = find(document.store(), number).ok_or_else(|| call.not_found())?;
    let device = sensor["owner"]["rid"].as_str().unwrap_or_default().to_owned();
    let (address, body) = (call.address(), call.object()?);
    let name = body.get("name").ok_or_else(|| Error::missing(&address))?;
    let renamed = document.put("device", &device, &json!({"metadata": {"name": name}}));
    renamed.map_err(|_| Error::invalid(&address, "name", name))?;
    Ok(json!([success(&address, "name", name)]))
}

fn configure(document: &mut Document<'_>, number: &str, call: &Call<'_>) -> Result<Value, Error> {
    let sensor = find(document.store(), number).ok_or_else(|| call.not_found())?;
    let (rtype, id) = (sensor["type"].as_str().unwrap_or_default().to_owned(), store::id(sensor));
    let address = call.address();
    let mut report = Vec::new();
    for (name, value) in &call.object()? {
        let request = match name.as_str() {
            "on" => json!({"enabled": value}),
            "sensitivity" => json!({"sensitivity": {"sensitivity": value}}),
            _ => {
                report.push(Error::unknown(&address, name).to_json());
                continue;
            }
        };
        report.push(match document.put(&rtype, &id, &request) {
            Ok(_) => success(&address, name, value),
            Err(_) => Error::invalid(&address, name, value).to_json(),
        });
    }
    Ok(json!(report))
}
