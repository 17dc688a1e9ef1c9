//! Derives the outcome of one light from the bridge's responses and from the states that the event stream showed.

use std::collections::HashSet;

use super::{PlanIndex, StepResponse, StepResult, confirmation::responses_for, response::ErrorMeaning};
use crate::{
    change::{Adjustment, Delivery, Note, Outcome, PlannedLight},
    error::Error,
    home::{Home, Id, Light},
};

/// Derives the outcome of one light.
pub(super) fn of_light(
    light: &PlannedLight,
    index: &PlanIndex<'_>,
    responses: &[StepResponse<'_>],
    confirmed: &HashSet<&Id>,
    home: &Home,
) -> Outcome {
    let own = responses_for(light, index, responses);
    let mut adjustments = light.adjustments.clone();
    for meaning in own.iter().flat_map(|response| response.errors_about(&light.light)) {
        if let ErrorMeaning::Unsupported(attribute) = meaning {
            adjustments.push(Adjustment::Unsupported(attribute));
        }
    }
    let now = home.light(&light.light);
    Outcome {
        light: light.light.clone(),
        name: light.name.clone(),
        room: light.room.clone(),
        delivery: delivery(light, &own, confirmed.contains(&light.light), now),
        adjustments,
        before: Some(light.before.clone()),
        after: now.map(|now| now.state.clone()),
    }
}

/// Returns the worst known result. A state that the event stream shows overrides a missing answer.
fn delivery(light: &PlannedLight, own: &[&StepResponse<'_>], confirmed: bool, now: Option<&Light>) -> Delivery {
    if own.is_empty() {
        return delivery_without_steps(light);
    }
    if let Some(failed) = own.iter().find_map(|response| failed_delivery(response.result, light, confirmed)) {
        return failed;
    }
    let errors: Vec<&ErrorMeaning> = own.iter().flat_map(|response| response.errors_about(&light.light)).collect();
    if let Some(message) = errors.iter().find_map(|meaning| meaning.refusal()) {
        return Delivery::Failed(Error::Rejected { status: 207, message: message.clone() });
    }
    if errors.contains(&&ErrorMeaning::Unreachable) {
        return Delivery::Unreachable;
    }
    if confirmed {
        return Delivery::Confirmed;
    }
    // The response to a group command does not name a lamp that became unreachable a moment ago.
    if now.is_some_and(Light::is_unreachable) {
        return Delivery::Unreachable;
    }
    if let Some(error) = own.iter().find_map(|response| response.common_refusal()) {
        return Delivery::Failed(error);
    }
    match &light.note {
        Some(note) => noted_delivery(note),
        None if errors.contains(&&ErrorMeaning::SoftOff) => soft_off_delivery(light),
        None => Delivery::Accepted,
    }
}

/// Returns the delivery of a step that failed. A request without an answer, or to a bridge that said it was too busy, did
/// what the event stream shows.
fn failed_delivery(result: &StepResult, light: &PlannedLight, confirmed: bool) -> Option<Delivery> {
    let is_shown = confirmed || light.note == Some(Note::Unchanged);
    match result {
        StepResult::Refused(error) => Some(Delivery::Failed(error.clone())),
        StepResult::Throttled(error) => (!is_shown).then(|| Delivery::Failed(error.clone())),
        StepResult::Unknown(error) => (!is_shown).then(|| Delivery::Unknown(error.clone())),
        StepResult::NotSent(reason) => Some(Delivery::NotSent(reason.clone())),
        StepResult::Accepted(_) => None,
    }
}

fn delivery_without_steps(light: &PlannedLight) -> Delivery {
    match &light.note {
        Some(note @ (Note::Unreachable | Note::Unsupported)) => noted_delivery(note),
        _ => Delivery::Unchanged,
    }
}

fn noted_delivery(note: &Note) -> Delivery {
    match note {
        Note::Unchanged => Delivery::Unchanged,
        Note::Unreachable => Delivery::Unreachable,
        Note::StoredWhileOff => Delivery::StoredWhileOff,
        Note::Unsupported => Delivery::NotSent("it can do none of what was asked".to_owned()),
    }
}

/// Returns the delivery of a light that the bridge calls "soft off": no news for a light that was to be off anyway.
fn soft_off_delivery(light: &PlannedLight) -> Delivery {
    match (light.after.on, light.after == light.before) {
        (true, _) => Delivery::StoredWhileOff,
        (false, true) => Delivery::Unchanged,
        (false, false) => Delivery::Accepted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        apply::samples::{self, planned_light},
        change::{Plan, Step, StepKind},
        clip::SoftError,
        home::LightState,
    };

    fn light(id: &str, note: Option<Note>) -> PlannedLight {
        let on = LightState { on: true, ..LightState::default() };
        PlannedLight { note, ..planned_light(id, LightState::default(), on) }
    }

    fn step(kind: StepKind, lights: &[&str]) -> Step {
        samples::step(kind, lights, json!({}))
    }

    fn said(text: &str, code: Option<&str>) -> StepResult {
        StepResult::Accepted(vec![SoftError { description: text.to_owned(), error_code: code.map(str::to_owned) }])
    }

    fn outcome(light: &PlannedLight, step: Step, result: &StepResult, confirmed: bool) -> Outcome {
        let plan = Plan { steps: vec![step], lights: vec![light.clone()], ..Plan::default() };
        let responses = [StepResponse::new(&plan.steps[0], result)];
        let confirmed = if confirmed { HashSet::from([&light.light]) } else { HashSet::new() };
        of_light(light, &PlanIndex::new(&plan), &responses, &confirmed, &Home::default())
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests read better so")]
    fn delivered(light: &PlannedLight, step: Step, result: StepResult, confirmed: bool) -> Delivery {
        outcome(light, step, &result, confirmed).delivery
    }

    #[test]
    fn a_light_that_cannot_be_reached_is_never_a_success() {
        let text = "device (light) l1 has communication issues, command (.on.on) may not have effect";
        for (text, code) in [
            (text, Some("communication_error")),
            (text, None),
            ("device (light) has communication issues, command (on) may not have effect", None),
        ] {
            let sent = said(text, code);
            assert_eq!(
                delivered(&light("l1", None), step(StepKind::Light, &["l1"]), sent, true),
                Delivery::Unreachable
            );
        }
        let noted = light("l1", Some(Note::Unreachable));
        let taken = StepResult::Accepted(Vec::new());
        assert_eq!(delivered(&noted, step(StepKind::Group, &["l1", "l2"]), taken, false), Delivery::Unreachable);
    }

    #[test]
    fn an_error_about_one_light_of_a_group_is_about_that_light_only() {
        let sent = said("device (light) l2 has communication issues, command (.on.on) may not have effect", None);
        let group = step(StepKind::Group, &["l1", "l2"]);
        assert_eq!(delivered(&light("l1", None), group.clone(), sent.clone(), false), Delivery::Accepted);
        assert_eq!(delivered(&light("l2", None), group, sent, false), Delivery::Unreachable);
    }

    #[test]
    fn soft_off_is_stored_or_no_news() {
        let text = "device (light) l1 is \"soft off\", command (.dimming.brightness) may not have effect";
        let sent = said(text, Some("attribute_may_have_no_effect"));
        let lamp = step(StepKind::Light, &["l1"]);
        let dimmed = light("l1", Some(Note::StoredWhileOff));
        assert_eq!(delivered(&dimmed, lamp.clone(), sent.clone(), false), Delivery::StoredWhileOff);
        let mut off = light("l1", None);
        off.after.on = false;
        assert_eq!(delivered(&off, lamp, sent, false), Delivery::Unchanged);
    }

    #[test]
    fn an_unsupported_attribute_is_an_adjustment() {
        let sent = said("attribute (.color_temperature.mirek) is not supported by resource l1", Some("client_error"));
        let outcome = outcome(&light("l1", None), step(StepKind::Light, &["l1"]), &sent, false);
        assert_eq!(outcome.adjustments, [Adjustment::Unsupported("color_temperature")]);
        assert_eq!(outcome.delivery, Delivery::Accepted);
    }

    #[test]
    fn a_refusal_is_in_the_bridges_words() {
        let sent = said("invalid attribute value (.dynamics.duration) for resource l1", Some("client_error"));
        let delivery = delivered(&light("l1", None), step(StepKind::Light, &["l1"]), sent, false);
        assert!(matches!(delivery, Delivery::Failed(Error::Rejected { status: 207, .. })), "{delivery:?}");
    }

    #[test]
    fn a_step_that_failed_fails_its_lights() {
        let failed = StepResult::Refused(Error::Timeout);
        assert_eq!(
            delivered(&light("l1", None), step(StepKind::Light, &["l1"]), failed, false),
            Delivery::Failed(Error::Timeout)
        );
        let not = StepResult::NotSent("why".to_owned());
        assert_eq!(
            delivered(&light("l1", None), step(StepKind::Light, &["l1"]), not, false),
            Delivery::NotSent("why".to_owned())
        );
    }

    #[test]
    fn a_lost_answer_leaves_the_result_unknown_unless_the_event_stream_shows_the_state() {
        let lost = StepResult::Unknown(Error::Timeout);
        let lamp = step(StepKind::Light, &["l1"]);
        let unknown = Delivery::Unknown(Error::Timeout);
        assert_eq!(delivered(&light("l1", None), lamp.clone(), lost.clone(), false), unknown);
        assert_eq!(delivered(&light("l1", None), lamp, lost, true), Delivery::Confirmed);
    }

    #[test]
    fn what_a_busy_bridge_discarded_failed_unless_the_event_stream_shows_the_state() {
        let busy = Error::Throttled { status: 503, retry_after: std::time::Duration::ZERO };
        let throttled = StepResult::Throttled(busy.clone());
        let group = step(StepKind::Group, &["l1", "l2"]);
        assert_eq!(delivered(&light("l1", None), group.clone(), throttled.clone(), false), Delivery::Failed(busy));
        assert_eq!(delivered(&light("l1", None), group.clone(), throttled.clone(), true), Delivery::Confirmed);
        let already = light("l2", Some(Note::Unchanged));
        assert_eq!(delivered(&already, group, throttled, false), Delivery::Unchanged);
    }

    #[test]
    fn a_refused_group_command_fails_the_lights_that_do_not_show_it() {
        let sent = said("invalid attribute value (.dynamics.duration) for resource g", Some("client_error"));
        let group = step(StepKind::Group, &["l1", "l2"]);
        let delivery = delivered(&light("l1", None), group.clone(), sent.clone(), false);
        assert!(matches!(delivery, Delivery::Failed(Error::Rejected { status: 207, .. })), "{delivery:?}");
        assert_eq!(delivered(&light("l2", None), group, sent, true), Delivery::Confirmed);
    }

    #[test]
    fn a_group_with_some_lamp_out_of_reach_says_nothing_about_the_others() {
        let sent = said("device (light) has communication issues, command (on) may not have effect", None);
        let group = step(StepKind::Group, &["l1", "l2"]);
        assert_eq!(delivered(&light("l1", None), group, sent, false), Delivery::Accepted);
    }
}
