//! Checks that the fake host finds what the bridge library finds, by the table of cases of its resolver.

use lamplighter_plugin::home::{self, Kinds};
use lamplighter_plugin::testing::{FakeHost, FakeLight};
use lamplighter_plugin::{NoMatch, ToolError};
use serde_json::{Value, json};

/// See `bridge/src/home/find/tests.rs` for what a case says.
fn table() -> Value {
    serde_json::from_str(include_str!("../../../bridge/src/home/find/cases.json")).expect("the table is JSON")
}

fn host(name: &str) -> FakeHost {
    array(&table()["homes"][name]).iter().fold(FakeHost::new(), add)
}

fn add(host: FakeHost, thing: &Value) -> FakeHost {
    let name = text(&thing["name"]);
    match text(&thing["kind"]) {
        "light" => {
            let number = thing["number"].as_u64().and_then(|number| number.try_into().ok());
            let light = FakeLight::white(name);
            let light = number.into_iter().fold(light, FakeLight::number);
            host.light(thing["room"].as_str().into_iter().fold(light, FakeLight::room))
        }
        "room" => host.empty_room(name),
        "zone" => host.zone(name, &array(&thing["lights"]).iter().map(text).collect::<Vec<_>>()),
        _ => host.scene(name, text(&thing["group"])),
    }
}

