//! Commands on their way to lamps: over the radio, into the document, and what follows later from them.
//!
//! A write is answered at once, and the document and its events show the target at once too, as was recorded on a
//! bridge even for a fade of 40 seconds; the lamp follows when it is the command's turn on the [radio](crate::radio). A
//! command that the radio loses changes nothing, and all its attributes come back as communication errors.

use std::time::Duration;

use serde_json::{Value, json};

use crate::agenda::Event;
use crate::clock::{Moment, stamp};
use crate::fade::Fade;
use crate::quirk::Quirk;
use crate::reply::Complaint;
use crate::world::World;
use crate::{group, light, scene};

/// Sends a request to one light, and tells what there is to complain about.
pub(crate) fn send(world: &mut World, light: &str, body: &Value) -> Vec<Complaint> {
    let turn = world.radio.send(light::messages(body), world.time.now());
    let complaints = perform(world, light, body, turn);
    let heard = turn.is_some() && world.store.get("light", light).is_some_and(|it| group::reachable(&world.store, it));
    if heard && light::changes_look(body) {
        scene::lights_changed(&mut world.store, &[light.to_owned()]);
    }
    complaints
}

/// What a light makes of a request that reaches it at its `turn`, or never.
pub(crate) fn perform(world: &mut World, light: &str, body: &Value, turn: Option<Moment>) -> Vec<Complaint> {
    let Some(before) = world.store.get("light", light) else { return Vec::new() };
    let turn = turn.filter(|_| group::reachable(&world.store, before));
    let level = level(world, before, world.time.now());
    let write = |light: &mut Value| light::write(light, body, turn.is_some());
    let complaints = world.store.edit("light", light, write).unwrap_or_default();
    if let Some(turn) = turn {
        fade(world, light, level, body, turn);
        start_timers(world, light, body, turn);
    }
    complaints
}

/// How bright a light really is at a moment, in percent; nothing if it is off.
fn level(world: &World, light: &Value, now: Moment) -> Option<f64> {
    let reached = world.fades.get(light["id"].as_str()?).map(|fade| fade.brightness(now));
    let lit = light["on"]["on"] == true;
    lit.then(|| reached.or(light["dimming"]["brightness"].as_f64()).unwrap_or_default())
}

/// Begins and ends fades as a request asks; `level` is how bright the light was, if it was on.
fn fade(world: &mut World, id: &str, level: Option<f64>, body: &Value, turn: Moment) {
    let Some(light) = world.store.get("light", id) else { return };
    let (lit, duration) = (light["on"]["on"] == true, transition(body));
    let to = light["dimming"]["brightness"].as_f64();
    if !lit {
        // A fade that is cut off leaves its target behind.
        let target = world.end_fade(id).filter(|_| !light::writes_brightness(body));
        world.show_brightness(id, target);
        if level.is_some() && !duration.is_zero() && world.quirks.contains(&Quirk::OffForgetsBrightness) {
            world.agenda.set(Event::Dark, id, turn + duration);
        }
    } else if body["dimming_delta"]["action"] == "stop" {
        let stopped = world.end_fade(id).and(level);
        world.show_brightness(id, stopped);
    } else if level.is_none() || light::writes_brightness(body) {
        world.end_fade(id);
        if let Some(to) = to.filter(|_| !duration.is_zero()) {
            world.start_fade(id, Fade { from: level.unwrap_or_default(), to, begins: turn, ends: turn + duration });
        }
    }
}

/// The transition that a request asks for.
fn transition(body: &Value) -> Duration {
    let millis = body["dynamics"]["duration"].as_i64().filter(|millis| *millis <= light::LONGEST);
    Duration::from_millis(millis.and_then(|millis| u64::try_from(millis).ok()).unwrap_or_default())
}

