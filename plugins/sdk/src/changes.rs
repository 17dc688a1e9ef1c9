//! Converts outcomes of [`control`](crate::control) into a result with one entry per light.

mod headline;
mod plan;
mod state;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::control::{Adjustment, ChangePlan, Delivery, Outcome, Planned};
use crate::error::message;
use crate::{Error, ErrorCode, Report, ReportError, Status};

pub use headline::count_noun;
use headline::headline;
pub use plan::{Plan, PlanStep};
pub use state::StateView;

/// The reason why a light of a plan does not change, in the host's words.
const ALREADY_SO: &str = "it already is so";

/// Lists the outcome of a change per light, or its plan.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Changes {
    /// One entry per light that was meant.
    pub lights: Vec<LightResult>,
    /// The requests that would be sent; only in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// Describes the outcome of a change for one light.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LightResult {
    /// CLIP v2 id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Name of the room it is in.
    pub room: Option<String>,
    /// How far the change got.
    pub delivery: DeliveryKind,
    /// Why it did not get further, or will not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the light deviates from what was asked.
    pub adjustments: Vec<String>,
    /// State before the change, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<StateView>,
    /// State that the bridge last showed, if known; in a dry run, the state it would have, null if only the bridge knows.
    pub state: Option<StateView>,
}

/// How far a change got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// The bridge has shown the new state.
    Confirmed,
    /// The bridge took the change, and has not shown the new state yet.
    Accepted,
    /// The light already was as asked.
    Unchanged,
    /// The light is off; the bridge keeps the change for when it is turned on.
    StoredWhileOff,
    /// The bridge cannot reach the light.
    Unreachable,
    /// Nothing was sent.
    NotSent,
    /// The change was sent and the answer is missing: it may have been made or not.
    Unknown,
    /// The bridge refused.
    Failed,
    /// A dry run: nothing was meant to be sent.
    Planned,
    /// Something that this plugin does not know.
    Other,
}

impl Report<Changes> {
    /// Reports the outcomes of [`apply`](crate::control::apply). `subject` names what was changed, for example a room.
    ///
    /// The status is success if all lights did what was asked, and failed if surely none did. Otherwise it is partial: a
    /// change that was sent without an answer may have been made.
    pub fn from_outcomes(subject: &str, outcomes: &[Outcome]) -> Self {
        let lights: Vec<_> = outcomes.iter().map(LightResult::from_outcome).collect();
        let changed = lights.iter().filter(|light| light.delivery.changes_light()).count();
        let (message, lines) = summarize(subject, &lights);
        let failed = lights.iter().zip(outcomes).filter(|(light, _)| !light.delivery.is_success());
        let errors = failed.map(|(light, outcome)| report_error(light, outcome)).collect();
        let status = status(&lights);
        let mut report = Self::new(status, message, Changes { lights, plan: None }).affecting(changed).lines(lines);
        report.body.errors = errors;
        report
    }

    /// Reports a recall of a scene whose lights nobody knows: the bridge took it, and no light tells what it changed.
    pub fn recalled_unseen(subject: &str) -> Self {
        let message = format!("{subject}: the bridge took the recall. Which lights it changes is not known.");
        Self::success(message, Changes { lights: Vec::new(), plan: None })
    }

    /// Reports a dry run: the result of [`plan`](crate::control::plan), which sends nothing.
    pub fn from_plan(subject: &str, plan: &ChangePlan) -> Self {
        let mut lights: Vec<_> = plan.lights.iter().map(LightResult::from_planned).collect();
        for light in &mut lights {
            if !plan::is_outcome_known(plan, &light.id) {
                light.state = None;
            } else if light.stays_as_it_is() && !plan::identifies(plan, &light.id) {
                light.reason.get_or_insert_with(|| ALREADY_SO.to_owned());
            }
        }
        let view = Plan::from_plan(plan);
        let message = format!(
            "Dry run, nothing was sent. {subject}: {}, with {} in about {:.1} s.",
            headline::planned(&lights, view.steps.len()),
            count_noun(view.steps.len(), "request"),
            view.estimated_seconds
        );
        let lines = lights.iter().map(LightResult::plan_line).collect::<Vec<_>>();
        Self::success(message, Changes { lights, plan: Some(view) }).lines(lines)
    }
}

impl LightResult {
    /// Converts the outcome of one light.
    pub fn from_outcome(outcome: &Outcome) -> Self {
        let (delivery, reason) = classify_delivery(&outcome.delivery);
        Self {
            id: outcome.light.clone(),
            name: outcome.name.clone(),
            room: outcome.room.clone(),
            delivery,
            reason,
            adjustments: outcome.adjustments.iter().map(adjustment_text).collect(),
            before: None,
            state: outcome.after.as_ref().map(StateView::from_state),
        }
    }

    /// Converts the plan for one light.
    pub fn from_planned(planned: &Planned) -> Self {
        Self {
            id: planned.light.clone(),
            name: planned.name.clone(),
            room: planned.room.clone(),
            delivery: DeliveryKind::Planned,
            reason: planned.note.clone(),
            adjustments: planned.adjustments.iter().map(adjustment_text).collect(),
            before: Some(StateView::from_state(&planned.before)),
            state: Some(StateView::from_state(&planned.after)),
        }
    }

