//! Property tests of the mirror: any JSON gives a home, and nonsense costs only its own resource.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::home::Home;
use crate::testing::{any_json, cases, documents, mutations};

/// Makes a mirror that holds these resources.
fn mirror(resources: Vec<Value>) -> SnapshotWriter {
    let published = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
    let mut writer = SnapshotWriter::new(published, watch::channel(0).0);
    writer.replace_all(resources);
    writer
}

fn home(resources: Vec<Value>) -> Arc<Home> {
    mirror(resources).current.home
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_json_is_some_home(values in prop::collection::vec(any_json(), 0..6)) {
        check(&home(values))?;
    }

    #[test]
    fn a_document_with_nonsense_in_it_is_still_a_home(mutations in mutations()) {
        let mut document = Value::from(documents());
        mutations.apply(&mut document);
        let Value::Array(resources) = document else { return Ok(()) };
        check(&home(resources))?;
    }

    #[test]
    fn nonsense_in_one_resource_costs_that_resource_at_most(mutations in mutations(), which in 0..documents().len()) {
        let mut resources = documents();
        let sound = home(resources.clone()).lights.len();
        let (own, kind) = (resources[which]["id"].clone(), resources[which]["type"].clone());
        mutations.apply(&mut resources[which]);
        let id = &resources[which]["id"];
        // It may take the place of another.
        let taken = documents().iter().any(|other| other["type"] == "light" && other["id"] == *id && *id != own);
        let lost = usize::from(kind == "light") + usize::from(taken);
        prop_assert!(home(resources.clone()).lights.len() + lost >= sound, "{:?}", resources[which]);
    }

    #[test]
    fn any_events_leave_a_home(
        documents in Just(documents()),
        changes in prop::collection::vec((prop::sample::select(vec!["add", "update", "delete", "error", "x"]), any_json()), 1..6),
        mutations in mutations(),
    ) {
        let mut mirror = mirror(documents.clone());
        let mut entries = Value::from(documents);
        mutations.apply(&mut entries);
        let nonsense = changes.into_iter().map(|(change, data)| json!({"type": change, "data": [data]}));
        let update = json!({"type": "update", "data": entries});
        let frame = nonsense.chain([update]).collect::<Value>();
        mirror.apply(&Event::read_all(&frame.to_string()).unwrap_or_default());
        check(&mirror.current.home)?;
    }
}

/// Checks what holds for every home.
fn check(home: &Home) -> Result<(), TestCaseError> {
    for light in &home.lights {
        prop_assert_eq!(home.light(&light.id).map(|found| &found.id), Some(&light.id));
        let state = &light.state;
        prop_assert!(state.brightness.is_none_or(|percent| (0.0..=100.0).contains(&percent)), "{:?}", state);
        let points = state.xy.iter().chain(&state.gradient);
        prop_assert!(points.into_iter().all(|xy| (0.0..=1.0).contains(&xy.x) && (0.0..=1.0).contains(&xy.y)));
        prop_assert!(light.can.mirek.is_none_or(|(least, most)| least < most));
    }
    for group in &home.groups {
        prop_assert!(group.lights.iter().all(|id| home.light(id).is_some()));
    }
    prop_assert!(home.devices.iter().flat_map(|device| &device.lights).all(|id| home.light(id).is_some()));
    Ok(())
}
