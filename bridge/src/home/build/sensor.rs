//! Builds the sensors. Each type has its own shape, and new firmware has new types.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{DeviceFacts, Resources, sort_key};
use crate::{
    clip,
    home::{Id, Reading, Sensor},
};

/// The sensor types that a home shows. `grouped_*` repeat them per room; `tamper` belongs to a contact.
const SENSOR_TYPES: [&str; 7] =
    ["motion", "camera_motion", "temperature", "light_level", "contact", "button", "relative_rotary"];

pub(super) fn sensors(
    resources: &Resources,
    devices: &HashMap<&str, &clip::Device>,
    facts: &DeviceFacts,
) -> Vec<Sensor> {
    let is_sensor = |value: &&Value| value["type"].as_str().is_some_and(|kind| SENSOR_TYPES.contains(&kind));
    let services = resources.values().filter(is_sensor).filter_map(clip::read::<clip::Sensor>);
    let mut sensors: Vec<Sensor> = services.map(|sensor| build_sensor(&sensor, devices, facts)).collect();
    sensors.sort_by_cached_key(|sensor| (sort_key(sensor.room.as_deref(), &sensor.name), sensor.id.clone()));
    sensors
}

fn build_sensor(sensor: &clip::Sensor, devices: &HashMap<&str, &clip::Device>, facts: &DeviceFacts) -> Sensor {
    let owner = sensor.owner.rid.as_str();
    let device = devices.get(owner);
    let (reading, changed) = reading(&sensor.kind, &sensor.fields);
    Sensor {
        id: Id::new(&sensor.id),
        device_id: Id::new(owner),
        name: device.and_then(|device| device.metadata.name.clone()).unwrap_or_default(),
        room: facts.rooms.get(owner).map(|(_, name)| name.clone()),
        enabled: sensor.enabled.unwrap_or(true),
        reading,
        changed,
    }
}

/// Returns the reading and the time of its last change. The report of newer firmware counts before the plain value,
/// which is deprecated. A value that is marked invalid is ignored.
fn reading(kind: &str, fields: &Map<String, Value>) -> (Reading, Option<String>) {
    let body = fields.get(match kind {
        "camera_motion" => "motion",
        "light_level" => "light",
        other => other,
    });
    let at = |path: &str| body.and_then(|body| body.pointer(path));
    let known = match kind {
        "motion" | "camera_motion" => valid(at("/motion_report/motion").or(at("/motion")), at("/motion_valid"))
            .and_then(Value::as_bool)
            .map(Reading::Motion),
        "temperature" => valid(at("/temperature_report/temperature").or(at("/temperature")), at("/temperature_valid"))
            .and_then(Value::as_f64)
            .map(Reading::Temperature),
        "light_level" => valid(at("/light_level_report/light_level").or(at("/light_level")), at("/light_level_valid"))
            .and_then(Value::as_f64)
            .map(|level| Reading::LightLevel(lux(level))),
        "contact" => contact(fields).map(Reading::Contact),
        "button" => text(at("/button_report/event").or(at("/last_event"))).map(Reading::Button),
        _ => rotation(body).map(|value| Reading::Other(format!("{kind}: {value}"))),
    };
    (known.unwrap_or_else(|| Reading::None(kind.to_owned())), changed(body, fields))
}

fn valid<'a>(value: Option<&'a Value>, valid: Option<&Value>) -> Option<&'a Value> {
    value.filter(|_| valid.and_then(Value::as_bool).unwrap_or(true))
}

/// Converts CLIP's light level, `10000 * log10(lux) + 1`, to lux; 0 is darkness.
fn lux(level: f64) -> f64 {
    if level <= 0.0 { 0.0 } else { 10_f64.powf((level - 1.0) / 10_000.0) }
}

fn contact(fields: &Map<String, Value>) -> Option<bool> {
    match fields.get("contact_report")?.get("state")?.as_str()? {
        "contact" => Some(true),
        "no_contact" => Some(false),
        _ => None,
    }
}

fn rotation(body: Option<&Value>) -> Option<String> {
    let report = body?.get("rotary_report").or_else(|| body?.get("last_event"))?.get("rotation")?;
    Some(format!("{} {}", report.get("direction")?.as_str()?, report.get("steps")?))
}

fn changed(body: Option<&Value>, fields: &Map<String, Value>) -> Option<String> {
    let inner = body.and_then(Value::as_object).into_iter().flatten();
    let mut reports = inner.chain(fields).filter(|(name, _)| name.ends_with("_report")).map(|(_, report)| report);
    reports.find_map(|report| text(report.get("changed").or_else(|| report.get("updated"))))
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(ToOwned::to_owned)
}
