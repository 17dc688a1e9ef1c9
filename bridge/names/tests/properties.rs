//! Property tests: whatever the names of a home are, each of its things can be reached by name.

use hue_names::{Kind, Kinds, Named, NoMatch, Thing, find, natural_key, spellings};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Names that are easily taken for one another, or for a qualified name.
const NAMES: [&str; 38] = [
    "all",
    "All",
    "ALL",
    "Spot",
    "spot",
    "Spot ",
    " Spot",
    "Spot 1",
    "Spot1",
    "Spot #1",
    "Spot #2",
    "Spot#2",
    "Büro",
    "Bu\u{308}ro",
    "Buro",
    "がくしつ",
    "かくしつ",
    "Büro/Spot",
    "/Spot",
    "//Spot",
    "/",
    "Büro/Büro/Spot",
    "Spot/Spot",
    "\"Spot\"",
    "\"Büro\"/\"Spot\"",
    "\"Büro\" / \"Spot\"",
    "/\"/\"/\"/\"/\"/\"",
    "room:Büro",
    "zone:All",
    "light:Spot",
    "light:Büro/Spot #2",
    "Regal",
    "Regal!",
    "!",
    "🌙",
    "1",
    "2",
    "3",
];

/// The most spellings of a thing that a test tries.
const MAX_SPELLINGS: usize = 3000;

/// The lights of a home with their rooms, and its groups and scenes.
#[derive(Clone, Debug)]
struct TestHome {
    groups: Vec<(Kind, String)>,
    /// Holds names, and the position of the room among the groups.
    lights: Vec<(String, Option<usize>)>,
    scenes: Vec<(String, usize)>,
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => "[ab #/:1\"]{1,5}",
        1 => "\\PC{1,8}",
    ]
    .prop_filter("a bridge takes no blank name", |name| !name.trim().is_empty())
}

fn any_home() -> impl Strategy<Value = TestHome> {
    let kind = prop::sample::select(vec![Kind::Room, Kind::Zone]);
    let groups = prop::collection::vec((kind, any_name()), 1..4);
    let lights = prop::collection::vec((any_name(), prop::option::of(0..3_usize)), 1..7);
    let scenes = prop::collection::vec((any_name(), 0..3_usize), 0..4);
    (groups, lights, scenes).prop_map(|(groups, lights, scenes)| TestHome { groups, lights, scenes })
}

impl TestHome {
    fn ids(&self) -> Vec<String> {
        let count = self.groups.len() + self.lights.len() + self.scenes.len() + 1;
        (0..count).map(|at| format!("id-{at}")).collect()
    }

    fn things<'a>(&'a self, ids: &'a [String]) -> Vec<Thing<'a>> {
        let thing = |kind, name, room, groups| Thing { kind, id: "", name, room, number: None, groups };
        let group = |at: usize| (self.groups[at % self.groups.len()].1.as_str(), ids[at % self.groups.len()].as_str());
        let mut things: Vec<_> =
            self.groups.iter().map(|(kind, name)| thing(*kind, name.as_str(), None, Vec::new())).collect();
        things.extend(self.lights.iter().map(|(name, room)| {
            let (room, id) = room.map(group).unzip();
            thing(Kind::Light, name, room, id.into_iter().collect())
        }));
        things.extend(self.scenes.iter().map(|(name, place)| {
            let (room, id) = group(*place);
            thing(Kind::Scene, name, Some(room), vec![id])
        }));
        things.push(thing(Kind::Home, "all", None, Vec::new()));
        things.iter_mut().zip(ids).for_each(|(thing, id)| thing.id = id);
        things
    }
}