    /// Describes the outcome without the light's name: `on, 50 %, 2700 K (confirmed)`. The state of a light that has not
    /// shown its change yet is an old one, and is left out.
    pub fn outcome_text(&self) -> String {
        let is_shown = self.delivery.is_success() && self.delivery != DeliveryKind::Accepted;
        let state = self.state.as_ref().filter(|_| is_shown).map(StateView::text);
        let mut text = match (state, self.delivery) {
            (Some(state), delivery) => format!("{state} ({})", delivery.text()),
            (None, delivery) => delivery.text().to_owned(),
        };
        if let Some(reason) = &self.reason {
            let _ = write!(text, ": {reason}");
        }
        self.with_adjustments(text)
    }

    /// Returns whether the planned state shows as the present one does.
    fn stays_as_it_is(&self) -> bool {
        self.before.as_ref().zip(self.state.as_ref()).is_some_and(|(before, after)| before.looks_like(after))
    }

    fn plan_line(&self) -> String {
        let unknown = || "known to the bridge only".to_owned();
        let state = |state: &Option<StateView>| state.as_ref().map_or_else(unknown, StateView::text);
        let text = match &self.reason {
            Some(reason) => format!("{}: stays {} ({reason})", self.name, state(&self.before)),
            None => format!("{}: {} → {}", self.name, state(&self.before), state(&self.state)),
        };
        self.with_adjustments(text)
    }

    fn with_adjustments(&self, mut text: String) -> String {
        if !self.adjustments.is_empty() {
            let _ = write!(text, "; {}", self.adjustments.join(", "));
        }
        text
    }
}

impl DeliveryKind {
    /// Returns whether the light does, or will do, what was asked.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Confirmed | Self::Accepted | Self::Unchanged | Self::StoredWhileOff | Self::Planned)
    }

    /// Returns whether the light was changed.
    pub fn changes_light(self) -> bool {
        matches!(self, Self::Confirmed | Self::Accepted | Self::StoredWhileOff)
    }

    fn text(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Accepted => "accepted, not yet confirmed",
            Self::Unchanged => "already so",
            Self::StoredWhileOff => "stored until it is turned on",
            Self::Unreachable => "unreachable (no power?)",
            Self::NotSent => "not sent",
            Self::Unknown => "sent, result unknown",
            Self::Failed => "failed",
            Self::Planned => "planned",
            Self::Other => "unknown",
        }
    }
}

fn classify_delivery(delivery: &Delivery) -> (DeliveryKind, Option<String>) {
    match delivery {
        Delivery::Confirmed => (DeliveryKind::Confirmed, None),
        Delivery::Accepted => (DeliveryKind::Accepted, None),
        Delivery::Unchanged => (DeliveryKind::Unchanged, None),
        Delivery::StoredWhileOff => (DeliveryKind::StoredWhileOff, None),
        Delivery::Unreachable => (DeliveryKind::Unreachable, None),
        Delivery::NotSent(reason) => (DeliveryKind::NotSent, Some(reason.clone())),
        Delivery::Failed(Error::Timeout(text)) => (DeliveryKind::Unknown, Some(text.clone())),
        Delivery::Failed(error) => (DeliveryKind::Failed, Some(message(error).to_owned())),
        Delivery::Other(text) => (DeliveryKind::Other, Some(text.clone())),
    }
}

/// Builds the error of a light that does not do what was asked.
fn report_error(light: &LightResult, outcome: &Outcome) -> ReportError {
    let details = json!({"light": light.id, "name": light.name, "room": light.room});
    ReportError {
        code: error_code(&outcome.delivery),
        message: format!("{}: {}", light.name, light.outcome_text()),
        details: details.as_object().cloned(),
    }
}

fn error_code(delivery: &Delivery) -> ErrorCode {
    match delivery {
        Delivery::Unreachable => ErrorCode::ApiError,
        Delivery::Failed(error) => match error {
            Error::Denied(_) => ErrorCode::Denied,
            Error::Invalid(_) => ErrorCode::ValidationError,
            Error::NotFound(_) => ErrorCode::NotFound,
            Error::Unavailable(_) => ErrorCode::BridgeUnavailable,
            Error::Timeout(_) => ErrorCode::Timeout,
            Error::Rejected(_) => ErrorCode::ApiError,
            Error::Other(_) => ErrorCode::Unknown,
        },
        _ => ErrorCode::Unknown,
    }
}

fn adjustment_text(adjustment: &Adjustment) -> String {
    match adjustment {
        Adjustment::Clamped(clamped) => {
            format!("{} {} became {}, its limit", clamped.attribute, clamped.asked, clamped.given)
        }
        Adjustment::Unsupported(attribute) => format!("it has no {attribute}"),
        Adjustment::Other(text) => text.clone(),
    }
}

/// Returns the share of a change that was made.
fn status(lights: &[LightResult]) -> Status {
    let good = lights.iter().filter(|light| light.delivery.is_success()).count();
    let is_unknown = |light: &LightResult| light.delivery == DeliveryKind::Unknown;
    match good {
        0 if !lights.iter().any(is_unknown) => Status::Failed,
        all if all == lights.len() => Status::Success,
        _ => Status::Partial,
    }
}

/// Returns the message, and the lines below it. One light needs only the message; of several lights, those with the same
/// outcome share a line.
fn summarize(subject: &str, lights: &[LightResult]) -> (String, Vec<String>) {
    if let [light] = lights {
        return (format!("{}: {}", light.name, light.outcome_text()), Vec::new());
    }
    let message = format!("{subject}: {}.", headline(lights));
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for light in lights {
        let text = light.outcome_text();
        match lines.iter_mut().find(|(same, _)| *same == text) {
            Some((_, names)) => names.push(&light.name),
            None => lines.push((text, vec![&light.name])),
        }
    }
    (message, lines.into_iter().map(|(text, names)| format!("{}: {text}", names.join(", "))).collect())
}

#[cfg(test)]
mod tests;
