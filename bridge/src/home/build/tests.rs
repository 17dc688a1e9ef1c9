//! Tests of the conversion from CLIP resources to a home.

use serde_json::json;

use super::*;
use crate::{
    home::{Reading, SceneStatus},
    testing::{documents, pointers},
};

/// The members whose texts are no enumerations.
const FREE_TEXT_MEMBERS: [&str; 6] = ["id", "type", "rid", "rtype", "name", "bridge_id"];

/// Counts what a home has.
fn counts(home: &Home) -> [usize; 5] {
    [home.lights.len(), home.groups.len(), home.scenes.len(), home.devices.len(), home.sensors.len()]
}

fn resources(values: &[Value]) -> Resources {
    values.iter().map(|value| (value["id"].as_str().unwrap_or_default().to_owned(), value.clone())).collect()
}

fn bulb() -> Value {
    json!({
        "id": "l1", "id_v1": "/lights/3", "type": "light", "owner": {"rid": "d1", "rtype": "device"},
        "metadata": {"name": "Desk", "archetype": "sultan_bulb"}, "on": {"on": true},
        "dimming": {"brightness": 81.03, "min_dim_level": 0.2},
        "color_temperature": {"mirek": null, "mirek_valid": false,
            "mirek_schema": {"mirek_minimum": 153, "mirek_maximum": 454}},
        "color": {"xy": {"x": 0.5, "y": 0.4}, "gamut_type": "C", "gamut": {
            "red": {"x": 0.6915, "y": 0.3083}, "green": {"x": 0.17, "y": 0.7}, "blue": {"x": 0.1532, "y": 0.0475}}},
        "effects_v2": {"action": {"effect_values": ["no_effect", "candle"]}, "status": {"effect": "candle"}},
        "some_new_thing": [1, 2, 3]
    })
}

fn sample() -> Resources {
    resources(&[
        bulb(),
        json!({"id": "l2", "type": "light", "owner": {"rid": "d2", "rtype": "device"}, "on": {"on": false}}),
        json!({"id": "d1", "type": "device", "metadata": {"name": "Desk"},
            "product_data": {"model_id": "LCA001", "product_name": "Hue color lamp", "software_version": "1.2"}}),
        json!({"id": "d2", "type": "device", "metadata": {"name": "Plug"}}),
        json!({"id": "z1", "type": "zigbee_connectivity", "owner": {"rid": "d1"}, "status": "connectivity_issue"}),
        json!({"id": "r1", "id_v1": "/groups/5", "type": "room", "metadata": {"name": "Office"},
            "children": [{"rid": "d1", "rtype": "device"}], "services": [{"rid": "g1", "rtype": "grouped_light"}]}),
        json!({"id": "zo1", "type": "zone", "metadata": {"name": "Work"}, "children": [{"rid": "l1", "rtype": "light"}]}),
        json!({"id": "g1", "type": "grouped_light", "owner": {"rid": "r1"}, "on": {"on": true}}),
        json!({"id": "h", "type": "bridge_home", "children": []}),
        json!({"id": "s1", "type": "scene", "metadata": {"name": "Relax"}, "group": {"rid": "r1"},
            "status": {"active": "static"},
            "actions": [{"target": {"rid": "l1"}, "action": {"on": {"on": true}, "dimming": {"brightness": 30.0}}}]}),
        json!({"id": "t1", "type": "temperature", "owner": {"rid": "d2"}, "enabled": true,
            "temperature": {"temperature": 21.5, "temperature_valid": true,
                "temperature_report": {"changed": "2026-07-27T18:50:19.724Z", "temperature": 22.55}}}),
        json!({"id": "lv", "type": "light_level", "owner": {"rid": "d2"}, "light": {"light_level": 20001}}),
    ])
}

#[test]
fn references_are_resolved() {
    let home = home(&sample());
    let light = home.light(&Id::new("l1")).expect("the light");
    assert_eq!(
        (light.number, light.room.as_deref(), &light.zones[..]),
        (Some(3), Some("Office"), &["Work".to_owned()][..])
    );
    assert_eq!(light.reachability, Reachability::Unreachable("connectivity_issue".to_owned()));
    assert_eq!((light.state.mirek, light.state.effect.as_deref()), (None, Some("candle")));
    assert_eq!((light.can.mirek, light.can.effects_v2), (Some((153, 454)), true));
    let room = home.group(&Id::new("r1")).expect("the room");
    assert_eq!((room.lights.len(), room.grouped_light.as_ref().map(Id::as_str)), (1, Some("g1")));
    assert_eq!(home.group(&Id::new("h")).map(|group| (group.name.as_str(), group.lights.len())), Some(("all", 2)));
    let scene = home.scene(&Id::new("s1")).expect("the scene");
    assert_eq!((&scene.status, scene.actions[0].1.brightness), (&SceneStatus::Active, Some(30.0)));
}

