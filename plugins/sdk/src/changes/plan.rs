//! The part of a result that lists the requests of a dry run.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::control::{ChangePlan, Step, StepKind};

/// The kind of a step that activates a smart scene. What it makes of its lights is known to the bridge only.
const SMART_SCENE: &str = "smart_scene";

/// Lists the requests that a dry run would send.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Plan {
    /// The requests that would go to the bridge, in their order.
    pub steps: Vec<PlanStep>,
    /// Seconds until the last of them is sent.
    pub estimated_seconds: f64,
}

/// A request that would go to the bridge.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlanStep {
    /// Is `light`, `group`, `scene`, `smart_scene` or `identify`.
    pub kind: String,
    /// Name of the light, group or scene.
    pub name: String,
    /// Number of lights it changes.
    pub lights: u32,
    /// The body that the request would have.
    pub body: Value,
}

/// Returns whether a plan tells the state that a light will have: it does unless a smart scene changes it last.
pub(super) fn is_outcome_known(plan: &ChangePlan, light: &str) -> bool {
    let changes = |step: &&Step| step.kind != StepKind::Identify && step.lights.iter().any(|id| id == light);
    let last = plan.steps.iter().rfind(changes);
    last.is_none_or(|step| !matches!(&step.kind, StepKind::Other(kind) if kind == SMART_SCENE))
}

/// Returns whether a plan makes a light identify itself.
pub(super) fn identifies(plan: &ChangePlan, light: &str) -> bool {
    plan.steps.iter().any(|step| step.kind == StepKind::Identify && step.lights.iter().any(|id| id == light))
}

impl Plan {
    pub(super) fn from_plan(plan: &ChangePlan) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "no plan takes 2^52 ms")]
        let estimated_seconds = plan.estimated_ms as f64 / 1000.0;
        Self { steps: plan.steps.iter().map(PlanStep::from_step).collect(), estimated_seconds }
    }
}

impl PlanStep {
    fn from_step(step: &Step) -> Self {
        let kind = match &step.kind {
            StepKind::Light => "light",
            StepKind::Group => "group",
            StepKind::Scene => "scene",
            StepKind::Identify => "identify",
            StepKind::Other(kind) => kind,
        };
        Self {
            kind: kind.to_owned(),
            name: step.name.clone(),
            lights: u32::try_from(step.lights.len()).unwrap_or(u32::MAX),
            body: serde_json::from_str(&step.body).unwrap_or_else(|_| step.body.clone().into()),
        }
    }
}