/// Sees to it that what a request started ends by itself.
fn start_timers(world: &mut World, light: &str, body: &Value, turn: Moment) {
    let Some(now) = world.store.get("light", light) else { return };
    let end = |duration: &Value| duration.as_u64().map(|millis| turn + Duration::from_millis(millis));
    let started = |shown: &Value, asked: &Value| asked.is_string() && shown == asked;
    if started(&now["timed_effects"]["status"], &body["timed_effects"]["effect"])
        && let Some(end) = end(&body["timed_effects"]["duration"])
    {
        world.agenda.set(Event::EffectOver, light, end);
    }
    if started(&now["signaling"]["status"]["signal"], &body["signaling"]["signal"])
        && let Some(end) = end(&body["signaling"]["duration"])
    {
        let estimate = json!(stamp(world.time.timestamp_of(end)));
        world.store.edit("light", light, |light| light["signaling"]["status"]["estimated_end"] = estimate);
        world.agenda.set(Event::SignalOver, light, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::store;
    use crate::world::testing::{demo, pass};

    const SECOND: Duration = Duration::from_secs(1);

    fn light(world: &World, name: &str) -> Value {
        let mut lights = world.store.of_type("light");
        lights.find(|light| light["metadata"]["name"] == name).cloned().expect("a light of the demo home")
    }

    fn tell(world: &mut World, name: &str, body: &Value) -> Vec<Complaint> {
        let id = store::id(&light(world, name));
        send(world, &id, body)
    }

    fn brightness(world: &World) -> f64 {
        light(world, "Sofa lamp")["dimming"]["brightness"].as_f64().expect("a number")
    }

    /// The brightness that the sofa lamp shows at each second of this many.
    fn shown(world: &mut World, seconds: u32) -> Vec<f64> {
        let start = world.time.now();
        let mut at = |second| {
            pass(world, start + SECOND * second);
            brightness(world)
        };
        (1..=seconds).map(&mut at).collect()
    }

    /// True if these are the same but for rounding.
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
        pass(&mut world, SECOND * 30);
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
        pass(&mut world, SECOND * 4);
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
        pass(&mut world, SECOND * 59);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "sunrise");
        pass(&mut world, SECOND * 60);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "no_effect");
    }

    #[test]
    fn a_second_sunrise_is_not_cut_short_by_the_end_of_the_first() {
        let mut world = demo(Limits::Off, &[]);
        let sunrise = json!({"timed_effects": {"effect": "sunrise", "duration": 60_000}});
        tell(&mut world, "Desk lamp", &sunrise);
        pass(&mut world, SECOND * 40);
        tell(&mut world, "Desk lamp", &json!({"color_temperature": {"mirek": 300}}));
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "no_effect");
        tell(&mut world, "Desk lamp", &sunrise);
        pass(&mut world, SECOND * 99);
        assert_eq!(light(&world, "Desk lamp")["timed_effects"]["status"], "sunrise");
    }

    #[test]
    fn a_signal_has_a_status_while_it_lasts() {
        let mut world = demo(Limits::Off, &[]);
        let before = light(&world, "Desk lamp");
        tell(&mut world, "Desk lamp", &json!({"signaling": {"signal": "on_off", "duration": 5000}}));
        let status = json!({"signal": "on_off", "estimated_end": "2026-01-05T08:00:05.000Z"});
        assert_eq!(light(&world, "Desk lamp")["signaling"]["status"], status);
        pass(&mut world, SECOND * 5);
        assert_eq!(light(&world, "Desk lamp"), before);
    }

    #[test]
    fn breathing_and_identifying_leave_no_trace() {
        let mut world = demo(Limits::Off, &[]);
        let before = light(&world, "Desk lamp");
        for body in [json!({"alert": {"action": "breathe"}}), json!({"identify": {"action": "identify"}})] {
            assert_eq!(tell(&mut world, "Desk lamp", &body), []);
        }
        assert_eq!((light(&world, "Desk lamp"), world.due(), world.store.take_changes().len()), (before, None, 0));
    }

    #[test]
    fn what_the_radio_loses_changes_nothing_and_is_complained_about() {
        let mut world = demo(Limits::Real, &[]);
        let body = json!({"on": {"on": true}, "dimming": {"brightness": 33}, "color": {"xy": {"x": 0.3, "y": 0.3}}});
        let complaints: Vec<_> = (0..34).map(|_| tell(&mut world, "Desk lamp", &body)).collect();
        assert!(complaints[..33].iter().all(Vec::is_empty));
        let before = light(&world, "Desk lamp");
        let id = store::id(&before);
        let lost = [".on.on", ".dimming.brightness", ".color.xy"].map(|it| Complaint::unreachable("light", &id, it));
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
        assert_eq!((fade.begins, fade.ends), (SECOND * 2, SECOND * 12));
    }
}
