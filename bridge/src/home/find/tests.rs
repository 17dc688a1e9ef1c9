use super::*;
use crate::home::{Light, LightState, Reachability, Scene, SceneStatus};

fn light(id: &str, name: &str, room: Option<&str>, number: Option<u32>) -> Light {
    Light {
        id: Id::new(id),
        number,
        name: name.to_owned(),
        room_id: room.map(Id::new),
        room: room.map(str::to_owned),
        zones: Vec::new(),
        device_id: Id::new(format!("device-{id}")),
        archetype: None,
        product_name: None,
        model_id: None,
        reachability: Reachability::Connected,
        can: crate::home::Capabilities::default(),
        state: LightState::default(),
    }
}

fn group(id: &str, name: &str, kind: GroupKind, lights: &[&str]) -> Group {
    Group {
        id: Id::new(id),
        number: None,
        name: name.to_owned(),
        kind,
        archetype: None,
        lights: lights.iter().map(Id::new).collect(),
        grouped_light: None,
        on: false,
        brightness: None,
    }
}

fn scene(id: &str, name: &str, group: &str) -> Scene {
    Scene {
        id: Id::new(id),
        name: name.to_owned(),
        group_id: Id::new(group),
        group: Some(group.to_owned()),
        status: SceneStatus::Inactive,
        smart: false,
        auto_dynamic: false,
        actions: Vec::new(),
        last_recall: None,
    }
}

fn home() -> Home {
    Home {
        lights: vec![
            light("l1", "Desk", Some("office"), Some(3)),
            light("l2", "Desk lamp", Some("office"), Some(4)),
            light("l3", "Ceiling", Some("office"), None),
            light("l4", "Ceiling", Some("kitchen"), None),
            light("l5", "Küchen-Spot 1", Some("kitchen"), None),
            light("l6", "5", None, Some(6)),
            light("l7", "Left/right", None, Some(5)),
        ],
        groups: vec![
            group("home", "all", GroupKind::Home, &["l1", "l2", "l3", "l4", "l5", "l6", "l7"]),
            group("office", "Office", GroupKind::Room, &["l1", "l2", "l3"]),
            group("kitchen", "Kitchen", GroupKind::Room, &["l4", "l5"]),
            group("evening", "Evening", GroupKind::Zone, &["l3", "l5"]),
        ],
        scenes: vec![
            scene("s1", "Relax", "office"),
            scene("s2", "Relax", "kitchen"),
            scene("s3", "Movie night", "office"),
        ],
        ..Home::default()
    }
}

fn found(query: &str, kinds: Kinds, within: Option<&str>) -> String {
    match home().find(query, kinds, within) {
        Ok(candidate) => candidate.id.to_string(),
        Err(error) => panic!("{query}: {error:?}"),
    }
}

fn ids(candidates: &[Candidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.id.as_str()).collect()
}

#[test]
fn an_exact_name_beats_names_that_begin_so() {
    assert_eq!(found("desk", Kinds::LIGHTS, None), "l1");
    assert_eq!(found("DESK  Lamp", Kinds::LIGHTS, None), "l2");
}

#[test]
fn case_accents_spaces_and_punctuation_do_not_matter() {
    for query in ["kuchenspot1", "KÜCHEN SPOT 1", "ku\u{308}chen-spot 1", "küchen–spot_1"] {
        assert_eq!(found(query, Kinds::LIGHTS, None), "l5", "{query}");
    }
}

#[test]
fn a_unique_beginning_or_a_unique_part_is_enough() {
    assert_eq!(found("movie", Kinds::SCENES, None), "s3");
    assert_eq!(found("night", Kinds::SCENES, None), "s3");
    assert_eq!(found("even", Kinds::GROUPS, None), "evening");
}

#[test]
fn two_of_the_same_name_are_ambiguous_and_shown_with_their_rooms() {
    let Err(FindError::Ambiguous(candidates)) = home().find("ceiling", Kinds::LIGHTS, None) else {
        panic!("two lights are called Ceiling")
    };
    assert_eq!(ids(&candidates), ["l3", "l4"]);
    assert_eq!(candidates[1].room.as_deref(), Some("kitchen"));
}

#[test]
fn a_room_decides_between_them() {
    assert_eq!(found("ceiling", Kinds::LIGHTS, Some("kitchen")), "l4");
    assert_eq!(found("Office / ceiling", Kinds::LIGHTS, None), "l3");
    assert_eq!(found("kitchen/relax", Kinds::SCENES, None), "s2");
    assert_eq!(found("ceiling", Kinds::LIGHTS, Some("evening")), "l3");
}

#[test]
fn a_name_with_a_slash_is_still_a_name() {
    assert_eq!(found("left/right", Kinds::LIGHTS, None), "l7");
}

#[test]
fn ids_and_numbers_find_too_and_a_name_beats_a_number() {
    assert_eq!(found("l4", Kinds::ALL, None), "l4");
    assert_eq!(found("3", Kinds::LIGHTS, None), "l1");
    assert_eq!(found("5", Kinds::LIGHTS, None), "l6");
}

#[test]
fn all_must_be_said() {
    assert_eq!(found("all", Kinds::GROUPS, None), "home");
    assert_eq!(found("All", Kinds::ALL, None), "home");
    assert!(home().find("al", Kinds::GROUPS, None).is_err());
    assert!(home().find("all", Kinds::LIGHTS, None).is_err());
}

#[test]
fn a_near_miss_is_an_error_with_the_nearest_first() {
    let Err(FindError::NotFound(candidates)) = home().find("dask", Kinds::LIGHTS, None) else {
        panic!("nothing is called so")
    };
    assert_eq!(ids(&candidates)[0], "l1");
    assert!(candidates.len() <= 5);
}

#[test]
fn an_unknown_room_is_an_error_with_rooms() {
    let Err(FindError::NotFound(candidates)) = home().find("ceiling", Kinds::LIGHTS, Some("kitchn")) else {
        panic!("no such room")
    };
    assert_eq!(ids(&candidates)[0], "kitchen");
}

#[test]
fn nothing_is_found_by_nothing() {
    for query in ["", "  ", "/", "//", "\u{0}"] {
        assert!(home().find(query, Kinds::ALL, None).is_err(), "{query:?}");
    }
    assert!(home().find(&"x".repeat(100_000), Kinds::ALL, None).is_err());
}
