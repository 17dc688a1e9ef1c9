//! From what the bridge answered to what is said about one light.

use std::collections::HashSet;

use super::{Index, Sent, Verdict, confirm::steps, verdict::Meaning};
use crate::{
    change::{Adjustment, Delivery, Note, Outcome, PlannedLight},
    error::Error,
    home::{Home, Id, Light},
    plan,
};

/// What became of one light.
pub(super) fn of(
    light: &PlannedLight,
    index: &Index<'_>,
    verdicts: &[Verdict<'_>],
    confirmed: &HashSet<&Id>,
    home: &Home,
) -> Outcome {
    let own = steps(light, index, verdicts);
    let mut adjustments = light.adjustments.clone();
    for meaning in own.iter().flat_map(|verdict| verdict.about(&light.light)) {
        if let Meaning::Unsupported(attribute) = meaning {
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

/// The worst that is known, but for what the event stream showed all the same.
fn delivery(light: &PlannedLight, own: &[&Verdict<'_>], confirmed: bool, now: Option<&Light>) -> Delivery {
    if own.is_empty() {
        return without_steps(light);
    }
    if let Some(failed) = own.iter().find_map(|verdict| failure(verdict.sent, confirmed)) {
        return failed;
    }
    let said: Vec<&Meaning> = own.iter().flat_map(|verdict| verdict.about(&light.light)).collect();
    if let Some(message) = said.iter().find_map(|meaning| meaning.refusal()) {
        return Delivery::Failed(Error::Rejected { status: 207, message: message.clone() });
    }
    if said.contains(&&Meaning::Unreachable) {
        return Delivery::Unreachable;
    }
    if confirmed {
        return Delivery::Confirmed;
    }
    // The answer to a command to many says nothing of a lamp that went out of reach a moment ago.
    if now.is_some_and(plan::unreachable) {
        return Delivery::Unreachable;
    }
    if let Some(error) = own.iter().find_map(|verdict| verdict.about_all()) {
        return Delivery::Failed(error);
    }
    match &light.note {
        Some(note) => noted(note),
        None if said.contains(&&Meaning::SoftOff) => soft_off(light),
        None => Delivery::Accepted,
    }
}

/// A request without an answer did what the event stream shows.
fn failure(sent: &Sent, confirmed: bool) -> Option<Delivery> {
    match sent {
        Sent::Failed(error) => Some(Delivery::Failed(error.clone())),
        Sent::Unsure(error) => (!confirmed).then(|| Delivery::Failed(error.clone())),
        Sent::Not(reason) => Some(Delivery::NotSent(reason.clone())),
        Sent::Taken(_) => None,
    }
}

fn without_steps(light: &PlannedLight) -> Delivery {
    match &light.note {
        Some(note @ (Note::Unreachable | Note::Unsupported)) => noted(note),
        _ => Delivery::Unchanged,
    }
}

fn noted(note: &Note) -> Delivery {
    match note {
        Note::Unchanged => Delivery::Unchanged,
        Note::Unreachable => Delivery::Unreachable,
        Note::StoredWhileOff => Delivery::StoredWhileOff,
        Note::Unsupported => Delivery::NotSent("it can do none of what was asked".to_owned()),
    }
}

/// "Soft off" for one that was to be off anyway is no news.
fn soft_off(light: &PlannedLight) -> Delivery {
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
        change::{Plan, Step, StepKind},
        clip::SoftError,
        home::LightState,
    };

    fn light(id: &str, note: Option<Note>) -> PlannedLight {
        PlannedLight {
            light: Id::new(id),
            name: id.to_owned(),
            room: None,
            before: LightState::default(),
            after: LightState { on: true, ..LightState::default() },
            adjustments: Vec::new(),
            note,
        }
    }

    fn step(kind: StepKind, lights: &[&str]) -> Step {
        Step {
            kind,
            resource: Id::new("resource"),
            name: String::new(),
            lights: lights.iter().map(Id::new).collect(),
            body: json!({}),
            messages: 1,
            repeatable: true,
        }
    }

    fn said(text: &str, code: Option<&str>) -> Sent {
        Sent::Taken(vec![SoftError { description: text.to_owned(), error_code: code.map(str::to_owned) }])
    }

    fn outcome(light: &PlannedLight, step: Step, sent: &Sent, confirmed: bool) -> Outcome {
        let plan = Plan { steps: vec![step], lights: vec![light.clone()], ..Plan::default() };
        let verdicts = [Verdict::of(&plan.steps[0], sent)];
        let confirmed = if confirmed { HashSet::from([&light.light]) } else { HashSet::new() };
        of(light, &Index::of(&plan), &verdicts, &confirmed, &Home::default())
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests read better so")]
    fn delivered(light: &PlannedLight, step: Step, sent: Sent, confirmed: bool) -> Delivery {
        outcome(light, step, &sent, confirmed).delivery
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
        let taken = Sent::Taken(Vec::new());
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
        let failed = Sent::Failed(Error::Timeout);
        assert_eq!(
            delivered(&light("l1", None), step(StepKind::Light, &["l1"]), failed, false),
            Delivery::Failed(Error::Timeout)
        );
        let not = Sent::Not("why".to_owned());
        assert_eq!(
            delivered(&light("l1", None), step(StepKind::Light, &["l1"]), not, false),
            Delivery::NotSent("why".to_owned())
        );
    }

    #[test]
    fn a_lost_answer_is_a_failure_unless_the_event_stream_shows_the_state() {
        let lost = Sent::Unsure(Error::Timeout);
        let lamp = step(StepKind::Light, &["l1"]);
        let failed = Delivery::Failed(Error::Timeout);
        assert_eq!(delivered(&light("l1", None), lamp.clone(), lost.clone(), false), failed);
        assert_eq!(delivered(&light("l1", None), lamp, lost, true), Delivery::Confirmed);
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
