//! From what the bridge answered to what is said about one light.

use std::collections::HashSet;

use super::{Sent, steps_of};
use crate::{
    change::{Adjustment, Delivery, Note, Outcome, PlannedLight, Step, StepKind},
    clip::SoftError,
    error::Error,
    home::{Home, Id},
};

/// What a soft error means for a light.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Unreachable,
    SoftOff,
    Unsupported(&'static str),
    Refused(String),
}

/// What became of one light.
pub(super) fn of(light: &PlannedLight, steps: &[Step], sent: &[Sent], confirmed: &HashSet<Id>, home: &Home) -> Outcome {
    let own: Vec<(&Step, &Sent)> = steps_of(&light.light, steps, sent).collect();
    let meanings: Vec<Meaning> = own.iter().flat_map(|(step, sent)| meanings(&light.light, step, sent)).collect();
    let mut adjustments = light.adjustments.clone();
    for meaning in &meanings {
        if let Meaning::Unsupported(attribute) = meaning {
            adjustments.push(Adjustment::Unsupported(attribute));
        }
    }
    Outcome {
        light: light.light.clone(),
        name: light.name.clone(),
        room: light.room.clone(),
        delivery: delivery(light, &own, &meanings, confirmed.contains(&light.light)),
        adjustments,
        before: Some(light.before.clone()),
        after: home.light(&light.light).map(|now| now.state.clone()),
    }
}

/// Whether the bridge's own answer already tells that the light does not follow.
pub(super) fn is_settled(light: &Id, step: &Step, sent: &Sent) -> bool {
    meanings(light, step, sent).iter().any(|meaning| !matches!(meaning, Meaning::Unsupported(_)))
}

fn delivery(light: &PlannedLight, own: &[(&Step, &Sent)], meanings: &[Meaning], confirmed: bool) -> Delivery {
    if own.is_empty() {
        return nothing_sent(light);
    }
    let failed = own.iter().find_map(|(_, sent)| match sent {
        Sent::Failed(error) => Some(Delivery::Failed(error.clone())),
        Sent::Not(reason) => Some(Delivery::NotSent(reason.clone())),
        Sent::Taken(_) => None,
    });
    if let Some(failed) = failed {
        return failed;
    }
    let refused = meanings.iter().find_map(|meaning| match meaning {
        Meaning::Refused(message) => Some(Error::Rejected { status: 207, message: message.clone() }),
        _ => None,
    });
    match (&light.note, refused) {
        (_, Some(error)) => Delivery::Failed(error),
        _ if meanings.contains(&Meaning::Unreachable) => Delivery::Unreachable,
        (_, None) if confirmed => Delivery::Confirmed,
        (Some(Note::Unreachable), None) => Delivery::Unreachable,
        (Some(Note::Unchanged), None) => Delivery::Unchanged,
        (Some(Note::Unsupported), None) => unsupported(),
        (Some(Note::StoredWhileOff), None) => Delivery::StoredWhileOff,
        (None, None) if meanings.contains(&Meaning::SoftOff) => soft_off(light),
        (None, None) => Delivery::Accepted,
    }
}

fn nothing_sent(light: &PlannedLight) -> Delivery {
    match &light.note {
        Some(Note::Unreachable) => Delivery::Unreachable,
        Some(Note::Unsupported) => unsupported(),
        _ => Delivery::Unchanged,
    }
}

fn unsupported() -> Delivery {
    Delivery::NotSent("it can do none of what was asked".to_owned())
}

/// "Soft off" for one that was to be off anyway is no news.
fn soft_off(light: &PlannedLight) -> Delivery {
    if light.after.on { Delivery::StoredWhileOff } else { Delivery::Unchanged }
}

/// What the soft errors of a step say about a light. One that names no light of the step is about the step's only
/// light, as older firmware names none; in a group command it is about the group, and the lights speak for themselves.
fn meanings(light: &Id, step: &Step, sent: &Sent) -> Vec<Meaning> {
    let Sent::Taken(errors) = sent else { return Vec::new() };
    let names = |error: &SoftError, id: &Id| error.description.contains(id.as_str());
    let alone = matches!(step.kind, StepKind::Light | StepKind::Identify);
    let about = |error: &&SoftError| names(error, light) || (alone && !step.lights.iter().any(|id| names(error, id)));
    let whole = errors.iter().filter(|error| !alone && !step.lights.iter().any(|id| names(error, id)));
    for error in whole {
        tracing::debug!(step = step.name, error = error.description, "the bridge has something to say about a group");
    }
    errors.iter().filter(about).map(meaning).collect()
}

fn meaning(error: &SoftError) -> Meaning {
    let text = error.description.as_str();
    match error.error_code.as_deref() {
        Some("communication_error") => Meaning::Unreachable,
        _ if text.contains("communication issues") => Meaning::Unreachable,
        _ if text.contains("not supported") => Meaning::Unsupported(attribute(text)),
        Some("attribute_may_have_no_effect") => Meaning::SoftOff,
        _ if text.contains("may not have effect") => Meaning::SoftOff,
        _ => Meaning::Refused(text.to_owned()),
    }
}

/// The attribute in `attribute (.color_temperature.mirek) is not supported ...`.
fn attribute(text: &str) -> &'static str {
    const NAMES: [(&str, &str); 6] = [
        (".color_temperature", "color_temperature"),
        (".color", "color"),
        (".dimming", "brightness"),
        (".effects", "effect"),
        (".gradient", "gradient"),
        (".dynamics", "transition"),
    ];
    NAMES.iter().find(|(path, _)| text.contains(path)).map_or("other", |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::home::LightState;

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

    fn delivered(light: &PlannedLight, step: Step, sent: Sent, confirmed: bool) -> Delivery {
        let confirmed = if confirmed { HashSet::from([light.light.clone()]) } else { HashSet::new() };
        of(light, &[step], &[sent], &confirmed, &Home::default()).delivery
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
        let outcome =
            of(&light("l1", None), &[step(StepKind::Light, &["l1"])], &[sent], &HashSet::new(), &Home::default());
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
}
