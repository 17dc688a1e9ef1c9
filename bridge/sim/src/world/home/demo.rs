//! Defines the demo home, which is the default of the simulator.

use serde_json::json;

use super::Home;
use super::home_builder::{HomeBuilder, SceneSpec};
use super::lamp::Lamp;
use super::lamp::LampKind::{self, Color, Dimmable, Gradient, Plug, ThirdParty, WhiteAmbiance};
use super::sensors;

const fn on(name: &'static str, kind: LampKind, archetype: &'static str, brightness: f64, mirek: i64) -> Lamp<'static> {
    Lamp { name, kind, archetype, on: true, brightness, mirek }
}

const fn off(
    name: &'static str,
    kind: LampKind,
    archetype: &'static str,
    brightness: f64,
    mirek: i64,
) -> Lamp<'static> {
    Lamp { name, kind, archetype, on: false, brightness, mirek }
}

/// The rooms of the demo home, each with the archetype and the lamps that it has.
const DEMO_ROOMS: [(&str, &str, &[Lamp<'static>]); 5] = [
    (
        "Living room",
        "living_room",
        &[
            on("Sofa lamp", Color, "table_shade", 60.0, 366),
            on("Floor lamp", Color, "floor_shade", 45.0, 366),
            off("TV strip", Gradient, "hue_lightstrip_tv", 30.0, 366),
            on("Ceiling 1", WhiteAmbiance, "ceiling_round", 80.0, 300),
            on("Ceiling 2", WhiteAmbiance, "ceiling_round", 80.0, 300),
        ],
    ),
    (
        "Kitchen",
        "kitchen",
        &[
            on("Ceiling", WhiteAmbiance, "ceiling_square", 100.0, 233),
            off("Counter strip", ThirdParty, "hue_lightstrip", 70.0, 250),
            off("Coffee machine", Plug, "plug", 100.0, 366),
        ],
    ),
    (
        "Bedroom",
        "bedroom",
        &[
            off("Bedside left", Color, "table_shade", 20.0, 447),
            off("Bedside right", Color, "table_shade", 20.0, 447),
            off("Wardrobe", Dimmable, "recessed_ceiling", 50.0, 366),
        ],
    ),
    (
        "Office",
        "office",
        &[
            on("Desk lamp", Color, "table_shade", 75.0, 233),
            off("Shelf strip", Color, "hue_lightstrip", 40.0, 366),
            off("Window lamp", WhiteAmbiance, "single_spot", 55.0, 343),
        ],
    ),
    (
        "Hallway",
        "hallway",
        &[on("Ceiling", Dimmable, "pendant_round", 35.0, 366), off("Mirror", Dimmable, "wall_lantern", 65.0, 366)],
    ),
];

/// The lamp that is in no room.
const SPARE_LAMP: Lamp<'static> = off("Spare bulb", Color, "sultan_bulb", 100.0, 366);
/// The name of the lamp that is unreachable.
const UNREACHABLE_LAMP: &str = "Window lamp";

const fn white(name: &'static str, brightness: f64, mirek: i64) -> SceneSpec {
    SceneSpec { name, brightness, mirek, colors: &[], dynamic: false }
}

const MOVIE_SCENE: SceneSpec = SceneSpec {
    name: "Movie",
    brightness: 22.0,
    mirek: 454,
    colors: &[(0.2102, 0.1185), (0.3127, 0.1512)],
    dynamic: false,
};
const EVENING_SCENE: SceneSpec = SceneSpec {
    name: "Evening",
    brightness: 40.0,
    mirek: 447,
    colors: &[(0.5614, 0.4058), (0.5022, 0.4466), (0.6008, 0.3611)],
    dynamic: true,
};

/// The scenes that rooms have, by the index of the room.
const DEMO_SCENES: [(usize, SceneSpec); 10] = [
    (0, MOVIE_SCENE),
    (0, white("Relax", 56.0, 447)),
    (0, white("Bright", 100.0, 233)),
    (1, white("Cooking", 100.0, 230)),
    (2, white("Relax", 40.0, 447)),
    (2, white("Nightlight", 1.0, 454)),
    (2, white("Reading", 85.0, 343)),
    (3, white("Concentrate", 100.0, 233)),
    (3, white("Energize", 100.0, 156)),
    (4, white("Nightlight", 5.0, 454)),
];

pub(super) fn home() -> Home {
    let mut home = HomeBuilder::new();
    let rooms = DEMO_ROOMS.map(|(name, archetype, lamps)| {
        let room = home.add_room(name, archetype);
        let lights: Vec<String> = lamps.iter().map(|lamp| add_lamp(&mut home, &room, *lamp)).collect();
        (room, lights)
    });
    home.add_lamp(None, SPARE_LAMP);
    sensors::add_motion_sensor(&mut home, "Hallway sensor", &rooms[4].0);
    sensors::add_dimmer_switch(&mut home, "Bedroom switch", &rooms[2].0);
    sensors::add_contact_sensor(&mut home, "Front door", &rooms[4].0);
    let downstairs = [&rooms[0].1[..], &rooms[1].1[..], &rooms[4].1[..]].concat();
    let downstairs = home.add_zone("Downstairs", "downstairs", &downstairs);
    let corner = home.add_zone("Reading corner", "reading", &rooms[0].1[..2]);
    let scenes = DEMO_SCENES.map(|(room, spec)| home.add_scene("room", &rooms[room].0, spec));
    home.add_scene("zone", &downstairs, EVENING_SCENE);
    home.add_scene("zone", &corner, white("Reading", 90.0, 300));
    add_smart_scene(&mut home, &rooms[0].0, &scenes[1], &scenes[2]);
    home.build()
}

fn add_lamp(home: &mut HomeBuilder, room: &str, lamp: Lamp<'_>) -> String {
    let light = home.add_lamp(Some(room), lamp);
    if lamp.name == UNREACHABLE_LAMP {
        home.make_unreachable(&light);
    }
    light
}

/// Adds a smart scene that is bright by day and relaxed in the evening.
fn add_smart_scene(home: &mut HomeBuilder, room: &str, evening: &str, day: &str) {
    let id = home.next_id("smart_scene");
    let slot = |hour: u32, scene: &str| {
        let start = json!({"kind": "time", "time": {"hour": hour, "minute": 0, "second": 0}});
        json!({"start_time": start, "target": {"rid": scene, "rtype": "scene"}})
    };
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    home.add(json!({
        "active_timeslot": {"timeslot_id": 1, "weekday": "monday"}, "group": {"rid": room, "rtype": "room"}, "id": id,
        "metadata": {"name": "Through the day"}, "state": "inactive", "transition_duration": 60_000, "type": "smart_scene",
        "week_timeslots": [{"recurrence": week, "timeslots": [slot(7, day), slot(19, evening)]}],
    }));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    fn resources() -> Vec<Value> {
        home().into_resources()
    }

    #[test]
    fn seventeen_lights_stand_in_five_rooms_and_none() {
        let resources = resources();
        let count = |rtype: &str| resources.iter().filter(|it| it["type"] == rtype).count();
        assert_eq!([count("light"), count("room"), count("zone"), count("scene")], [17, 5, 2, 12]);
        assert_eq!(count("grouped_light"), 5 + 2 + 1);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let resources = resources();
        let known: HashSet<_> = resources.iter().map(|it| (it["type"].to_string(), it["id"].to_string())).collect();
        let mut open: Vec<&Value> = resources.iter().collect();
        while let Some(value) = open.pop() {
            if value.get("rid").is_some() {
                assert!(
                    known.contains(&(value["rtype"].to_string(), value["rid"].to_string())),
                    "{value} leads nowhere"
                );
            }
            open.extend(value.as_object().into_iter().flat_map(|members| members.values()));
            open.extend(value.as_array().into_iter().flatten());
        }
    }

    #[test]
    fn it_is_the_same_every_time() {
        assert_eq!(home(), home());
    }
}
