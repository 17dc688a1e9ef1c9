//! Checks that the fake host finds what the bridge library finds, by the table of cases of its resolver.

use lamplighter_plugin::ToolError;
use lamplighter_plugin::home::{self, Kinds};
use lamplighter_plugin::testing::{FakeHost, FakeLight};
use serde_json::{Value, json};

/// See `bridge/src/home/find/tests.rs` for what a case says.
fn table() -> Value {
    serde_json::from_str(include_str!("../../../bridge/src/home/find/cases.json")).expect("the table is JSON")
}

fn host() -> FakeHost {
    array(&table()["home"]).iter().fold(FakeHost::new(), add)
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

fn check(claim: &str) {
    let _host = host().install();
    for case in array(&table()["claims"][claim]) {
        match home::find(text(&case["query"]), kinds(text(&case["kinds"])), case["within"].as_str()) {
            Ok(candidate) => assert_eq!(case["found"], candidate.id, "{case}"),
            Err(ToolError::Ambiguous(no_match)) => {
                let candidates: Value = no_match.candidates.iter().map(|it| json!([it.id, it.room])).collect();
                assert_eq!(case["ambiguous"], candidates, "{case}");
            }
            Err(ToolError::NotFound(no_match)) => {
                let ids: Vec<_> = no_match.candidates.iter().map(|candidate| json!(candidate.id)).collect();
                assert!(ids.starts_with(array(&case["not_found"])) && ids.len() <= 5, "{case}: {ids:?}");
            }
            Err(error) => panic!("{case}: {error:?}"),
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
}
