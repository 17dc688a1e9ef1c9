//! Waiting for the event stream to show what was asked.

use std::collections::HashSet;

use tokio::time::{Instant, timeout_at};

use super::{Index, Sent, Verdict, asked::Asked};
use crate::{
    change::{Plan, PlannedLight, StepKind},
    home::{Home, Id, SceneStatus},
    mirror::{MirrorReader, Snapshot},
    plan,
};

/// A light that is waited for.
struct Awaited<'a> {
    light: &'a PlannedLight,
    asked: Asked,
    /// The scene that is recalled last for it.
    scene: Option<&'a Id>,
}

/// The lights whose new state the event stream shows, or showed before `until`. Returns as soon as all do, or cannot.
///
/// A stream that ends meanwhile is waited for: what it missed comes with the next loading of everything.
pub(super) async fn wait<'a>(
    reader: &MirrorReader,
    plan: &'a Plan,
    index: &Index<'_>,
    verdicts: &[Verdict<'a>],
    since: u64,
    until: Instant,
) -> HashSet<&'a Id> {
    let mut awaited: Vec<Awaited<'a>> =
        plan.lights.iter().filter_map(|light| Awaited::of(light, &steps(light, index, verdicts))).collect();
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

/// What became of the steps for a light.
pub(super) fn steps<'v, 'a>(
    light: &PlannedLight,
    index: &Index<'_>,
    verdicts: &'v [Verdict<'a>],
) -> Vec<&'v Verdict<'a>> {
    index.steps(&light.light).iter().filter_map(|at| verdicts.get(*at)).collect()
}

impl<'a> Awaited<'a> {
    /// If there is anything to wait for: the light can be reached and changes, and the bridge took every step for it
    /// without a word against it, or may have.
    fn of(light: &'a PlannedLight, verdicts: &[&Verdict<'a>]) -> Option<Self> {
        let told = || verdicts.iter().filter(|verdict| verdict.step.kind != StepKind::Identify);
        let may_follow = |verdict: &&&Verdict<'_>| {
            matches!(verdict.sent, Sent::Taken(_) | Sent::Unsure(_)) && !verdict.settles(&light.light)
        };
        let last = told().next_back()?;
        if light.note.is_some() || !told().all(|verdict| may_follow(&verdict)) {
            return None;
        }
        let asked = Asked::of(light, told().map(|verdict| verdict.step));
        let recalled = matches!(last.step.kind, StepKind::Scene | StepKind::SmartScene);
        Some(Self { light, asked, scene: recalled.then_some(&last.step.resource) })
    }

    /// It went out of reach since it was planned.
    fn is_lost(&self, snapshot: &Snapshot) -> bool {
        snapshot.home.light(&self.light.light).is_some_and(plan::unreachable)
    }

    /// An event changed the light since the sending began, and it now is as asked.
    fn is_shown(&self, snapshot: &Snapshot, since: u64) -> bool {
        let light = self.light;
        if snapshot.light_revisions.get(&light.light).is_some_and(|revision| *revision > since) {
            return snapshot.home.light(&light.light).is_some_and(|now| self.asked.is_shown(&now.state, light));
        }
        light.after == light.before && self.scene.is_some_and(|scene| is_active(scene, &snapshot.home))
    }
}

/// For lights that already were as their scene has them, or of which only the bridge knows how: the scene's own status
/// has to do.
fn is_active(scene: &Id, home: &Home) -> bool {
    let status = home.scene(scene).map(|scene| &scene.status);
    matches!(status, Some(SceneStatus::Active | SceneStatus::Dynamic))
}
