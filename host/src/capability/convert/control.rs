//! Converts commands to the bridge's types, and plans and outcomes to the contract's.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use hue_bridge as hue;

use super::{error, home};
use crate::contract::{control, draft, milliseconds, types};

/// The milliseconds that a change may take, as the contract has them.
const TRANSITION_RANGE_MS: RangeInclusive<u64> = 0..=6_000_000;

/// The milliseconds that a caller may wait for confirmation: at most as long as a call may take.
const CONFIRM_WITHIN_RANGE_MS: RangeInclusive<u64> = 0..=600_000;

/// The colour temperatures in kelvin, as the contract has them.
const KELVIN_RANGE: RangeInclusive<f64> = 1_000.0..=20_000.0;

// === To the contract ===

pub(in crate::capability) fn outcome(outcome: hue::Outcome) -> control::Outcome {
    control::Outcome {
        light: outcome.light.to_string(),
        name: outcome.name,
        room: outcome.room,
        delivery: delivery(outcome.delivery),
        adjustments: outcome.adjustments.into_iter().map(adjustment).collect(),
        before: outcome.before.as_ref().map(home::state),
        after: outcome.after.as_ref().map(home::state),
    }
}

fn delivery(delivery: hue::Delivery) -> control::Delivery {
    match delivery {
        hue::Delivery::Confirmed => control::Delivery::Confirmed,
        hue::Delivery::Accepted => control::Delivery::Accepted,
        hue::Delivery::Unchanged => control::Delivery::Unchanged,
        hue::Delivery::StoredWhileOff => control::Delivery::StoredWhileOff,
        hue::Delivery::Unreachable => control::Delivery::Unreachable,
        hue::Delivery::NotSent(reason) => control::Delivery::NotSent(reason),
        // Was sent, so that the contract's `unavailable` would be wrong.
        hue::Delivery::Failed(cause @ hue::Error::Throttled { .. }) => {
            control::Delivery::Failed(types::Error::Rejected(cause.to_string()))
        }
        // Of an unknown result the error is a timeout.
        hue::Delivery::Unknown(cause) | hue::Delivery::Failed(cause) => control::Delivery::Failed(error(cause)),
    }
}

fn adjustment(adjustment: hue::Adjustment) -> control::Adjustment {
    match adjustment {
        hue::Adjustment::Clamped { attribute, asked, given } => {
            control::Adjustment::Clamped(control::Clamped { attribute: attribute.to_owned(), asked, given })
        }
        hue::Adjustment::Unsupported(attribute) => control::Adjustment::Unsupported(attribute.to_owned()),
        hue::Adjustment::Other(text) => control::Adjustment::Other(text),
    }
}

pub(in crate::capability) fn plan(plan: hue::Plan) -> control::ChangePlan {
    control::ChangePlan {
        steps: plan.steps.into_iter().map(step).collect(),
        lights: plan.lights.into_iter().map(planned).collect(),
        estimated_ms: milliseconds(plan.estimated),
    }
}

fn step(step: hue::Step) -> control::Step {
    control::Step {
        kind: match step.kind {
            hue::StepKind::Light => control::StepKind::Light,
            hue::StepKind::Group => control::StepKind::Group,
            hue::StepKind::Scene => control::StepKind::Scene,
            // The contract's `scene` has known states; what a smart scene does is known to the bridge only.
            hue::StepKind::SmartScene => control::StepKind::Other("smart_scene".to_owned()),
            hue::StepKind::Identify => control::StepKind::Identify,
        },
        id: step.resource.to_string(),
        name: step.name,
        lights: home::ids(&step.lights),
        body: step.body.to_string(),
    }
}

fn planned(light: hue::PlannedLight) -> control::Planned {
    control::Planned {
        light: light.light.to_string(),
        name: light.name,
        room: light.room,
        before: home::state(&light.before),
        after: home::state(&light.after),
        adjustments: light.adjustments.into_iter().map(adjustment).collect(),
        note: light.note.as_ref().map(|note| note_text(note).to_owned()),
    }
}

fn note_text(note: &hue::Note) -> &'static str {
    match note {
        hue::Note::Unchanged => "it already is so",
        hue::Note::Unreachable => "the bridge cannot reach it",
        hue::Note::StoredWhileOff => "it is off; the bridge keeps the change for when it is turned on",
        hue::Note::Unsupported => "it can do none of this",
    }
}

