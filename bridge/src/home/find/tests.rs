//! Checks the resolver against `cases.json`: the table that the SDK's fake host passes too.

use serde_json::{Value, json};

use super::*;
use crate::home::{Group, Light, Scene, build, samples};

/// The things of two homes, in the order in which they are added, and cases by the claim that they belong to.
///
/// A case is about the home `usual` unless it names another. It expects a thing to be `found`, or all candidates of an
/// `ambiguous` query with their rooms, or the first of the near misses where nothing is found.
fn table() -> Value {
    serde_json::from_str(include_str!("cases.json")).expect("the table is JSON")
}

fn home(name: &str) -> Home {
    let mut home = Home { groups: vec![group("home-all", "all", GroupKind::Home)], ..Home::default() };
    for thing in array(&table()["homes"][name]) {
        let (id, name) = (text(&thing["id"]), text(&thing["name"]));
        match text(&thing["kind"]) {
            "light" => add_light(&mut home, thing),
            "room" => home.groups.push(group(id, name, GroupKind::Room)),
            "zone" => {
                let inside = |light: &&Light| array(&thing["lights"]).iter().any(|name| *name == light.name);
                let lights = home.lights.iter().filter(inside).map(|light| light.id.clone()).collect();
                home.groups.push(Group { lights, ..group(id, name, GroupKind::Zone) });
            }
            _ => add_scene(&mut home, thing),
        }
    }
    home
}

fn add_light(home: &mut Home, thing: &Value) {
    let id = Id::new(text(&thing["id"]));
    let room = thing["room"].as_str();
    let inside = |group: &&mut Group| group.kind == GroupKind::Home || Some(group.name.as_str()) == room;
    home.groups.iter_mut().filter(inside).for_each(|group| group.lights.push(id.clone()));
    home.lights.push(Light {
        number: thing["number"].as_u64().and_then(|number| number.try_into().ok()),
        name: text(&thing["name"]).to_owned(),
        room_id: room.map(|room| group_named(home, room).id.clone()),
        room: room.map(str::to_owned),
        ..samples::light(id.as_str())
    });
}

fn add_scene(home: &mut Home, thing: &Value) {
    let scene = samples::scene(text(&thing["id"]), group_named(home, text(&thing["group"])));
    home.scenes.push(Scene { name: text(&thing["name"]).to_owned(), ..scene });
}

fn group(id: &str, name: &str, kind: GroupKind) -> Group {
    Group { name: name.to_owned(), ..samples::group(id, kind, Vec::new()) }
}

fn group_named<'a>(home: &'a Home, name: &str) -> &'a Group {
    home.groups.iter().find(|group| group.name == name).expect("the table lists groups first")
}

fn kinds(word: &str) -> Kinds {
    match word {
        "light" => Kinds::LIGHTS,
        "group" => Kinds::GROUPS,
        "scene" => Kinds::SCENES,
        _ => Kinds::ALL,
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("the table has no list here: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("the table has no text here: {value}"))
}

fn check(claim: &str) {
    for case in array(&table()["claims"][claim]) {
        let home = home(case["home"].as_str().unwrap_or("usual"));
        match home.find(text(&case["query"]), kinds(text(&case["kinds"])), case["within"].as_str()) {
            Ok(candidate) => assert_eq!(case["found"], candidate.id.as_str(), "{case}"),
            Err(FindError::Ambiguous(candidates)) => {
                let candidates: Value = candidates.iter().map(|it| json!([it.id.as_str(), it.room])).collect();
                assert_eq!(case["ambiguous"], candidates, "{case}");
            }
            Err(FindError::NotFound(candidates)) => {
                let ids: Vec<_> = candidates.iter().map(|candidate| json!(candidate.id.as_str())).collect();
                assert!(ids.starts_with(array(&case["not_found"])) && ids.len() <= 5, "{case}: {ids:?}");
            }
        }
    }
}

macro_rules! claims {
    ($($claim:ident),+ $(,)?) => {
        $(#[test]
        fn $claim() {
            check(stringify!($claim));
        })+

        #[test]
        fn every_claim_of_the_table_is_checked() {
            let mut checked = [$(stringify!($claim)),+];
            checked.sort_unstable();
            let table = table();
            let claims = table["claims"].as_object().expect("an object");
            assert_eq!(claims.keys().collect::<Vec<_>>(), checked);
        }
    };
}

claims! {
    an_exact_name_beats_names_that_begin_so,
    case_accents_spaces_and_punctuation_do_not_matter,
    a_unique_beginning_or_a_unique_part_is_enough,
    two_of_the_same_name_are_ambiguous_and_shown_with_their_rooms,
    a_room_decides_between_them,
    a_name_with_a_slash_is_still_a_name,
    ids_and_numbers_find_too_and_a_name_beats_a_number,
    all_must_be_said,
    a_near_miss_is_an_error_with_the_nearest_first,
    an_unknown_room_is_an_error_with_rooms,
    nothing_is_found_by_nothing,
    a_name_typed_as_it_is_written_is_that_thing,
    a_name_equal_but_for_case_comes_next,
    names_that_are_only_alike_come_last,
    a_mark_that_makes_another_letter_is_no_accent,
    what_is_called_all_is_not_the_whole_home,
    a_kind_decides_between_things_of_one_name,
    what_nothing_else_tells_apart_is_told_apart_by_a_number,
}

#[test]
fn a_query_of_any_length_is_answered() {
    assert!(home("usual").find(&"x".repeat(100_000), Kinds::ALL, None).is_err());
}

#[test]
fn every_light_of_a_bridge_whose_names_are_alike_is_reached_by_its_name() {
    let dump: Value = serde_json::from_str(include_str!("names-alike.json")).expect("the dump is JSON");
    let resources = array(&dump["data"]).iter().map(|it| (text(&it["id"]).to_owned(), it.clone()));
    let home = build::home(&resources.collect());
    assert_eq!(home.lights.len(), 8);
    for light in &home.lights {
        let found = home.find(&light.name, Kinds::LIGHTS, None).map(|candidate| candidate.id);
        assert_eq!(found, Ok(light.id.clone()), "{}", light.name);
    }
}
