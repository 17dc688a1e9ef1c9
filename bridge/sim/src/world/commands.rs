//! Commands to lamps: how they go over the radio, change the resources, and take effect later.
//!
//! A write is answered at once. The resources and their events show the target at once too; a recording of a real bridge
//! shows this even for a fade of 40 seconds. The lamp follows when the command has its turn on the [radio](super::radio).
//! A command that the radio loses changes nothing, and each of its attributes comes back as a communication error.

use std::time::Duration;

use serde_json::{Value, json};

use super::clock::{Moment, format_timestamp};
use super::fade::Fade;
use super::outcome::{SoftError, Written};
use super::quirk::Quirk;
use super::timers::Timer;
use super::{World, active_scenes, lights, store, topology};

/// Sends a request to one light, and writes its metadata through to its device.
pub(crate) fn update_light(world: &mut World, light: &Value, body: &Value) -> Written {
    let id = store::resource_id(light);
    let soft_errors = send(world, &id, body);
    if let Some(metadata) = body.get("metadata")
        && let Some(device) = light["owner"]["rid"].as_str()
    {
        world.store.edit("device", device, |device| store::merge(&mut device["metadata"], metadata));
    }
    Written::new("light", &id, soft_errors)
}

/// Sends a request to one light over the radio, and returns the soft errors.
fn send(world: &mut World, light: &str, body: &Value) -> Vec<SoftError> {
    let turn = world.radio.send(lights::count_messages(body), world.clock.now());
    let errors = perform(world, light, body, turn);
    let is_reachable = world.store.get("light", light).is_some_and(|it| topology::is_reachable(&world.store, it));
    if turn.is_some() && is_reachable && lights::changes_appearance(body) {
        active_scenes::deactivate_with_lights(&mut world.store, &[light.to_owned()]);
    }
    errors
}

/// Applies a request to a light, which gets it at its `turn` on the radio, or never if the radio lost it.
pub(super) fn perform(world: &mut World, light: &str, body: &Value, turn: Option<Moment>) -> Vec<SoftError> {
    let Some(before) = world.store.get("light", light) else { return Vec::new() };
    let turn = turn.filter(|_| topology::is_reachable(&world.store, before));
    let level = actual_brightness(world, before, world.clock.now());
    let write = |light: &mut Value| lights::write(light, body, turn.is_some());
    let errors = world.store.edit("light", light, write).unwrap_or_default();
    if let Some(turn) = turn {
        update_fade(world, light, level, body, turn);
        start_timers(world, light, body, turn);
    }
    errors
}

/// Returns the brightness of a light at a moment in percent, on its way in a fade; `None` if the light is off.
fn actual_brightness(world: &World, light: &Value, now: Moment) -> Option<f64> {
    let reached = world.fades.get(light["id"].as_str()?).map(|fade| fade.brightness(now));
    let is_on = light["on"]["on"] == true;
    is_on.then(|| reached.or(light["dimming"]["brightness"].as_f64()).unwrap_or_default())
}

/// Begins and ends fades as a request demands; `level` is the brightness of the light before, if it was on.
fn update_fade(world: &mut World, id: &str, level: Option<f64>, body: &Value, turn: Moment) {
    let Some(light) = world.store.get("light", id) else { return };
    let (is_on, duration) = (light["on"]["on"] == true, transition(body));
    let to = light["dimming"]["brightness"].as_f64();
    if !is_on {
        // A fade that is cut off leaves its target as the brightness.
        let target = world.end_fade(id).filter(|_| !lights::writes_brightness(body));
        world.show_brightness(id, target);
        if level.is_some() && !duration.is_zero() && world.quirks.contains(&Quirk::OffForgetsBrightness) {
            world.timers.set(Timer::FadedOff, id, turn + duration);
        }
    } else if body["dimming_delta"]["action"] == "stop" {
        let stopped = world.end_fade(id).and(level);
        world.show_brightness(id, stopped);
    } else if level.is_none() || lights::writes_brightness(body) {
        world.end_fade(id);
        if let Some(to) = to.filter(|_| !duration.is_zero()) {
            world.start_fade(id, Fade { from: level.unwrap_or_default(), to, begins: turn, ends: turn + duration });
        }
    }
}

/// Returns the transition time that a request asks for.
fn transition(body: &Value) -> Duration {
    let millis = body["dynamics"]["duration"].as_i64().filter(|millis| *millis <= lights::MAX_TRANSITION_MS);
    Duration::from_millis(millis.and_then(|millis| u64::try_from(millis).ok()).unwrap_or_default())
}

