//! Property tests: whatever the names of a home are, each of its things can be reached by name.

use hue_names::{Kind, Kinds, NoMatch, Thing, find, natural_key};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Names that are easily taken for one another, or for a qualified name.
const NAMES: [&str; 30] = [
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
        1 => "[ab #/:1]{1,5}",
        1 => "\\PC{1,8}",
    ]
    .prop_filter("a bridge takes no blank name", |name| !name.trim().is_empty())
}

/// A name without the signs of a qualified name. One that has them may stand in the way of another thing's qualified name;
/// it is itself that thing if typed as it is written.
fn plain_name() -> impl Strategy<Value = String> {
    any_name().prop_filter("it has a sign of a qualified name", |name| !name.contains(['/', ':', '#']))
}

fn any_home() -> impl Strategy<Value = TestHome> {
    home_of(any_name().boxed())
}

fn home_of(name: BoxedStrategy<String>) -> impl Strategy<Value = TestHome> {
    let kind = prop::sample::select(vec![Kind::Room, Kind::Zone]);
    let groups = prop::collection::vec((kind, name.clone()), 1..4);
    let lights = prop::collection::vec((name.clone(), prop::option::of(0..3_usize)), 1..7);
    let scenes = prop::collection::vec((name, 0..3_usize), 0..4);
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

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Light => "light",
        Kind::Room => "room",
        Kind::Zone => "zone",
        Kind::Home => "home",
        Kind::Scene => "scene",
    }
}

/// Returns the name of a thing, alone and with every qualification.
fn qualified_names(thing: &Thing<'_>, count: usize) -> Vec<String> {
    let kind = format!("{}:", kind_word(thing.kind));
    let ordinals = (1..=count).flat_map(|at| [format!(" #{at}"), format!(" #0{at}")]);
    let ordinals: Vec<_> = [String::new()].into_iter().chain(ordinals).collect();
    let mut places = vec![String::new(), kind.clone()];
    // A room that shares its name with the home, a zone or another room is qualified too.
    for before in ["", &kind, "room:", "zone:", &format!("{kind}room:"), &format!("{kind}zone:")] {
        places.extend(ordinals.iter().map(|after| format!("{before}{}{after}/", thing.room.unwrap_or_default())));
    }
    places.iter().flat_map(|place| ordinals.iter().map(move |after| format!("{place}{}{after}", thing.name))).collect()
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
    fn every_thing_of_any_home_is_reached_by_some_name(home in home_of(plain_name().boxed())) {
        let ids = home.ids();
        let things = home.things(&ids);
        for (at, thing) in things.iter().enumerate() {
            let names = qualified_names(thing, things.len());
            prop_assert!(names.iter().any(|name| find(&things, name, Kinds::ALL, None) == Ok(at)), "{thing:?}");
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
