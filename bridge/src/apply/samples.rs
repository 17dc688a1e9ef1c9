//! Sample steps and planned lights that the tests of `apply` share.

use serde_json::Value;

use crate::{
    change::{PlannedLight, Step, StepKind},
    home::{Id, LightState},
};

/// Makes a planned light that is named by its id.
pub(super) fn planned_light(id: &str, before: LightState, after: LightState) -> PlannedLight {
    let light = Id::new(id);
    PlannedLight { light, name: id.to_owned(), room: None, before, after, adjustments: Vec::new(), note: None }
}

/// Makes a repeatable step of one Zigbee message.
pub(super) fn step(kind: StepKind, lights: &[&str], body: Value) -> Step {
    Step {
        kind,
        resource: Id::new("resource"),
        name: String::new(),
        lights: lights.iter().map(Id::new).collect(),
        body,
        messages: 1,
        repeatable: true,
    }
}