// === From the contract ===

pub(in crate::capability) fn apply_options(
    options: &draft::control::ApplyOptions,
    deadline: std::time::Instant,
) -> Result<hue::ApplyOptions, types::Error> {
    let usual = hue::ApplyOptions::default();
    let given = duration("confirm-within-ms", options.confirm_within_ms, &CONFIRM_WITHIN_RANGE_MS)?;
    Ok(hue::ApplyOptions { confirm_within: given.unwrap_or(usual.confirm_within), deadline })
}

pub(in crate::capability) fn command(command: draft::control::Command) -> Result<hue::Command, types::Error> {
    Ok(match command {
        draft::control::Command::Set(set) => {
            hue::Command::Set { target: target(set.target), change: change(set.change)? }
        }
        draft::control::Command::Recall(recall) => hue::Command::Recall {
            scene: hue::Id::new(recall.scene),
            mode: match recall.mode {
                control::RecallMode::Active => hue::RecallMode::Active,
                control::RecallMode::DynamicPalette => hue::RecallMode::DynamicPalette,
                control::RecallMode::Static => hue::RecallMode::Static,
            },
            transition: transition(recall.transition_ms)?,
            brightness: recall.brightness,
        },
        draft::control::Command::Identify(light) => hue::Command::Identify(hue::Id::new(light)),
        draft::control::Command::Other(_) => return Err(unknown("this command")),
    })
}

fn target(target: control::Target) -> hue::Target {
    match target {
        control::Target::Light(id) => hue::Target::Light(hue::Id::new(id)),
        control::Target::Group(id) => hue::Target::Group(hue::Id::new(id)),
    }
}

pub(in crate::capability) fn change(change: draft::control::Change) -> Result<hue::Change, types::Error> {
    if let Some((name, _)) = change.more.first() {
        return Err(unknown(&format!("the attribute {name:?}")));
    }
    Ok(hue::Change {
        power: change.power.map(|power| match power {
            control::Power::On => hue::Power::On,
            control::Power::Off => hue::Power::Off,
            control::Power::Toggle => hue::Power::Toggle,
        }),
        brightness: change.brightness.map(|brightness| match brightness {
            control::Brightness::Percent(percent) => hue::Brightness::Percent(percent),
            control::Brightness::Delta(delta) => hue::Brightness::Delta(delta),
        }),
        color: change.color.map(color).transpose()?,
        transition: transition(change.transition_ms)?,
        effect: change.effect,
        effect_speed: change.effect_speed,
        gradient: change.gradient.into_iter().map(color).collect::<Result<_, _>>()?,
    })
}

fn color(color: draft::control::Color) -> Result<hue::Color, types::Error> {
    Ok(match color {
        draft::control::Color::Text(text) => hue::Color::Text(text),
        draft::control::Color::Mirek(mirek) => hue::Color::Mirek(mirek),
        draft::control::Color::Kelvin(kelvin) => {
            check_range("kelvin", &kelvin, &KELVIN_RANGE)?;
            hue::Color::Kelvin(whole(kelvin))
        }
        draft::control::Color::Xy(xy) => hue::Color::Xy(hue::Xy { x: xy.x, y: xy.y }),
        draft::control::Color::MirekDelta(delta) => hue::Color::MirekDelta(delta),
    })
}

fn transition(milliseconds: Option<u64>) -> Result<Option<Duration>, types::Error> {
    duration("transition-ms", milliseconds, &TRANSITION_RANGE_MS)
}

fn duration(
    field: &str,
    milliseconds: Option<u64>,
    range: &RangeInclusive<u64>,
) -> Result<Option<Duration>, types::Error> {
    let Some(milliseconds) = milliseconds else { return Ok(None) };
    check_range(field, &milliseconds, range)?;
    Ok(Some(Duration::from_millis(milliseconds)))
}

/// Refuses a number out of its range, with the field's name. A JavaScript guest's negative number, or one of 2^31 or more,
/// arrives as another large number where the contract has a `u32`: it would be a fade of hours.
fn check_range<N: PartialOrd + Display>(
    field: &str,
    number: &N,
    range: &RangeInclusive<N>,
) -> Result<(), types::Error> {
    if range.contains(number) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(types::Error::Invalid(format!("{field} is {number}; it must be {least} to {most}")))
}