fn kinds(word: &str) -> Kinds {
    match word {
        "light" => Kinds::LIGHT,
        "group" => Kinds::ROOM | Kinds::ZONE | Kinds::HOME,
        "scene" => Kinds::SCENE,
        _ => Kinds::LIGHT | Kinds::ROOM | Kinds::ZONE | Kinds::HOME | Kinds::SCENE,
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("the table has no list here: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("the table has no text here: {value}"))
}

#[test]
fn the_fake_host_finds_what_the_bridge_library_finds() {
    for (claim, cases) in table()["claims"].as_object().expect("claims by name") {
        for case in array(cases) {
            let _host = host(case["home"].as_str().unwrap_or("usual")).install();
            match home::find(text(&case["query"]), kinds(text(&case["kinds"])), case["within"].as_str()) {
                Ok(candidate) => assert_eq!(case["found"], candidate.id, "{claim}: {case}"),
                Err(ToolError::Ambiguous(no_match)) => {
                    let candidates: Value = no_match.candidates.iter().map(|it| json!([it.id, it.room])).collect();
                    assert_eq!(case["ambiguous"], candidates, "{claim}: {case}");
                }
                Err(ToolError::NotFound(no_match)) => {
                    let ids: Vec<_> = no_match.candidates.iter().map(|candidate| json!(candidate.id)).collect();
                    assert!(ids.starts_with(array(&case["not_found"])) && ids.len() <= 5, "{claim}: {case}: {ids:?}");
                }
                Err(error) => panic!("{claim}: {case}: {error:?}"),
            }
        }
    }
}

#[test]
fn an_ambiguous_name_is_answered_with_names_that_are_not() {
    let _host = host("alike").install();
    let Err(ToolError::Ambiguous(lights)) = home::find("licht", Kinds::LIGHT, None) else {
        panic!("several are called so")
    };
    assert_eq!(
        lights.message,
        "\"licht\" fits several things: Licht (Büro), Licht (Büro), Licht. \
         Say \"Büro/Licht #1\" or \"Büro/Licht #2\" or \"/Licht\"."
    );
    let Err(ToolError::Ambiguous(things)) = home::find("Regal", kinds("any"), None) else {
        panic!("two are called so")
    };
    assert!(things.message.ends_with("Say \"Büro/Regal\" or \"zone:Regal\"."), "{}", things.message);
    for (no_match, kinds) in [(lights, Kinds::LIGHT), (things, kinds("any"))] {
        check_hint(&no_match, kinds);
    }
}

/// Checks that the names which an error offers find its candidates, in their order.
fn check_hint(no_match: &NoMatch, kinds: Kinds) {
    let hint = no_match.message.split(" Say ").nth(1).expect("a hint");
    let told: Vec<_> = hint.split(['`', '"']).skip(1).step_by(2).collect();
    let found: Vec<_> = told.iter().map(|name| home::find(name, kinds, None).map(|found| found.id)).collect();
    let wanted: Vec<_> = no_match.candidates.iter().map(|candidate| Ok(candidate.id.clone())).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_room_that_is_called_like_the_home_is_told_by_its_kind() {
    let lamp = |room| FakeLight::white("Lamp").room(room);
    let _host = FakeHost::new().light(lamp("all")).light(lamp("Kitchen")).install();
    let Err(ToolError::Ambiguous(no_match)) = home::find("Lamp", Kinds::LIGHT, None) else {
        panic!("two are called so")
    };
    assert!(no_match.message.ends_with(" Say \"room:all/Lamp\" or \"Kitchen/Lamp\"."), "{}", no_match.message);
    check_hint(&no_match, Kinds::LIGHT);
}

#[test]
fn a_name_with_a_slash_is_told_between_quotes() {
    let host = FakeHost::new().light(FakeLight::white("B/C").room("A")).light(FakeLight::white("B/C").room("D"));
    let _host = host.light(FakeLight::white("C").room("A/B")).install();
    let Err(ToolError::Ambiguous(no_match)) = home::find("B/C", Kinds::LIGHT, None) else {
        panic!("two are called so")
    };
    assert!(no_match.message.ends_with(" Say `\"A\"/\"B/C\"` or \"D/B/C\"."), "{}", no_match.message);
    let found = home::find("\"A\"/\"B/C\"", Kinds::LIGHT, None).expect("it is between quotes");
    assert_eq!(found.id, no_match.candidates[0].id);
}

/// Makes a home with a lamp and the scene Relax in two rooms.
fn two_rooms() -> FakeHost {
    let lamp = |name, room| FakeLight::white(name).room(room);
    let host = FakeHost::new().light(lamp("Desk lamp", "Office")).light(lamp("Ceiling", "Kitchen"));
    host.empty_room("Hall").scene("Relax", "Office").scene("Relax", "Kitchen")
}

/// Returns the id of a room of that home.
fn id_of(room: &str) -> String {
    let _host = two_rooms().install();
    home::group(room).expect("it is there").id
}

/// Returns the message of a search in that home that finds nothing.
fn miss(query: &str, kinds: Kinds, within: Option<&str>) -> String {
    let _host = two_rooms().install();
    match home::find(query, kinds, within) {
        Err(ToolError::NotFound(no_match)) => no_match.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_is_not_in_the_room_is_told_from_where_it_is() {
    let told = miss("Desk lamp", Kinds::LIGHT, Some("Kitchen"));
    assert_eq!(told, "No light is called \"Desk lamp\" in Kitchen. There is Desk lamp (Office).");
    let told = miss("Ceiling", Kinds::LIGHT, Some(&id_of("Office")));
    assert_eq!(told, "No light is called \"Ceiling\" in Office. There is Ceiling (Kitchen).");
    let told = miss("Relax", Kinds::SCENE, Some("Hall"));
    assert_eq!(told, "No scene is called \"Relax\" in Hall. There is Relax (Office), Relax (Kitchen).");
    let told = miss("Desk lamp", Kinds::LIGHT, Some("Kitchn"));
    assert_eq!(told, "No room or zone is called \"Kitchn\". Did you mean Kitchen (a room)?");
}

#[test]
fn a_name_of_another_kind_is_told_with_its_kind() {
    assert_eq!(miss("office", Kinds::LIGHT, None), "No light is called \"office\". \"Office\" is a room.");
    assert_eq!(miss("all", Kinds::LIGHT, None), "No light is called \"all\". \"all\" is the whole home.");
    assert_eq!(miss("Kitchen", Kinds::SCENE, None), "No scene is called \"Kitchen\". \"Kitchen\" is a room.");
    let told = miss("Desk lamp", Kinds::ROOM | Kinds::ZONE | Kinds::HOME, None);
    assert_eq!(told, "No room or zone is called \"Desk lamp\". \"Desk lamp\" is a light.");
}

#[test]
fn a_name_that_is_nothing_is_answered_with_what_is_like_it() {
    assert_eq!(
        miss("Dusk lamp", Kinds::LIGHT, None),
        "No light is called \"Dusk lamp\". Did you mean Desk lamp (Office)?"
    );
    assert_eq!(miss("Toaster", Kinds::LIGHT, None), "No light is called \"Toaster\".");
}