#[test]
fn a_light_without_a_name_has_that_of_its_device() {
    let home = home(&sample());
    assert_eq!(home.light(&Id::new("l2")).map(|light| light.name.as_str()), Some("Plug"));
}

#[test]
fn sensors_say_what_they_sense() {
    let home = home(&sample());
    let reading = |id: &str| home.sensors.iter().find(|sensor| sensor.id.as_str() == id).map(|it| it.reading.clone());
    assert_eq!(reading("t1"), Some(Reading::Temperature(22.55)));
    assert!(matches!(reading("lv"), Some(Reading::LightLevel(lux)) if (lux - 100.0).abs() < 0.01));
}

#[test]
fn nonsense_in_one_field_costs_that_field_only() {
    for (path, nonsense) in [
        ("/dimming/brightness", json!("bright")),
        ("/color", json!(7)),
        ("/color/gamut", json!([])),
        ("/color_temperature/mirek_schema", json!({"mirek_minimum": 0, "mirek_maximum": 65535})),
        ("/effects_v2", json!(null)),
        ("/owner", json!("me")),
        ("/metadata", json!(false)),
        ("/id_v1", json!("")),
        ("/on", json!([])),
    ] {
        let mut light = bulb();
        *light.pointer_mut(path).expect("the field") = nonsense;
        let home = home(&resources(&[light]));
        assert_eq!(home.lights.len(), 1, "{path}");
    }
}

#[test]
fn a_lamp_with_an_impossible_range_has_the_ordinary_one() {
    let mut light = bulb();
    light["color_temperature"]["mirek_schema"] = json!({"mirek_minimum": 0, "mirek_maximum": 65535});
    assert_eq!(home(&resources(&[light])).lights[0].can.mirek, Some((153, 500)));
}

#[test]
fn anything_at_all_becomes_some_home() {
    let kinds = [
        "light",
        "room",
        "zone",
        "bridge_home",
        "grouped_light",
        "scene",
        "smart_scene",
        "device",
        "bridge",
        "motion",
        "button",
        "contact",
        "light_level",
        "relative_rotary",
        "zigbee_connectivity",
        "device_power",
        "tamper",
    ];
    let bodies = [
        json!({}),
        json!({"children": 1, "actions": [1, {"target": 3}], "owner": [], "motion": "x",
        "light": {"light_level": "x"}, "contact_report": 5, "button": [], "metadata": {"name": 4}}),
    ];
    for kind in kinds {
        for body in &bodies {
            let mut value = body.clone();
            value["id"] = json!("x");
            value["type"] = json!(kind);
            let _ = home(&resources(&[value]));
        }
    }
}

#[test]
fn an_unknown_word_in_any_enumerated_member_costs_no_resource() {
    let sound = Value::from(documents());
    let before = home(&resources(&documents()));
    let is_free = |pointer: &str| FREE_TEXT_MEMBERS.iter().any(|name| pointer.ends_with(&format!("/{name}")));
    let words: Vec<String> = pointers(&sound)
        .into_iter()
        .filter(|pointer| sound.pointer(pointer).is_some_and(Value::is_string) && !is_free(pointer))
        .collect();
    assert!(words.len() > 20, "{words:?}");
    for pointer in words {
        let mut document = sound.clone();
        *document.pointer_mut(&pointer).expect("a word") = json!("unheard_of");
        let changed = home(&resources(document.as_array().expect("a list")));
        assert_eq!(counts(&changed), counts(&before), "{pointer}");
        assert!(changed.lights.iter().all(|light| !light.is_unreachable()), "{pointer}");
    }
}

#[test]
fn a_list_that_is_left_out_costs_no_resource() {
    let sound = Value::from(documents());
    let before = home(&resources(&documents()));
    let lists = pointers(&sound).into_iter().filter(|pointer| sound.pointer(pointer).is_some_and(Value::is_array));
    for pointer in lists {
        let mut document = sound.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a path");
        document.pointer_mut(parent).and_then(Value::as_object_mut).map(|members| members.remove(name));
        let changed = home(&resources(document.as_array().expect("a list")));
        assert_eq!(counts(&changed), counts(&before), "{pointer}");
    }
}

