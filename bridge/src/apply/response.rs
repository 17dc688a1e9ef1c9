//! The bridge's response to a step, and its meaning for each light of the step.

use std::collections::HashMap;

use super::StepResult;
use crate::{
    change::{Step, StepKind},
    clip::SoftError,
    error::Error,
    home::Id,
};

/// The attributes named in the bridge's errors, as this crate names them.
const ATTRIBUTE_NAMES: [(&str, &str); 6] = [
    (".color_temperature", "color_temperature"),
    (".color", "color"),
    (".dimming", "brightness"),
    (".effects", "effect"),
    (".gradient", "gradient"),
    (".dynamics", "transition"),
];

/// A step with its result, and the errors that the bridge reported for each light.
pub(super) struct StepResponse<'a> {
    pub(super) step: &'a Step,
    pub(super) result: &'a StepResult,
    by_light: HashMap<&'a Id, Vec<ErrorMeaning>>,
    /// The errors that name no light of the step.
    unassigned: Vec<ErrorMeaning>,
}

/// The meaning that a soft error has for a light.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ErrorMeaning {
    Unreachable,
    SoftOff,
    Unsupported(&'static str),
    Refused(String),
}

impl<'a> StepResponse<'a> {
    pub(super) fn new(step: &'a Step, result: &'a StepResult) -> Self {
        let mut response = Self { step, result, by_light: HashMap::new(), unassigned: Vec::new() };
        let StepResult::Accepted(errors) = result else { return response };
        for error in errors {
            let named: Vec<&Id> = step.lights.iter().filter(|id| error.description.contains(id.as_str())).collect();
            if named.is_empty() {
                response.unassigned.push(ErrorMeaning::new(error));
            }
            for light in named {
                response.by_light.entry(light).or_default().push(ErrorMeaning::new(error));
            }
        }
        response
    }

    /// Returns the errors about a light. Older firmware names no light: such an error is about the step's only light. In
    /// the response to a group command or recall it is [`StepResponse::common_refusal`].
    pub(super) fn errors_about(&self, light: &Id) -> impl Iterator<Item = &ErrorMeaning> {
        let unassigned = if self.has_one_light() { self.unassigned.as_slice() } else { &[] };
        self.by_light.get(light).into_iter().flatten().chain(unassigned)
    }

    /// Returns the refusal of a group command or recall, in the bridge's words. That some lamp is unreachable or off
    /// says nothing about the others.
    pub(super) fn common_refusal(&self) -> Option<Error> {
        let refused = self.unassigned.iter().filter(|_| !self.has_one_light()).find_map(ErrorMeaning::refusal);
        refused.cloned().map(|message| Error::Rejected { status: 207, message })
    }

    /// Returns the reason why the step was surely or possibly not done, for a step without a known light.
    pub(super) fn error(&self) -> Option<Error> {
        match self.result {
            StepResult::Accepted(_) => self.common_refusal(),
            StepResult::NotSent(reason) => Some(Error::Unavailable { reason: reason.clone(), retry_after: None }),
            StepResult::Throttled(error) | StepResult::Unknown(error) | StepResult::Refused(error) => {
                Some(error.clone())
            }
        }
    }

    /// Returns whether the response already tells that a light does not follow.
    pub(super) fn rules_out(&self, light: &Id) -> bool {
        self.errors_about(light).any(|meaning| !matches!(meaning, ErrorMeaning::Unsupported(_)))
    }

    fn has_one_light(&self) -> bool {
        matches!(self.step.kind, StepKind::Light | StepKind::Identify)
    }
}

impl ErrorMeaning {
    fn new(error: &SoftError) -> Self {
        let text = error.description.as_str();
        match error.error_code.as_deref() {
            Some("communication_error") => Self::Unreachable,
            _ if text.contains("communication issues") => Self::Unreachable,
            _ if text.contains("not supported") => Self::Unsupported(attribute_name(text)),
            Some("attribute_may_have_no_effect") => Self::SoftOff,
            _ if text.contains("may not have effect") => Self::SoftOff,
            _ => Self::Refused(text.to_owned()),
        }
    }

    pub(super) fn refusal(&self) -> Option<&String> {
        match self {
            Self::Refused(message) => Some(message),
            _ => None,
        }
    }
}

/// Finds the attribute that is named in `attribute (.color_temperature.mirek) is not supported ...`.
fn attribute_name(text: &str) -> &'static str {
    ATTRIBUTE_NAMES.iter().find(|(path, _)| text.contains(path)).map_or("other", |(_, name)| *name)
}