/// Rounds a number that is in the range of kelvin.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its range fits")]
fn whole(kelvin: f64) -> u32 {
    kelvin.round() as u32
}

fn unknown(what: &str) -> types::Error {
    types::Error::Invalid(format!("this host does not know {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smart_scene_is_told_from_a_scene_with_known_states() {
        let kind = |kind| {
            let (resource, name) = (hue::Id::new("s"), "Day".to_owned());
            let (lights, body) = (Vec::new(), serde_json::json!({}));
            step(hue::Step { kind, resource, name, lights, body, messages: 1, repeatable: true }).kind
        };
        assert!(matches!(kind(hue::StepKind::Scene), control::StepKind::Scene));
        assert!(matches!(kind(hue::StepKind::SmartScene), control::StepKind::Other(name) if name == "smart_scene"));
    }

    #[test]
    fn an_unknown_result_is_a_timeout_whatever_its_cause() {
        for cause in [hue::Error::Timeout, hue::Error::InDoubt("HTML".to_owned())] {
            let told = delivery(hue::Delivery::Unknown(cause));
            assert!(matches!(told, control::Delivery::Failed(types::Error::Timeout(_))), "{told:?}");
        }
    }

    #[test]
    fn a_change_that_a_busy_bridge_discarded_was_sent() {
        let busy = hue::Error::Throttled { status: 503, retry_after: Duration::from_secs(5) };
        let told = delivery(hue::Delivery::Failed(busy));
        let refused = "the bridge refused it as too busy";
        assert!(
            matches!(&told, control::Delivery::Failed(types::Error::Rejected(text)) if text == refused),
            "{told:?}"
        );
    }

    /// Is -1 as it arrives from a JavaScript guest (componentize-js 0.19.3 and 0.23.0).
    const MINUS_ONE_FROM_JAVASCRIPT: u32 = 4_292_870_144;

    fn recall(transition_ms: Option<u32>) -> draft::control::Command {
        let (scene, mode) = ("s".to_owned(), control::RecallMode::Active);
        control::Command::Recall(control::Recall { scene, mode, transition_ms, brightness: None }).into()
    }

    #[test]
    fn a_number_out_of_its_range_is_refused_with_the_fields_name() {
        for number in [6_000_001, MINUS_ONE_FROM_JAVASCRIPT, u32::MAX] {
            let Err(types::Error::Invalid(reason)) = command(recall(Some(number))) else { panic!("{number} is taken") };
            assert_eq!(reason, format!("transition-ms is {number}; it must be 0 to 6000000"));
        }
        let Err(types::Error::Invalid(reason)) = color(control::Color::Kelvin(MINUS_ONE_FROM_JAVASCRIPT).into()) else {
            panic!("it is taken")
        };
        assert!(reason.starts_with("kelvin is 4292870144"), "{reason}");
        let options = |ms| control::ApplyOptions { confirm_within_ms: Some(ms), meta: None }.into();
        let now = std::time::Instant::now();
        let Err(types::Error::Invalid(reason)) = apply_options(&options(MINUS_ONE_FROM_JAVASCRIPT), now) else {
            panic!("it is taken")
        };
        assert!(reason.starts_with("confirm-within-ms is"), "{reason}");
        assert!(apply_options(&options(600_000), now).is_ok());
    }

    #[test]
    fn the_ends_of_a_range_are_taken() {
        for number in [None, Some(0), Some(6_000_000)] {
            assert!(command(recall(number)).is_ok(), "{number:?}");
        }
        for kelvin in [1_000, 20_000] {
            assert!(color(control::Color::Kelvin(kelvin).into()).is_ok(), "{kelvin}");
        }
    }

    #[test]
    fn a_number_that_is_no_temperature_is_refused() {
        for kelvin in [f64::NAN, f64::INFINITY, -1.0, 999.9, 20_000.1] {
            assert!(color(draft::control::Color::Kelvin(kelvin)).is_err(), "{kelvin}");
        }
        assert_eq!(color(draft::control::Color::Kelvin(2_699.6)).unwrap(), hue::Color::Kelvin(2_700));
    }
}
