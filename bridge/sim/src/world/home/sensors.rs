//! Sensors and switches: a motion sensor, a dimmer switch and a contact sensor.

use serde_json::{Value, json};

use super::home_builder::HomeBuilder;
use super::home_builder::devices::{self, radio, software_update};
use super::lamp::Product;
use crate::product::MANUFACTURER_NAME;

/// The time at which every sensor of a new home has sent its last report.
const LAST_REPORT_TIME: &str = "2026-01-05T07:30:00.000Z";

fn sensor(home: &mut HomeBuilder, name: &str, [model, product_name, software]: [&'static str; 3]) -> (Value, String) {
    let id_v1 = format!("/sensors/{}", home.next_number("sensor_v1"));
    let hardware = Product([model, product_name, MANUFACTURER_NAME, software]);
    (devices::device(name, "unknown_archetype", &id_v1, &hardware, "100b-11b"), id_v1)
}

fn power(home: &mut HomeBuilder, id_v1: &str, level: u32) -> Value {
    let state = if level < 15 { "low" } else { "normal" };
    json!({
        "id": home.next_id("device_power"), "id_v1": id_v1, "type": "device_power",
        "power_state": {"battery_level": level, "battery_state": state},
    })
}

/// Adds a motion sensor, which also measures light and temperature, and the grouped sensors of its room.
pub(super) fn add_motion_sensor(home: &mut HomeBuilder, name: &str, room: &str) {
    let (device, id_v1) = sensor(home, name, ["SML003", "Hue motion sensor", "2.85.1"]);
    // The v1 API has three sensors for it, of which the first also identifies the device.
    let [light_v1, temperature_v1] = [(); 2].map(|()| format!("/sensors/{}", home.next_number("sensor_v1")));
    let services = vec![
        radio(home, &id_v1),
        json!({
            "enabled": true, "id": home.next_id("motion"), "id_v1": id_v1, "type": "motion",
            "motion": {"motion": false, "motion_report": {"changed": LAST_REPORT_TIME, "motion": false}, "motion_valid": true},
            "sensitivity": {"sensitivity": 3, "sensitivity_max": 4, "status": "set"},
        }),
        power(home, &id_v1, 78),
        json!({
            "enabled": true, "id": home.next_id("light_level"), "id_v1": light_v1, "type": "light_level",
            "light": {"light_level": 13_420, "light_level_valid": true,
                "light_level_report": {"changed": LAST_REPORT_TIME, "light_level": 13_420}},
        }),
        json!({
            "enabled": true, "id": home.next_id("temperature"), "id_v1": temperature_v1, "type": "temperature",
            "temperature": {"temperature": 20.62, "temperature_valid": true,
                "temperature_report": {"changed": LAST_REPORT_TIME, "temperature": 20.62}},
        }),
        software_update(home),
    ];
    let device = home.add_device(device, services);
    home.add_to_room(&device, room);
    add_grouped_sensors(home, room);
}

fn add_grouped_sensors(home: &mut HomeBuilder, room: &str) {
    let owner = json!({"rid": room, "rtype": "room"});
    let motion = json!({
        "enabled": true, "id": home.next_id("grouped_motion"), "owner": owner, "type": "grouped_motion",
        "motion": {"motion_report": {"changed": LAST_REPORT_TIME, "motion": false}},
    });
    let level = json!({
        "enabled": true, "id": home.next_id("grouped_light_level"), "owner": owner, "type": "grouped_light_level",
        "light": {"light_level_report": {"changed": LAST_REPORT_TIME, "light_level": 13_420}},
    });
    for service in [motion, level] {
        if let Some(room) = home.get("room", room) {
            home.add_service(&room, &service);
        }
        home.add(service);
    }
}

/// Adds a dimmer switch with four buttons and a nearly empty battery.
pub(super) fn add_dimmer_switch(home: &mut HomeBuilder, name: &str, room: &str) {
    let (device, id_v1) = sensor(home, name, ["RWL022", "Hue dimmer switch", "2.45.2"]);
    let mut services: Vec<_> = (1..=4).map(|control| button(home, &id_v1, control)).collect();
    services.extend([power(home, &id_v1, 8), radio(home, &id_v1), software_update(home)]);
    let device = home.add_device(device, services);
    home.add_to_room(&device, room);
}

fn button(home: &mut HomeBuilder, id_v1: &str, control: u32) -> Value {
    json!({
        "button": {
            "button_report": {"event": "short_release", "updated": LAST_REPORT_TIME},
            "event_values": ["initial_press", "repeat", "short_release", "long_release", "long_press"],
            "last_event": "short_release", "repeat_interval": 800,
        },
        "id": home.next_id("button"), "id_v1": id_v1, "metadata": {"control_id": control}, "type": "button",
    })
}

/// Adds a contact sensor on a closed door.
pub(super) fn add_contact_sensor(home: &mut HomeBuilder, name: &str, room: &str) {
    let (mut device, id_v1) = sensor(home, name, ["SOC001", "Hue secure contact sensor", "2.67.9"]);
    // Newer devices have no number in the v1 API.
    if let Some(members) = device.as_object_mut() {
        members.remove("id_v1");
    }
    let services = vec![
        json!({
            "contact_report": {"changed": LAST_REPORT_TIME, "state": "contact"}, "enabled": true, "id": home.next_id("contact"),
            "type": "contact",
        }),
        json!({"id": home.next_id("tamper"), "tamper_reports": [], "type": "tamper"}),
        power(home, &id_v1, 95),
        radio(home, &id_v1),
    ];
    let device = home.add_device(device, services);
    home.add_to_room(&device, room);
}
