//! What the bridge's answer to a step means for each of its lights.

use std::collections::HashMap;

use super::Sent;
use crate::{
    change::{Step, StepKind},
    clip::SoftError,
    error::Error,
    home::Id,
};

/// A step, what became of it, and what the bridge said about its lights.
pub(super) struct Verdict<'a> {
    pub(super) step: &'a Step,
    pub(super) sent: &'a Sent,
    named: HashMap<&'a Id, Vec<Meaning>>,
    /// What names none of its lights.
    whole: Vec<Meaning>,
}

/// What a soft error means for a light.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    Unreachable,
    SoftOff,
    Unsupported(&'static str),
    Refused(String),
}

impl<'a> Verdict<'a> {
    pub(super) fn of(step: &'a Step, sent: &'a Sent) -> Self {
        let mut verdict = Self { step, sent, named: HashMap::new(), whole: Vec::new() };
        let Sent::Taken(errors) = sent else { return verdict };
        for error in errors {
            let named: Vec<&Id> = step.lights.iter().filter(|id| error.description.contains(id.as_str())).collect();
            if named.is_empty() {
                verdict.whole.push(meaning(error));
            }
            for light in named {
                verdict.named.entry(light).or_default().push(meaning(error));
            }
        }
        verdict
    }

    /// What was said about a light. What names no light of the step is about the step's only light, as older firmware
    /// names none; of a command to many it is [`Verdict::about_all`].
    pub(super) fn about(&self, light: &Id) -> impl Iterator<Item = &Meaning> {
        let whole = if self.is_alone() { self.whole.as_slice() } else { &[] };
        self.named.get(light).into_iter().flatten().chain(whole)
    }

    /// A refusal of a command to many, in the bridge's words. That some lamp cannot be reached or is off says nothing
    /// about the others.
    pub(super) fn about_all(&self) -> Option<Error> {
        let refused = self.whole.iter().filter(|_| !self.is_alone()).find_map(Meaning::refusal);
        refused.cloned().map(|message| Error::Rejected { status: 207, message })
    }

    /// Whether the answer already tells that a light does not follow.
    pub(super) fn settles(&self, light: &Id) -> bool {
        self.about(light).any(|meaning| !matches!(meaning, Meaning::Unsupported(_)))
    }

    fn is_alone(&self) -> bool {
        matches!(self.step.kind, StepKind::Light | StepKind::Identify)
    }
}

impl Meaning {
    pub(super) fn refusal(&self) -> Option<&String> {
        match self {
            Self::Refused(message) => Some(message),
            _ => None,
        }
    }
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