/// Returns the place of a thing among those of its name, kind and room, from 1.
fn ordinal(things: &[Thing<'_>], at: usize) -> usize {
    let key = |thing: &Thing<'_>| (thing.kind, thing.name.to_owned(), thing.room.map(str::to_owned));
    things[..=at].iter().filter(|other| key(other) == key(&things[at])).count()
}

/// Configures as many cases as take about a second unoptimised, unless `PROPTEST_CASES` in the environment says
/// otherwise.
fn cases(count: u32) -> ProptestConfig {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let config = if given { ProptestConfig::default() } else { ProptestConfig::with_cases(count) };
    // A failure that was found has to become a test with a name, so no seed is kept.
    ProptestConfig { failure_persistence: Some(Box::new(FileFailurePersistence::Off)), ..config }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_thing_of_any_home_is_reached_by_some_name(home in any_home()) {
        let ids = home.ids();
        let things = home.things(&ids);
        for (at, thing) in things.iter().enumerate() {
            let named = Named { kind: thing.kind, name: thing.name, room: thing.room, ordinal: ordinal(&things, at) };
            let mut spellings = spellings(named).take(MAX_SPELLINGS);
            prop_assert!(spellings.any(|query| find(&things, &query, Kinds::ALL, None) == Ok(at)), "{thing:?}");
        }
    }

    #[test]
    fn a_name_that_one_thing_has_is_that_thing(home in any_home()) {
        let ids = home.ids();
        let things = home.things(&ids);
        for (at, thing) in things.iter().enumerate() {
            let is_alone = things.iter().filter(|other| other.name == thing.name).count() == 1;
            prop_assert!(!is_alone || find(&things, thing.name, Kinds::ALL, None) == Ok(at), "{thing:?}");
        }
    }

    #[test]
    fn what_is_found_or_offered_is_of_the_wanted_kinds(
        home in any_home(), query in prop_oneof![any_name(), "[a-z/:# ]{0,9}"], within in prop::option::of(any_name()),
    ) {
        let ids = home.ids();
        let things = home.things(&ids);
        match find(&things, &query, Kinds::LIGHTS, within.as_deref()) {
            Ok(at) => prop_assert_eq!(things[at].kind, Kind::Light),
            Err(NoMatch::Ambiguous(several)) => prop_assert!(several.len() > 1),
            Err(NoMatch::NotFound(near)) => prop_assert!(near.len() <= 5),
        }
    }

    #[test]
    fn the_natural_order_is_that_of_numbers(one in 0..2000_u32, other in 0..2000_u32, before in "[a-zé ]{0,4}") {
        let key = |number: u32| natural_key(&format!("{before}{number}"));
        prop_assert_eq!(key(one).cmp(&key(other)), one.cmp(&other));
    }
}

#[test]
fn a_room_whose_name_ends_in_a_space_is_not_the_zone_of_that_name_without_it() {
    let home = TestHome {
        groups: vec![(Kind::Zone, "Spot".to_owned()), (Kind::Room, "Spot ".to_owned())],
        lights: vec![("Lamp".to_owned(), Some(1)), ("Lamp".to_owned(), None)],
        scenes: Vec::new(),
    };
    let ids = home.ids();
    let things = home.things(&ids);
    for name in ["Spot /Lamp", "room:Spot /Lamp"] {
        assert_eq!(find(&things, name, Kinds::ALL, None), Ok(2), "{name}");
    }
}

#[test]
fn signs_between_quotes_belong_to_the_name() {
    let light = |name: &str, room| (name.to_owned(), room);
    let home = TestHome {
        groups: vec![(Kind::Room, "A".to_owned()), (Kind::Room, "A/B".to_owned()), (Kind::Room, "C".to_owned())],
        lights: vec![
            light("B/C #1", Some(0)),
            light("C #1", Some(1)),
            light("B/C #1", Some(2)),
            light("/Spot", None),
            light("/Spot", Some(0)),
            light("Spot", None),
        ],
        scenes: Vec::new(),
    };
    let ids = home.ids();
    let things = home.things(&ids);
    let spelled = ["\"A\"/\"B/C #1\"", "\"A/B\" / \"C #1\"", "C/\"B/C #1\"", "/\"/Spot\"", "A//Spot", "\"Spot\""];
    for (at, query) in spelled.into_iter().enumerate() {
        assert_eq!(find(&things, query, Kinds::ALL, None), Ok(home.groups.len() + at), "{query}");
    }
}

/// Returns the names of what is found in a home with things that are easily taken for others.
fn found(query: &str, kinds: Kinds) -> Result<String, Vec<String>> {
    let light = |name: &str, room| (name.to_owned(), room);
    let home = TestHome {
        groups: ["Hallway", "Kitchen", "Living room"].map(|name| (Kind::Room, name.to_owned())).into(),
        lights: vec![
            light("Ceiling", Some(0)),
            light("Ceiling", Some(1)),
            light("Ceiling 2", Some(2)),
            light("寝室", Some(2)),
        ],
        scenes: vec![("Energize".to_owned(), 1)],
    };
    let ids = home.ids();
    let things = home.things(&ids);
    let name = |at: usize| match things[at].room {
        Some(room) => format!("{} ({room})", things[at].name),
        None => things[at].name.to_owned(),
    };
    match find(&things, query, kinds, None) {
        Ok(at) => Ok(name(at)),
        Err(NoMatch::Ambiguous(several) | NoMatch::NotFound(several)) => Err(several.into_iter().map(name).collect()),
    }
}

#[test]
fn a_number_in_a_list_is_not_taken_for_a_number_in_a_name() {
    assert!(found("Ceiling #2", Kinds::LIGHTS).is_err());
    assert_eq!(found("ceiling 2", Kinds::LIGHTS), Ok("Ceiling 2 (Living room)".to_owned()));
}

#[test]
fn the_name_of_the_whole_home_is_no_part_of_another_name() {
    assert!(found("room:all", Kinds::GROUPS).is_err());
    assert!(found("all", Kinds::LIGHTS).is_err());
    assert_eq!(found("home:all", Kinds::GROUPS), Ok("all".to_owned()));
}

#[test]
fn a_part_of_a_name_has_three_letters_or_one_chinese_character() {
    for (query, kinds) in [("ll", Kinds::GROUPS), ("g", Kinds::SCENES)] {
        assert!(found(query, kinds).is_err(), "{query}");
    }
    assert_eq!(found("wa", Kinds::GROUPS), Err(Vec::new()));
    assert_eq!(found("way", Kinds::GROUPS), Ok("Hallway".to_owned()));
    assert_eq!(found("室", Kinds::LIGHTS), Ok("寝室 (Living room)".to_owned()));
}

#[test]
fn a_candidate_is_found_as_it_is_shown() {
    assert_eq!(found("Ceiling (Kitchen)", Kinds::LIGHTS), Ok("Ceiling (Kitchen)".to_owned()));
    assert_eq!(found("Kitchen (a room)", Kinds::GROUPS), Ok("Kitchen".to_owned()));
    assert!(found("Kitchen (a zone)", Kinds::GROUPS).is_err());
}

#[test]
fn a_name_behind_that_of_its_room_is_a_near_miss_and_the_rest_of_the_room_is_none() {
    assert_eq!(
        found("Kitchen Ceiling", Kinds::LIGHTS).map_err(|near| near[0].clone()),
        Err("Ceiling (Kitchen)".to_owned())
    );
    let near = found("Living room", Kinds::LIGHTS).expect_err("it is no light");
    assert!(!near.contains(&"寝室 (Living room)".to_owned()), "{near:?}");
}