#[test]
fn a_reading_that_is_missing_or_not_valid_is_none() {
    for (kind, body) in [
        ("motion", json!({})),
        ("motion", json!({"motion": {}})),
        ("motion", json!({"motion": {"motion": false, "motion_valid": false}})),
        ("motion", json!({"motion": {"motion_valid": false, "motion_report": {"motion": true}}})),
        ("camera_motion", json!({"motion": {"motion": true, "motion_valid": false}})),
        ("temperature", json!({"temperature": {"temperature": 0.0, "temperature_valid": false}})),
        ("light_level", json!({"light": {"light_level": 1, "light_level_valid": false}})),
        ("contact", json!({"contact_report": {"state": "unheard_of"}})),
    ] {
        let mut sensor = body.clone();
        (sensor["id"], sensor["type"]) = (json!("s"), json!(kind));
        assert_eq!(home(&resources(&[sensor])).sensors[0].reading, Reading::None(kind.to_owned()), "{body}");
    }
}

/// A room with two lights, one of them on, and the group's own word, which comes a second later than the lights'.
fn room_whose_group_says(on: bool) -> Resources {
    resources(&[
        json!({"id": "l1", "type": "light", "owner": {"rid": "d1"}, "on": {"on": !on}, "dimming": {"brightness": 40.0}}),
        json!({"id": "l2", "type": "light", "owner": {"rid": "d2"}, "on": {"on": false}}),
        json!({"id": "r", "type": "room", "children": [{"rid": "d1", "rtype": "device"}, {"rid": "d2", "rtype": "device"}],
            "services": [{"rid": "g", "rtype": "grouped_light"}]}),
        json!({"id": "g", "type": "grouped_light", "owner": {"rid": "r"}, "on": {"on": on}}),
    ])
}

#[test]
fn a_group_is_on_while_one_of_its_lights_is_whatever_its_own_service_says() {
    for own_word in [false, true] {
        let home = home(&room_whose_group_says(own_word));
        let room = home.group(&Id::new("r")).expect("the room");
        let lit = home.lights_of(room).filter(|light| light.state.on).count();
        assert_eq!((room.on, room.brightness.is_some()), (lit > 0, lit > 0), "the service says {own_word}");
    }
}

#[test]
fn a_group_whose_lights_are_not_known_is_as_its_service_says() {
    let resources = resources(&[
        json!({"id": "r", "type": "room", "services": [{"rid": "g", "rtype": "grouped_light"}]}),
        json!({"id": "g", "type": "grouped_light", "on": {"on": true}}),
    ]);
    assert!(home(&resources).group(&Id::new("r")).expect("the room").on);
}

#[test]
fn lights_rooms_and_scenes_are_in_the_order_in_which_people_count() {
    let mut all = Vec::new();
    for (id, number) in [("a", 10), ("b", 9), ("c", 2)] {
        let (device, room) = (format!("d{id}"), format!("r{id}"));
        all.extend([
            json!({"id": id, "type": "light", "owner": {"rid": device}, "metadata": {"name": format!("Light {number}")}}),
            json!({"id": room, "type": "room", "metadata": {"name": format!("room {number}")}, "children": [{"rid": device}]}),
            json!({"id": format!("s{id}"), "type": "scene", "metadata": {"name": format!("Scene {number}")}, "group": {"rid": "ra"}}),
            json!({"id": format!("z{id}"), "type": "zone", "metadata": {"name": format!("Zone {number}")},
                "children": [{"rid": "a"}, {"rid": "b"}, {"rid": "c"}]}),
        ]);
    }
    all.push(json!({"id": "x", "type": "light", "metadata": {"name": "In no room"}}));
    let home = home(&resources(&all));
    let lights: Vec<_> = home.lights.iter().map(|light| light.name.as_str()).collect();
    assert_eq!(lights, ["Light 2", "Light 9", "Light 10", "In no room"]);
    let groups: Vec<_> = home.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(groups, ["room 2", "room 9", "room 10", "Zone 2", "Zone 9", "Zone 10"]);
    let scenes: Vec<_> = home.scenes.iter().map(|scene| scene.name.as_str()).collect();
    assert_eq!(scenes, ["Scene 2", "Scene 9", "Scene 10"]);
    let zone = home.group(&Id::new("za")).expect("the zone");
    let members: Vec<_> = home.lights_of(zone).map(|light| light.name.as_str()).collect();
    assert_eq!(members, ["Light 2", "Light 9", "Light 10"]);
    assert_eq!(home.lights[0].zones, ["Zone 2", "Zone 9", "Zone 10"]);
}
