//! Devices around the lights: lamps as hardware, and the bridge itself.

use serde_json::{Value, json};

use super::furnish::Furnisher;
use super::lamp::{Kind, Lamp, Product};
use crate::clip::TYPES;
use crate::pairing::{API_VERSION, MODEL, SOFTWARE};

/// A device without its services; `platform` is the hardware that Signify's own devices tell.
pub(super) fn product(name: &str, archetype: &str, id_v1: &str, product: &Product, platform: &str) -> Value {
    let [model, product, manufacturer, software] = product.0;
    let certified = manufacturer.starts_with("Signify");
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

/// The device of a lamp and its services, the light with this id first.
pub(super) fn lamp(home: &mut Furnisher, light_id: &str, lamp: Lamp<'_>) -> (Value, Vec<Value>) {
    let id_v1 = format!("/lights/{}", home.number("light_v1"));
    let mut light = lamp.to_json();
    light["id"] = json!(light_id);
    light["id_v1"] = json!(id_v1);
    let mut services = vec![light, radio(home, &id_v1)];
    if lamp.kind.has_color() {
        services.push(entertainment(home, &id_v1, light_id));
    }
    if lamp.kind != Kind::ThirdParty {
        services.push(software_update(home));
    }
    (product(lamp.name, lamp.archetype, &id_v1, &lamp.kind.product(), "100b-114"), services)
}

/// The radio of a device, within reach.
pub(super) fn radio(home: &mut Furnisher, id_v1: &str) -> Value {
    let number = home.number("mac");
    let mac = format!("00:17:88:01:0b:5e:{:02x}:{:02x}", number / 256, number % 256);
    json!({
        "id": home.id("zigbee_connectivity"), "id_v1": id_v1, "mac_address": mac, "status": "connected",
        "type": "zigbee_connectivity",
    })
}

pub(super) fn software_update(home: &mut Furnisher) -> Value {
    json!({"id": home.id("device_software_update"), "problems": [], "state": "no_update", "type": "device_software_update"})
}

fn entertainment(home: &mut Furnisher, id_v1: &str, light: &str) -> Value {
    json!({
        "equalizer": true, "id": home.id("entertainment"), "id_v1": id_v1, "proxy": true, "renderer": true,
        "renderer_reference": {"rid": light, "rtype": "light"}, "type": "entertainment",
        "segments": {"configurable": false, "max_segments": 1, "segments": [{"length": 1, "start": 0}]},
    })
}

/// The bridge, the home it stands in, and the resources that every bridge has.
pub(super) fn bridge(home: &mut Furnisher) {
    let version = format!("{}.{SOFTWARE}", API_VERSION.trim_end_matches(".0"));
    let device = json!({
        "identify": {}, "metadata": {"archetype": "bridge_v2", "name": "Hue Bridge"}, "type": "device",
        "product_data": {
            "certified": true, "manufacturer_name": "Signify Netherlands B.V.", "model_id": MODEL,
            "product_archetype": "bridge_v2", "product_name": "Hue Bridge", "software_version": version,
        },
    });
    let bridge = json!({
        "bridge_id": "", "id": home.id("bridge"), "time_zone": {"time_zone": "Europe/Amsterdam"}, "type": "bridge",
    });
    let discovery = json!({
        "action": {"action_type_values": ["search", "search_allow_default_link_key"]}, "add_install_codes": {},
        "id": home.id("zigbee_device_discovery"), "status": "ready", "type": "zigbee_device_discovery",
    });
    home.device(device, vec![bridge, discovery]);
    let id = home.id("bridge_home");
    home.add(json!({"children": [], "id": id, "id_v1": "/groups/0", "services": [], "type": "bridge_home"}));
    furniture(home);
}

/// Resources that stand for themselves.
fn furniture(home: &mut Furnisher) {
    let id = home.id("geolocation");
    let sun = json!({"day_type": "normal_day", "sunset_time": "21:37:00"});
    home.add(json!({"id": id, "is_configured": true, "sun_today": sun, "type": "geolocation"}));
    let id = home.id("matter");
    home.add(json!({
        "has_qr_code": true, "id": id, "max_fabrics": 16, "software_version_string": "1.4.2", "type": "matter",
    }));
    let id = home.id("geofence_client");
    home.add(json!({"id": id, "name": "A telephone", "type": "geofence_client"}));
    automation(home);
    let id = home.id("clip");
    home.add(json!({"id": id, "resources": TYPES, "type": "clip"}));
}

/// A script that the bridge brings along, and what somebody made of it.
fn automation(home: &mut Furnisher) {
    let script = home.id("behavior_script");
    home.add(json!({
        "configuration_schema": {"$ref": "wake_up_config.json#"}, "description": "Get your body in the mood to wake up",
        "id": script, "metadata": {"category": "automation", "name": "Basic wake up routine"}, "state_schema": {},
        "supported_features": ["style_sunrise"], "trigger_schema": {"$ref": "trigger.json#"},
        "type": "behavior_script", "version": "0.0.1",
    }));
    let id = home.id("behavior_instance");
    home.add(json!({
        "configuration": {"end_brightness": 100.0, "when": {"time_point": {"time": {"hour": 7, "minute": 0}, "type": "time"}}},
        "dependees": [], "enabled": true, "id": id, "last_error": "", "metadata": {"name": "Wake up"},
        "script_id": script, "status": "running", "type": "behavior_instance",
    }));
}
