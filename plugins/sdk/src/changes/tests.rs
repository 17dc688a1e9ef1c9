use super::*;
use crate::control::{Step, StepKind};
use crate::home::LightState;

fn state(on: bool) -> LightState {
    LightState { on, brightness: None, color_temperature: None, xy: None, hex: None, effect: None }
}

fn outcome((name, delivery): (&str, Delivery)) -> Outcome {
    Outcome {
        light: name.to_owned(),
        name: name.to_owned(),
        room: None,
        delivery,
        adjustments: Vec::new(),
        before: None,
        after: Some(state(false)),
    }
}

fn report(deliveries: &[(&str, Delivery)]) -> Report<Changes> {
    let outcomes: Vec<_> = deliveries.iter().cloned().map(outcome).collect();
    Report::from_outcomes("Office", &outcomes)
}

fn lost() -> Delivery {
    Delivery::Failed(Error::Timeout("no answer".to_owned()))
}

#[test]
fn the_headline_counts_each_delivery_apart() {
    use Delivery::{Accepted, Confirmed, StoredWhileOff, Unchanged, Unreachable};
    for (deliveries, headline) in [
        (vec![Confirmed, Confirmed, Confirmed], "all 3 lights followed."),
        (vec![Confirmed, Accepted, Confirmed], "2 of 3 lights followed, 1 accepted but not yet confirmed."),
        (vec![Accepted, Accepted], "all 2 lights accepted but not yet confirmed."),
        (vec![Unchanged, Confirmed], "1 of 2 lights followed, 1 unchanged."),
        (vec![Unchanged, Unchanged], "all 2 lights unchanged."),
        (vec![StoredWhileOff, Unreachable], "1 of 2 lights stored for when they are turned on."),
        (vec![Unreachable, Unreachable], "none of 2 lights followed."),
        (vec![Confirmed, lost()], "1 of 2 lights followed, 1 sent with unknown result."),
        (Vec::new(), "there are no lights to change."),
    ] {
        let named: Vec<_> = deliveries.into_iter().map(|delivery| ("Lamp", delivery)).collect();
        assert_eq!(report(&named).message, format!("Office: {headline}"));
    }
}

#[test]
fn a_light_that_is_only_accepted_is_not_described_by_its_old_state() {
    let text = report(&[("Lamp", Delivery::Accepted)]).text();
    assert_eq!(text, "Lamp: accepted, not yet confirmed");
    assert_eq!(report(&[("Lamp", Delivery::Confirmed)]).text(), "Lamp: off (confirmed)");
}

#[test]
fn a_change_without_an_answer_is_no_failure() {
    let report = report(&[("Lamp", lost())]);
    assert_eq!((report.status, report.lights_affected), (Status::Partial, 0));
    assert_eq!(report.text(), "Lamp: sent, result unknown: no answer");
    assert_eq!(report.errors[0].code, ErrorCode::Timeout);
}

fn planned(name: &str) -> Planned {
    Planned {
        light: name.to_owned(),
        name: name.to_owned(),
        room: None,
        before: state(false),
        after: state(false),
        adjustments: Vec::new(),
        note: None,
    }
}

fn step(kind: StepKind, lights: &[&str]) -> Step {
    let lights = lights.iter().map(|&id| id.to_owned()).collect();
    Step { kind, id: "id".to_owned(), name: "Day".to_owned(), lights, body: "{}".to_owned() }
}

#[test]
fn a_dry_run_of_a_smart_scene_does_not_say_what_becomes_of_its_lights() {
    let smart = step(StepKind::Other("smart_scene".to_owned()), &["A", "B"]);
    let plan = ChangePlan { steps: vec![smart.clone()], lights: vec![planned("A"), planned("B")], estimated_ms: 100 };
    let report = Report::from_plan("Day", &plan);
    assert!(report.message.contains("Day: 2 of 2 lights may change as only the bridge knows, with 1 request"));
    assert!(report.text().contains("A: off → known to the bridge only"), "{}", report.text());
    assert!(report.data.as_ref().is_some_and(|data| data.lights.iter().all(|light| light.state.is_none())));

    let then_off = ChangePlan { steps: vec![smart, step(StepKind::Light, &["A"])], ..plan };
    let report = Report::from_plan("Day", &then_off);
    assert!(report.message.contains("1 of 2 lights may change as only the bridge knows"), "{}", report.message);
    assert!(report.text().contains("A: stays off (it already is so)"), "{}", report.text());
}

#[test]
fn a_light_whose_planned_state_is_its_present_one_would_not_change() {
    let lit = |brightness: f64, mirek: Option<u16>| LightState {
        brightness: Some(brightness),
        color_temperature: mirek,
        ..state(true)
    };
    for (before, after, changes) in [
        (lit(75.1, None), lit(75.1, None), false),
        (lit(75.1, Some(370)), lit(74.9, Some(371)), false),
        (LightState { brightness: Some(9.0), ..state(false) }, state(false), false),
        (lit(75.0, None), lit(76.0, None), true),
        (lit(75.0, Some(370)), lit(75.0, Some(380)), true),
        (lit(75.0, Some(370)), lit(75.0, None), true),
        (lit(75.0, None), LightState { effect: Some("fire".to_owned()), ..lit(75.0, None) }, true),
        (lit(75.0, None), state(false), true),
    ] {
        let lights = vec![Planned { before, after, ..planned("A") }];
        let plan = ChangePlan { steps: vec![step(StepKind::Scene, &["A"])], lights, estimated_ms: 100 };
        let report = Report::from_plan("Day", &plan);
        let counted = if changes { "1 of 1 light would change" } else { "0 of 1 light would change" };
        assert!(report.message.contains(counted), "{}", report.text());
        assert_eq!(report.text().contains("A: stays"), !changes, "{}", report.text());
    }
}

#[test]
fn a_number_of_one_has_its_noun_in_the_singular() {
    assert_eq!([0_u64, 1, 2].map(|number| count_noun(number, "call")), ["0 calls", "1 call", "2 calls"]);
}
