//! The home of a Bridge Pro on the firmware of 2026, with what newer firmware added.
//!
//! The resources and members are those that aiohue 4.9.0 models, which were verified against a Bridge Pro.

use serde_json::{Value, json};

use super::{Home, demo};
use crate::world::ids;

/// The archetypes that devices and lights may have.
#[rustfmt::skip]
const DEVICE_ARCHETYPES: [&str; 77] = [
    "unknown_archetype", "classic_bulb", "sultan_bulb", "flood_bulb", "spot_bulb", "candle_bulb", "luster_bulb",
    "pendant_round", "pendant_long", "ceiling_round", "ceiling_square", "floor_shade", "floor_lantern", "table_shade",
    "recessed_ceiling", "recessed_floor", "single_spot", "double_spot", "table_wash", "wall_lantern", "wall_shade",
    "flexible_lamp", "ground_spot", "wall_spot", "plug", "hue_go", "hue_lightstrip", "hue_iris", "hue_bloom", "bollard",
    "wall_washer", "hue_play", "vintage_bulb", "christmas_tree", "string_light", "hue_centris", "hue_lightstrip_tv",
    "hue_lightstrip_pc", "hue_tube", "hue_signe", "pendant_spot", "ceiling_horizontal", "ceiling_tube", "hue_chime",
    "vintage_candle_bulb", "ellipse_bulb", "triangle_bulb", "small_globe_bulb", "large_globe_bulb", "edison_bulb",
    "up_and_down", "up_and_down_up", "up_and_down_down", "hue_floodlight_camera", "twilight", "twilight_front",
    "twilight_back", "hue_play_wallwasher", "hue_omniglow", "hue_omniglow_arc", "hue_neon", "hue_flux_arc", "hue_go_xxl",
    "hue_switch_module", "string_globe", "string_permanent", "string_icicle", "string_grid", "string_net", "rigid_tube",
    "flexible_tube", "pendant_tube", "vertical_tube", "recessed_ceiling_tube", "panels", "wall_rectangle", "bridge_v3",
];
/// The types of services that no resource describes: firmware only refers to them.
const REFERENCE_ONLY_TYPES: [&str; 3] = ["motion_area_candidate", "recipe", "taurus_7455"];

/// Returns the demo home as a Bridge Pro has it. The ids are those of the demo home, as they are after a migration.
pub(super) fn home() -> Home {
    let mut resources = demo::home().0;
    for (index, resource) in resources.iter_mut().enumerate() {
        match resource["type"].as_str() {
            Some("light") => update_light(resource, DEVICE_ARCHETYPES[index % DEVICE_ARCHETYPES.len()]),
            Some("device") => update_device(resource, DEVICE_ARCHETYPES[index % DEVICE_ARCHETYPES.len()]),
            Some("scene") => update_scene(resource),
            // The last report may be of any age.
            Some("motion") => resource["motion"]["motion_valid"] = json!(false),
            Some("room" | "zone") => resource["geometry"] = json!({"objects": []}),
            _ => {}
        }
    }
    let added = [motion_areas(&resources), entertainment_area(&resources), other_resources(&resources)].concat();
    resources.extend(added);
    Home(resources)
}

fn update_light(light: &mut Value, archetype: &str) {
    light["metadata"]["archetype"] = json!(archetype);
    light["metadata"]["function"] = json!("mixed");
    light["product_data"] = json!({"archetype": archetype, "function": "mixed"});
    light["geometry"] = json!({"pixel_positions": [{"index": 0, "position": {"x": 0.9, "y": 1.3, "z": 0.9}}]});
    light["content_configuration"] = json!({
        "association": {"association": "not_associated", "configurable": true, "status": "set"},
        "order": {"configurable": true, "order": "forward", "status": "changing"},
        "orientation": {"configurable": true, "orientation": "horizontal", "status": "set"},
    });
    if light.get("gradient").is_some() {
        light["gradient"]["mode"] = json!("segmented_palette");
    }
}

fn update_device(device: &mut Value, archetype: &str) {
    device["geometry"] = json!({"objects": []});
    device["usertest"] = json!({"status": "set", "usertest": false});
    if device["product_data"]["product_archetype"] == "bridge_v2" {
        device["metadata"]["archetype"] = json!("bridge_v3");
        device["product_data"]["product_archetype"] = json!("bridge_v3");
        device["product_data"]["model_id"] = json!("BSB003");
    } else {
        device["metadata"]["archetype"] = json!(archetype);
        let services = REFERENCE_ONLY_TYPES.map(|rtype| json!({"rid": ids::named(rtype, archetype), "rtype": rtype}));
        if let Some(list) = device["services"].as_array_mut() {
            list.extend(services);
        }
    }
}