/// Sets the timers that end the timed effect and the signal of a request.
fn start_timers(world: &mut World, light: &str, body: &Value, turn: Moment) {
    let Some(now) = world.store.get("light", light) else { return };
    let end = |duration: &Value| duration.as_u64().map(|millis| turn + Duration::from_millis(millis));
    let started = |shown: &Value, asked: &Value| asked.is_string() && shown == asked;
    if started(&now["timed_effects"]["status"], &body["timed_effects"]["effect"])
        && let Some(end) = end(&body["timed_effects"]["duration"])
    {
        world.timers.set(Timer::EffectEnd, light, end);
    }
    if started(&now["signaling"]["status"]["signal"], &body["signaling"]["signal"])
        && let Some(end) = end(&body["signaling"]["duration"])
    {
        let estimate = json!(format_timestamp(world.clock.timestamp_at(end)));
        world.store.edit("light", light, |light| light["signaling"]["status"]["estimated_end"] = estimate);
        world.timers.set(Timer::SignalEnd, light, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::world::testing::{advance, demo};

    const ONE_SECOND: Duration = Duration::from_secs(1);

    fn light(world: &World, name: &str) -> Value {
        world.store.light_named(name).cloned().expect("a light of the demo home")
    }

    fn tell(world: &mut World, name: &str, body: &Value) -> Vec<SoftError> {
        let id = store::resource_id(&light(world, name));
        send(world, &id, body)
    }

    fn brightness(world: &World) -> f64 {
        light(world, "Sofa lamp")["dimming"]["brightness"].as_f64().expect("a number")
    }

    /// Returns the brightness that the sofa lamp shows at each of the next seconds.
    fn shown(world: &mut World, seconds: u32) -> Vec<f64> {
        let start = world.clock.now();
        let mut at = |second| {
            advance(world, start + ONE_SECOND * second);
            brightness(world)
        };
        (1..=seconds).map(&mut at).collect()
    }

    /// True if two values are equal except for rounding.
    fn near(shown: f64, expected: f64) -> bool {
        (shown - expected).abs() < 0.001
    }

    #[test]
    fn a_fade_shows_its_target_at_once_then_where_the_light_is_and_in_the_end_the_target() {
        let mut world = demo(Limits::Off, &[]);
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 10}}));
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 90}, "dynamics": {"duration": 40_000}}));
        assert!(near(brightness(&world), 90.12));
        let shown = shown(&mut world, 60);
        assert!(shown[..4].iter().all(|level| near(*level, 90.12)), "no report in the first seconds: {shown:?}");
        let mut reports = 0;
        for (second, pair) in (2..=40).zip(shown.windows(2)) {
            let line = |second: i32| 9.88 + (90.12 - 9.88) * f64::from(second) / 40.0;
            if !near(pair[0], pair[1]) {
                reports += 1;
                assert!((line(second - 1) - 0.5..line(second) + 0.5).contains(&pair[1]), "{} at {second}", pair[1]);
            }
        }
        assert!((2..=8).contains(&reports), "{shown:?}");
        assert!(shown[42..].iter().all(|level| near(*level, 90.12)), "{shown:?}");
    }

    #[test]
    fn switching_off_in_a_fade_leaves_the_target_stored() {
        let mut world = demo(Limits::Off, &[]);
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 20}}));
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 100}, "dynamics": {"duration": 60_000}}));
        advance(&mut world, ONE_SECOND * 30);
        assert!(brightness(&world) < 100.0, "there was a report");
        tell(&mut world, "Sofa lamp", &json!({"on": {"on": false}}));
        assert!(shown(&mut world, 60).iter().all(|level| near(*level, 100.0)));
    }

    #[test]
    fn a_light_that_fades_in_from_dark_starts_at_nothing() {
        let mut world = demo(Limits::Off, &[]);
        tell(&mut world, "Sofa lamp", &json!({"on": {"on": false}}));
        tell(&mut world, "Sofa lamp", &json!({"on": {"on": true}, "dynamics": {"duration": 100_000}}));
        assert!(brightness(&world) > 59.0, "its own brightness is the target");
        assert!(shown(&mut world, 16).last().is_some_and(|level| *level < 10.0));
    }

    #[test]
    fn stop_holds_a_fade_where_it_is() {
        let mut world = demo(Limits::Off, &[]);
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 0}}));
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 100}, "dynamics": {"duration": 10_000}}));
        advance(&mut world, ONE_SECOND * 4);
        tell(&mut world, "Sofa lamp", &json!({"dimming_delta": {"action": "stop"}}));
        assert!(shown(&mut world, 20).iter().all(|level| (level - 40.0).abs() < 1.0));
    }

    #[test]
    fn only_a_lamp_with_the_quirk_forgets_its_brightness_when_it_is_turned_off_slowly() {
        let off = json!({"on": {"on": false}, "dynamics": {"duration": 2000}});
        for (quirks, after) in [(&[][..], 60.08), (&[Quirk::OffForgetsBrightness][..], 0.4)] {
            let mut world = demo(Limits::Off, quirks);
            tell(&mut world, "Sofa lamp", &off);
            let shown = shown(&mut world, 3);
            assert!(near(shown[0], 60.08) && near(shown[2], after), "{quirks:?}: {shown:?}");
        }
        let mut world = demo(Limits::Off, &[Quirk::OffForgetsBrightness]);
        tell(&mut world, "Sofa lamp", &json!({"on": {"on": false}}));
        assert!(near(shown(&mut world, 3)[2], 60.08), "not when it is turned off at once");
    }

    #[test]
    fn a_sunrise_is_over_after_its_duration() {
        let mut world = demo(Limits::Off, &[]);
        tell(&mut world, "Desk lamp", &json!({"timed_effects": {"effect": "sunrise", "duration": 60_000}}));
        advance(&mut world, ONE_SECOND * 59);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "sunrise");
        advance(&mut world, ONE_SECOND * 60);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "no_effect");
    }

    #[test]
    fn a_second_sunrise_is_not_cut_short_by_the_end_of_the_first() {
        let mut world = demo(Limits::Off, &[]);
        let sunrise = json!({"timed_effects": {"effect": "sunrise", "duration": 60_000}});
        tell(&mut world, "Desk lamp", &sunrise);
        advance(&mut world, ONE_SECOND * 40);
        tell(&mut world, "Desk lamp", &json!({"color_temperature": {"mirek": 300}}));
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "no_effect");
        tell(&mut world, "Desk lamp", &sunrise);
        advance(&mut world, ONE_SECOND * 99);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "sunrise");
    }

    #[test]
    fn a_signal_has_a_status_while_it_lasts() {
        let mut world = demo(Limits::Off, &[]);
        let before = light(&world, "Desk lamp");
        tell(&mut world, "Desk lamp", &json!({"signaling": {"signal": "on_off", "duration": 5000}}));
        let status = json!({"signal": "on_off", "estimated_end": "2026-01-05T08:00:05.000Z"});
        assert_eq!(light(&world, "Desk lamp")["signaling"]["status"], status);
        advance(&mut world, ONE_SECOND * 5);
        assert_eq!(light(&world, "Desk lamp"), before);
    }

    #[test]
    fn breathing_and_identifying_leave_no_trace() {
        let mut world = demo(Limits::Off, &[]);
        let before = light(&world, "Desk lamp");
        for body in [json!({"alert": {"action": "breathe"}}), json!({"identify": {"action": "identify"}})] {
            assert_eq!(tell(&mut world, "Desk lamp", &body), []);
        }
        assert_eq!(
            (light(&world, "Desk lamp"), world.next_deadline(), world.store.take_changes().len()),
            (before, None, 0)
        );
    }

    #[test]
    fn what_the_radio_loses_changes_nothing_and_is_complained_about() {
        let mut world = demo(Limits::Real, &[]);
        let body = json!({"on": {"on": true}, "dimming": {"brightness": 33}, "color": {"xy": {"x": 0.3, "y": 0.3}}});
        let errors: Vec<_> = (0..34).map(|_| tell(&mut world, "Desk lamp", &body)).collect();
        assert!(errors[..33].iter().all(Vec::is_empty));
        let before = light(&world, "Desk lamp");
        let id = store::resource_id(&before);
        let lost = [".on.on", ".dimming.brightness", ".color.xy"].map(|it| SoftError::unreachable("light", &id, it));
        assert_eq!(tell(&mut world, "Desk lamp", &body), lost);
        assert_eq!(tell(&mut world, "Sofa lamp", &json!({"on": {"on": false}})), [], "there was room for one message");
        assert_eq!(light(&world, "Desk lamp"), before);
    }

    #[test]
    fn a_fade_that_waits_for_the_radio_begins_when_it_is_its_turn() {
        let mut world = demo(Limits::Real, &[]);
        for _ in 0..50 {
            tell(&mut world, "Desk lamp", &json!({"on": {"on": true}}));
        }
        tell(&mut world, "Sofa lamp", &json!({"dimming": {"brightness": 100}, "dynamics": {"duration": 10_000}}));
        let fade = world.fades.values().next().expect("a fade");
        assert_eq!((fade.begins, fade.ends), (ONE_SECOND * 2, ONE_SECOND * 12));
    }
}
