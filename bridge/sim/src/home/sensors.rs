//! Devices that report: a motion sensor, a dimmer switch, a contact sensor.

use serde_json::{Value, json};

use super::devices::{product, radio, software_update};
use super::furnish::Furnisher;
use super::lamp::Product;

/// When everything in a new home last happened.
const LONG_AGO: &str = "2026-01-05T07:30:00.000Z";
const SIGNIFY: &str = "Signify Netherlands B.V.";

fn sensor(home: &mut Furnisher, name: &str, [model, product_name, software]: [&'static str; 3]) -> (Value, String) {
    let id_v1 = format!("/sensors/{}", home.number("sensor_v1"));
    let made = Product([model, product_name, SIGNIFY, software]);
    (product(name, "unknown_archetype", &id_v1, &made, "100b-11b"), id_v1)
}

fn power(home: &mut Furnisher, id_v1: &str, level: u32) -> Value {
    let state = if level < 15 { "low" } else { "normal" };
    json!({
        "id": home.id("device_power"), "id_v1": id_v1, "type": "device_power",
        "power_state": {"battery_level": level, "battery_state": state},
    })
}

/// A motion sensor, which also measures light and temperature; with what its room makes of it.
pub(super) fn motion(home: &mut Furnisher, name: &str, room: &str) {
    let (device, id_v1) = sensor(home, name, ["SML003", "Hue motion sensor", "2.85.1"]);
    // In the old API it is three sensors, of which the first stands for the device.
    let [light_v1, temperature_v1] = [(); 2].map(|()| format!("/sensors/{}", home.number("sensor_v1")));
    let services = vec![
        radio(home, &id_v1),
        json!({
            "enabled": true, "id": home.id("motion"), "id_v1": id_v1, "type": "motion",
            "motion": {"motion": false, "motion_report": {"changed": LONG_AGO, "motion": false}, "motion_valid": true},
            "sensitivity": {"sensitivity": 3, "sensitivity_max": 4, "status": "set"},
        }),
        power(home, &id_v1, 78),
        json!({
            "enabled": true, "id": home.id("light_level"), "id_v1": light_v1, "type": "light_level",
            "light": {"light_level": 13_420, "light_level_valid": true,
                "light_level_report": {"changed": LONG_AGO, "light_level": 13_420}},
        }),
        json!({
            "enabled": true, "id": home.id("temperature"), "id_v1": temperature_v1, "type": "temperature",
            "temperature": {"temperature": 20.62, "temperature_valid": true,
                "temperature_report": {"changed": LONG_AGO, "temperature": 20.62}},
        }),
        software_update(home),
    ];
    let device = home.device(device, services);
    home.put(&device, room);
    room_services(home, room);
}

fn room_services(home: &mut Furnisher, room: &str) {
    let owner = json!({"rid": room, "rtype": "room"});
    let motion = json!({
        "enabled": true, "id": home.id("grouped_motion"), "owner": owner, "type": "grouped_motion",
        "motion": {"motion_report": {"changed": LONG_AGO, "motion": false}},
    });
    let level = json!({
        "enabled": true, "id": home.id("grouped_light_level"), "owner": owner, "type": "grouped_light_level",
        "light": {"light_level_report": {"changed": LONG_AGO, "light_level": 13_420}},
    });
    for service in [motion, level] {
        if let Some(room) = home.get("room", room) {
            home.serve(&room, &service);
        }
        home.add(service);
    }
}

/// A dimmer switch with four buttons and a battery that is nearly empty.
pub(super) fn dimmer(home: &mut Furnisher, name: &str, room: &str) {
    let (device, id_v1) = sensor(home, name, ["RWL022", "Hue dimmer switch", "2.45.2"]);
    let mut services: Vec<_> = (1..=4).map(|control| button(home, &id_v1, control)).collect();
    services.extend([power(home, &id_v1, 8), radio(home, &id_v1), software_update(home)]);
    let device = home.device(device, services);
    home.put(&device, room);
}

fn button(home: &mut Furnisher, id_v1: &str, control: u32) -> Value {
    json!({
        "button": {
            "button_report": {"event": "short_release", "updated": LONG_AGO},
            "event_values": ["initial_press", "repeat", "short_release", "long_release", "long_press"],
            "last_event": "short_release", "repeat_interval": 800,
        },
        "id": home.id("button"), "id_v1": id_v1, "metadata": {"control_id": control}, "type": "button",
    })
}

/// A contact sensor on a closed door.
pub(super) fn contact(home: &mut Furnisher, name: &str, room: &str) {
    let (mut device, id_v1) = sensor(home, name, ["SOC001", "Hue secure contact sensor", "2.67.9"]);
    // Newer devices have no number in the old API.
    if let Some(members) = device.as_object_mut() {
        members.remove("id_v1");
    }
    let services = vec![
        json!({
            "contact_report": {"changed": LONG_AGO, "state": "contact"}, "enabled": true, "id": home.id("contact"),
            "type": "contact",
        }),
        json!({"id": home.id("tamper"), "tamper_reports": [], "type": "tamper"}),
        power(home, &id_v1, 95),
        radio(home, &id_v1),
    ];
    let device = home.device(device, services);
    home.put(&device, room);
}