fn update_scene(scene: &mut Value) {
    // The bridge itself changes scenes when lamps come or go.
    scene["last_actions_update"] = json!({"source": "autogrow"});
    scene["mapping"] = json!({"algorithm": "spatial"});
}

/// Makes an area that senses motion by its lamps: its configuration, and two services without `motion`.
fn motion_areas(resources: &[Value]) -> Vec<Value> {
    let id = ids::named("motion_area_configuration", "1");
    let services = ["convenience_area_motion", "security_area_motion"].map(|rtype| {
        json!({
            "enabled": true, "id": ids::named(rtype, "1"), "owner": {"rid": id, "rtype": "motion_area_configuration"},
            "sensitivity": {"sensitivity": 2, "sensitivity_max": 4, "status": "set"}, "type": rtype,
        })
    });
    let references = services.each_ref().map(reference);
    let area = json!({
        "enabled": true, "group": references_of(resources, "room", 1)[0], "health": "recovering", "id": id,
        "name": "Motion area", "participants": [], "services": references, "type": "motion_area_configuration",
    });
    [vec![area], services.to_vec()].concat()
}

/// Makes an entertainment area that holds lamps.
fn entertainment_area(resources: &[Value]) -> Vec<Value> {
    let position = json!({"x": 0.4, "y": 0.8, "z": 0.0});
    let services = references_of(resources, "entertainment", 3);
    let channels: Vec<_> = services
        .iter()
        .enumerate()
        .map(|(id, service)| {
            json!({"channel_id": id, "members": [{"index": 0, "service": service}], "position": position})
        })
        .collect();
    let locations: Vec<_> =
        services.iter().map(|it| json!({"position": position, "positions": [position], "service": it})).collect();
    vec![json!({
        "channels": channels, "configuration_type": "screen", "id": ids::named("entertainment_configuration", "1"),
        "id_v1": "/groups/200", "light_services": references_of(resources, "light", 3),
        "locations": {"service_locations": locations}, "metadata": {"name": "Screen"}, "name": "Screen",
        "status": "inactive", "stream_proxy": {"mode": "auto", "node": services[0]}, "type": "entertainment_configuration",
    })]
}

/// Makes the other resources that came with the Bridge Pro.
fn other_resources(resources: &[Value]) -> Vec<Value> {
    let owner = &references_of(resources, "device", 1)[0];
    let sensors = references_of(resources, "motion", 1);
    vec![
        json!({"children": sensors, "id": ids::named("service_group", "1"), "metadata": {"name": "Sensors"},
            "services": [], "type": "service_group"}),
        json!({"id": ids::named("speaker", "1"), "mute": {"mute": "mute", "status": "set"}, "owner": owner, "type": "speaker"}),
        json!({"id": ids::named("bell_button", "1"), "owner": owner, "type": "bell_button"}),
        json!({"id": ids::named("switch_input_configuration", "1"), "owner": owner, "type": "switch_input_configuration"}),
        json!({"id": ids::named("zgp_connectivity", "1"), "owner": owner, "status": "connected", "type": "zgp_connectivity"}),
        json!({"enabled": true, "id": ids::named("camera_motion", "1"), "motion": {"motion": false, "motion_valid": false},
            "owner": owner, "type": "camera_motion"}),
    ]
}

fn reference(resource: &Value) -> Value {
    json!({"rid": resource["id"], "rtype": resource["type"]})
}

/// Returns references to the first resources of a type.
fn references_of(resources: &[Value], rtype: &str, count: usize) -> Vec<Value> {
    resources.iter().filter(|resource| resource["type"] == rtype).take(count).map(reference).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::world::RESOURCE_TYPES;

    #[test]
    fn every_resource_has_its_own_id_and_a_type_that_the_firmware_lists() {
        let resources = home().0;
        let ids: HashSet<_> = resources.iter().map(|resource| resource["id"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), resources.len());
        let types = resources.iter().filter_map(|resource| resource["type"].as_str());
        assert!(types.into_iter().all(|rtype| RESOURCE_TYPES.contains(&rtype)));
    }

    #[test]
    fn the_lights_keep_the_ids_of_the_demo_home() {
        let ids = |home: Home| references_of(&home.0, "light", usize::MAX);
        assert_eq!(ids(home()), ids(demo::home()));
    }

    #[test]
    fn the_entertainment_area_holds_lamps_and_the_motion_area_tells_no_motion() {
        let resources = home().0;
        let of = |rtype: &str| resources.iter().find(|resource| resource["type"] == rtype).expect("a resource");
        assert_eq!(of("entertainment_configuration")["channels"].as_array().map(Vec::len), Some(3));
        assert!(of("convenience_area_motion").get("motion").is_none());
        assert_eq!(of("motion")["motion"]["motion_valid"], false);
    }
}
