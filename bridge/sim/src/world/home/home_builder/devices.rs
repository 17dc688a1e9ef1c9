//! The devices of lamps, the bridge itself, and the resources that every bridge has.

use serde_json::{Value, json};

use super::HomeBuilder;
use crate::product::{API_VERSION, MANUFACTURER_NAME, MODEL_ID, SOFTWARE_VERSION};
use crate::world::RESOURCE_TYPES;
use crate::world::home::lamp::{Lamp, LampKind, Product};

/// Makes a device without its services; `platform` is the hardware platform that only Signify's devices report.
pub(in crate::world::home) fn device(
    name: &str,
    archetype: &str,
    id_v1: &str,
    product: &Product,
    platform: &str,
) -> Value {
    let [model, product, manufacturer, software] = product.0;
    let certified = manufacturer == MANUFACTURER_NAME;
    let mut data = json!({
        "certified": certified, "manufacturer_name": manufacturer, "model_id": model, "product_archetype": archetype,
        "product_name": product, "software_version": software,
    });
    if certified {
        data["hardware_platform_type"] = json!(platform);
    }
    json!({
        "id_v1": id_v1, "identify": {}, "metadata": {"archetype": archetype, "name": name}, "product_data": data,
        "type": "device",
    })
}

/// Makes the device of a lamp and its services; the light with this id is the first service.
pub(super) fn lamp(home: &mut HomeBuilder, light_id: &str, lamp: Lamp<'_>) -> (Value, Vec<Value>) {
    let id_v1 = format!("/lights/{}", home.next_number("light_v1"));
    let mut light = lamp.to_json();
    light["id"] = json!(light_id);
    light["id_v1"] = json!(id_v1);
    let mut services = vec![light, radio(home, &id_v1)];
    if lamp.kind.has_color() {
        services.push(entertainment(home, &id_v1, light_id));
    }
    if lamp.kind != LampKind::ThirdParty {
        services.push(software_update(home));
    }
    (device(lamp.name, lamp.archetype, &id_v1, &lamp.kind.product(), "100b-114"), services)
}

/// Makes the `zigbee_connectivity` of a device, reachable.
pub(in crate::world::home) fn radio(home: &mut HomeBuilder, id_v1: &str) -> Value {
    let number = home.next_number("mac");
    let mac = format!("00:17:88:01:0b:5e:{:02x}:{:02x}", number / 256, number % 256);
    json!({
        "id": home.next_id("zigbee_connectivity"), "id_v1": id_v1, "mac_address": mac, "status": "connected",
        "type": "zigbee_connectivity",
    })
}

pub(in crate::world::home) fn software_update(home: &mut HomeBuilder) -> Value {
    json!({"id": home.next_id("device_software_update"), "problems": [], "state": "no_update", "type": "device_software_update"})
}

fn entertainment(home: &mut HomeBuilder, id_v1: &str, light: &str) -> Value {
    json!({
        "equalizer": true, "id": home.next_id("entertainment"), "id_v1": id_v1, "proxy": true, "renderer": true,
        "renderer_reference": {"rid": light, "rtype": "light"}, "type": "entertainment",
        "segments": {"configurable": false, "max_segments": 1, "segments": [{"length": 1, "start": 0}]},
    })
}

/// Adds the bridge, the home, and the resources that every bridge has.
pub(super) fn add_bridge(home: &mut HomeBuilder) {
    let version = format!("{}.{SOFTWARE_VERSION}", API_VERSION.trim_end_matches(".0"));
    let device = json!({
        "identify": {}, "metadata": {"archetype": "bridge_v2", "name": "Hue Bridge"}, "type": "device",
        "product_data": {
            "certified": true, "manufacturer_name": MANUFACTURER_NAME, "model_id": MODEL_ID,
            "product_archetype": "bridge_v2", "product_name": "Hue Bridge", "software_version": version,
        },
    });
    let bridge = json!({
        "bridge_id": "", "id": home.next_id("bridge"), "time_zone": {"time_zone": "Europe/Amsterdam"}, "type": "bridge",
    });
    let discovery = json!({
        "action": {"action_type_values": ["search", "search_allow_default_link_key"]}, "add_install_codes": {},
        "id": home.next_id("zigbee_device_discovery"), "status": "ready", "type": "zigbee_device_discovery",
    });
    home.add_device(device, vec![bridge, discovery]);
    let id = home.next_id("bridge_home");
    home.add(json!({"children": [], "id": id, "id_v1": "/groups/0", "services": [], "type": "bridge_home"}));
    add_independent_resources(home);
}

/// Adds the resources that belong to no device.
fn add_independent_resources(home: &mut HomeBuilder) {
    let id = home.next_id("geolocation");
    let sun = json!({"day_type": "normal_day", "sunset_time": "21:37:00"});
    home.add(json!({"id": id, "is_configured": true, "sun_today": sun, "type": "geolocation"}));
    let id = home.next_id("matter");
    home.add(json!({
        "has_qr_code": true, "id": id, "max_fabrics": 16, "software_version_string": "1.4.2", "type": "matter",
    }));
    let id = home.next_id("geofence_client");
    home.add(json!({"id": id, "name": "A telephone", "type": "geofence_client"}));
    add_automation(home);
    let id = home.next_id("clip");
    home.add(json!({"id": id, "resources": RESOURCE_TYPES, "type": "clip"}));
}

/// Adds a script of the bridge, and an automation that runs it.
fn add_automation(home: &mut HomeBuilder) {
    let script = home.next_id("behavior_script");
    home.add(json!({
        "configuration_schema": {"$ref": "wake_up_config.json#"}, "description": "Get your body in the mood to wake up",
        "id": script, "metadata": {"category": "automation", "name": "Basic wake up routine"}, "state_schema": {},
        "supported_features": ["style_sunrise"], "trigger_schema": {"$ref": "trigger.json#"},
        "type": "behavior_script", "version": "0.0.1",
    }));
    let id = home.next_id("behavior_instance");
    home.add(json!({
        "configuration": {"end_brightness": 100.0, "when": {"time_point": {"time": {"hour": 7, "minute": 0}, "type": "time"}}},
        "dependees": [], "enabled": true, "id": id, "last_error": "", "metadata": {"name": "Wake up"},
        "script_id": script, "status": "running", "type": "behavior_instance",
    }));
}
