//! Waiting for the event stream to show what was asked.

use std::collections::HashSet;

use tokio::time::{Instant, timeout_at};

use super::{Sent, outcome, steps_of};
use crate::{
    change::{Plan, PlannedLight, StepKind},
    home::{Home, Id, LightState, SceneStatus},
    mirror::{self, Reader, Snapshot},
};

/// The bridge counts brightness in 253 steps and rounds.
const BRIGHTNESS_TOLERANCE: f64 = 0.6;
const MIREK_TOLERANCE: u16 = 1;
const XY_TOLERANCE: f64 = 0.01;

/// The lights whose new state the event stream shows, or showed before `until`. Returns as soon as all do.
pub(super) async fn wait(reader: &Reader, plan: &Plan, sent: &[Sent], since: u64, until: Instant) -> HashSet<Id> {
    let awaited: Vec<&PlannedLight> = plan.lights.iter().filter(|light| is_awaited(light, plan, sent)).collect();
    let mut confirmed: HashSet<Id> = HashSet::new();
    let all = mirror::until(reader, |snapshot| {
        let shown = awaited.iter().filter(|light| is_shown(light, plan, snapshot, since));
        confirmed.extend(shown.map(|light| light.light.clone()));
        let connected = snapshot.connection == mirror::Connection::Live;
        (confirmed.len() == awaited.len() || !connected).then_some(())
    });
    let _ = timeout_at(until, all).await;
    confirmed
}

/// Whether there is anything to wait for: the light can be reached and changes, and the bridge took every step for it
/// without a word against it.
fn is_awaited(light: &PlannedLight, plan: &Plan, sent: &[Sent]) -> bool {
    let mut steps =
        steps_of(&light.light, &plan.steps, sent).filter(|(step, _)| step.kind != StepKind::Identify).peekable();
    let waits = light.note.is_none() && steps.peek().is_some();
    waits && steps.all(|(step, sent)| matches!(sent, Sent::Taken(_)) && !outcome::is_settled(&light.light, step, sent))
}

/// An event changed the light since the sending began, and it now is as asked.
fn is_shown(light: &PlannedLight, plan: &Plan, snapshot: &Snapshot, since: u64) -> bool {
    let touched = snapshot.touched.get(&light.light).is_some_and(|revision| *revision > since);
    if touched {
        return snapshot.home.light(&light.light).is_some_and(|now| matches(&now.state, light));
    }
    light.after == light.before && scene_is_on(&light.light, plan, &snapshot.home)
}

/// A scene whose lights already were so, or whose colours the bridge chooses: its own status has to do.
fn scene_is_on(light: &Id, plan: &Plan, home: &Home) -> bool {
    let recalled = plan.steps.iter().rfind(|step| step.lights.contains(light));
    let recalled = recalled.filter(|step| matches!(step.kind, StepKind::Scene | StepKind::SmartScene));
    let status = recalled.and_then(|step| home.scene(&step.resource)).map(|scene| &scene.status);
    matches!(status, Some(SceneStatus::Active | SceneStatus::Dynamic))
}

/// Only what was to change is compared: the rest may be changed by others.
fn matches(now: &LightState, light: &PlannedLight) -> bool {
    let (before, after) = (&light.before, &light.after);
    let on = before.on == after.on || now.on == after.on;
    let brightness =
        before.brightness == after.brightness || near(now.brightness, after.brightness, BRIGHTNESS_TOLERANCE);
    let effect = before.effect == after.effect || now.effect == after.effect;
    on && brightness && effect && matches_color(now, before, after)
}

fn matches_color(now: &LightState, before: &LightState, after: &LightState) -> bool {
    if (before.mirek, before.xy) == (after.mirek, after.xy) {
        return true;
    }
    match (after.mirek, after.xy) {
        (Some(mirek), _) => now.mirek.is_some_and(|now| now.abs_diff(mirek) <= MIREK_TOLERANCE),
        (None, Some(xy)) => {
            now.xy.is_some_and(|now| (now.x - xy.x).abs() <= XY_TOLERANCE && (now.y - xy.y).abs() <= XY_TOLERANCE)
        }
        (None, None) => true,
    }
}

fn near(now: Option<f64>, after: Option<f64>, tolerance: f64) -> bool {
    matches!((now, after), (Some(now), Some(after)) if (now - after).abs() <= tolerance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::Xy;

    fn planned(before: LightState, after: LightState) -> PlannedLight {
        PlannedLight {
            light: Id::new("l"),
            name: String::new(),
            room: None,
            before,
            after,
            adjustments: Vec::new(),
            note: None,
        }
    }

    fn lit(brightness: f64) -> LightState {
        LightState { on: true, brightness: Some(brightness), ..LightState::default() }
    }

    #[test]
    fn the_bridges_rounding_is_no_difference() {
        let light = planned(LightState::default(), lit(50.0));
        assert!(matches(&lit(49.8), &light));
        assert!(!matches(&lit(48.0), &light));
        let off = LightState { on: false, ..lit(50.0) };
        assert!(!matches(&off, &light));
    }

    #[test]
    fn what_was_not_to_change_may_be_anything() {
        let light = planned(lit(10.0), LightState { on: false, ..lit(10.0) });
        assert!(matches(&LightState { on: false, ..lit(90.0) }, &light));
    }

    #[test]
    fn a_colour_temperature_is_compared_as_such_and_a_colour_by_its_point() {
        let xy = |x: f64| LightState { xy: Some(Xy { x, y: 0.3 }), ..lit(10.0) };
        let to_mirek = planned(xy(0.2), LightState { mirek: Some(370), ..xy(0.46) });
        assert!(matches(&LightState { mirek: Some(371), ..xy(0.5) }, &to_mirek));
        assert!(!matches(&xy(0.46), &to_mirek));
        let to_xy = planned(xy(0.2), xy(0.46));
        assert!(matches(&xy(0.465), &to_xy));
        assert!(!matches(&xy(0.48), &to_xy));
    }
}
