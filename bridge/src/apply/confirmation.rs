//! The wait for the event stream to show the planned states.

use std::collections::HashSet;

use tokio::time::{Instant, timeout_at};

use super::{PlanIndex, StepResponse, StepResult, expected::ExpectedAttributes};
use crate::{
    change::{Plan, PlannedLight, StepKind},
    home::{Home, Id, SceneStatus},
    mirror::{MirrorReader, Snapshot},
};

/// A light whose new state the event stream has not shown yet.
struct AwaitedLight<'a> {
    light: &'a PlannedLight,
    expected: ExpectedAttributes,
    /// Identifies the scene, if the last step for the light recalls one that is not smart.
    scene: Option<&'a Id>,
    /// Identifies the smart scene, if the last step for the light activates one. No planned state can be compared.
    smart_scene: Option<&'a Id>,
}

/// Returns the lights whose new state the event stream shows by `until`. Returns early once no other light can follow.
///
/// If the stream ends meanwhile, the wait goes on: the next reload of the mirror brings what it missed.
pub(super) async fn confirmed_lights<'a>(
    reader: &MirrorReader,
    plan: &'a Plan,
    index: &PlanIndex<'_>,
    responses: &[StepResponse<'a>],
    since: u64,
    until: Instant,
) -> HashSet<&'a Id> {
    let mut awaited: Vec<AwaitedLight<'a>> = plan
        .lights
        .iter()
        .filter_map(|light| AwaitedLight::new(light, &responses_for(light, index, responses)))
        .collect();
    let mut confirmed: HashSet<&Id> = HashSet::new();
    let all = reader.wait_for(|snapshot| {
        awaited.retain(|it| {
            let shown = it.is_shown(snapshot, since);
            if shown {
                confirmed.insert(&it.light.light);
            }
            !shown && !it.is_lost(snapshot)
        });
        awaited.is_empty().then_some(())
    });
    let _ = timeout_at(until, all).await;
    confirmed
}

/// Returns the responses to the steps that change a light.
pub(super) fn responses_for<'v, 'a>(
    light: &PlannedLight,
    index: &PlanIndex<'_>,
    responses: &'v [StepResponse<'a>],
) -> Vec<&'v StepResponse<'a>> {
    index.steps(&light.light).iter().filter_map(|at| responses.get(*at)).collect()
}

impl<'a> AwaitedLight<'a> {
    /// Returns `None` if there is nothing to wait for. There is something if the light can be reached and changes, and
    /// the bridge accepted every step for it without an objection, or may have done it all the same.
    fn new(light: &'a PlannedLight, responses: &[&StepResponse<'a>]) -> Option<Self> {
        let changing = || responses.iter().filter(|response| response.step.kind != StepKind::Identify);
        let may_follow = |response: &&&StepResponse<'_>| {
            !matches!(response.result, StepResult::NotSent(_) | StepResult::Refused(_))
                && !response.rules_out(&light.light)
        };
        let last = changing().next_back()?;
        if light.note.is_some() || !changing().all(|response| may_follow(&response)) {
            return None;
        }
        let expected = ExpectedAttributes::new(light, changing().map(|response| response.step));
        let recalled = |kind| (last.step.kind == kind).then_some(&last.step.resource);
        Some(Self { light, expected, scene: recalled(StepKind::Scene), smart_scene: recalled(StepKind::SmartScene) })
    }

    /// Returns whether the light has become unreachable since it was planned.
    fn is_lost(&self, snapshot: &Snapshot) -> bool {
        snapshot.home.light(&self.light.light).is_some_and(crate::home::Light::is_unreachable)
    }

    /// Returns whether an event changed the light since the sending began, and it now has the planned state.
    fn is_shown(&self, snapshot: &Snapshot, since: u64) -> bool {
        let light = self.light;
        if let Some(scene) = self.smart_scene {
            return snapshot.changed_since(&light.light, since) && is_active(scene, &snapshot.home);
        }
        if snapshot.changed_since(&light.light, since) {
            return snapshot.home.light(&light.light).is_some_and(|now| self.expected.are_shown(&now.state, light));
        }
        light.after == light.before && self.scene.is_some_and(|scene| is_active(scene, &snapshot.home))
    }
}

/// Returns whether the scene's own status is active. It confirms lights that already had the scene's state.
fn is_active(scene: &Id, home: &Home) -> bool {
    let status = home.scene(scene).map(|scene| &scene.status);
    matches!(status, Some(SceneStatus::Active | SceneStatus::Dynamic))
}
