//! Property tests with random request bodies: no request makes the bridge panic, or brings it into a state that a bridge
//! cannot be in.

use std::time::Duration;

use axum::body::to_bytes;
use axum::http::Method;
use futures::FutureExt;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::clip;
use super::schema::{self, ValueSchema};
use crate::limits::Limits;
use crate::world::testing::{Gamut, Xy, advance, demo, quantise, recompute};
use crate::world::{Quirk, World, resource_id};

/// Something that happens to a bridge. A number chooses among the resources of a type.
#[derive(Clone, Debug)]
enum Step {
    Put(&'static str, usize, Value),
    Post(&'static str, Value),
    Delete(&'static str, usize),
    Advance(u64),
}

/// Returns the member names that the schemas know, and some that only resources have.
fn member_names() -> Vec<&'static str> {
    let mut names = vec!["id", "status"];
    for schema in
        [schema::LIGHT_UPDATE, schema::SCENE_CREATION, schema::SCENE_UPDATE, schema::GROUP_BODY, schema::SENSOR_UPDATE]
    {
        collect_names(&ValueSchema::Object(schema), &mut names);
    }
    names
}

fn collect_names(schema: &ValueSchema, names: &mut Vec<&'static str>) {
    match schema {
        ValueSchema::Object(members) => members.iter().for_each(|(name, schema)| {
            names.push(name);
            collect_names(schema, names);
        }),
        ValueSchema::List(items, ..) => collect_names(items, names),
        _ => {}
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-10..1100_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec!["up", "down", "stop", "sunrise", "candle", "no_effect", "on_off", "active", "identify", "scene"])
            .prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ]
}

/// Generates JSON of any shape that has member names of the API.
fn any_json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((select(member_names()), inner), 0..5).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&'static str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn xy() -> impl Strategy<Value = Value> {
    (-0.05..1.05, -0.05..1.05).prop_map(|(x, y)| json!({"xy": {"x": x, "y": y}}))
}

fn direction() -> impl Strategy<Value = &'static str> {
    select(vec!["up", "down", "stop"])
}

/// Generates a property of a light that is valid or nearly valid.
fn property() -> impl Strategy<Value = (&'static str, Value)> {
    let effect = select(vec!["candle", "prism", "no_effect", "unheard_of"]);
    let timed = (select(vec!["sunrise", "sunset", "no_effect"]), 0..90_000_i64);
    let signal = (select(vec!["on_off", "alternating", "no_signal"]), 0..90_000_i64, prop::collection::vec(xy(), 0..3));
    prop_oneof![
        any::<bool>().prop_map(|on| ("on", json!({"on": on}))),
        (-1.0..101.0).prop_map(|it| ("dimming", json!({"brightness": it}))),
        (direction(), -1.0..101.0)
            .prop_map(|(it, by)| ("dimming_delta", json!({"action": it, "brightness_delta": by}))),
        (40..1010_i64).prop_map(|it| ("color_temperature", json!({"mirek": it}))),
        (direction(), 0..960_i64)
            .prop_map(|(it, by)| ("color_temperature_delta", json!({"action": it, "mirek_delta": by}))),
        xy().prop_map(|it| ("color", it)),
        prop::collection::vec(xy().prop_map(|it| json!({"color": it})), 0..6)
            .prop_map(|it| ("gradient", json!({"points": it}))),
        effect.clone().prop_map(|it| ("effects", json!({"effect": it}))),
        effect.prop_map(|it| ("effects_v2", json!({"action": {"effect": it}}))),
        timed.prop_map(|(it, time)| ("timed_effects", json!({"effect": it, "duration": time}))),
        signal.prop_map(|(it, time, colors)| ("signaling", json!({"signal": it, "duration": time, "colors": colors}))),
        (-1..6_000_002_i64).prop_map(|it| ("dynamics", json!({"duration": it}))),
        (select(member_names()), any_json()),
    ]
}

fn state() -> impl Strategy<Value = Value> {
    prop::collection::vec(property(), 0..5).prop_map(object)
}

/// Generates a body that is valid or nearly valid. Its empty references are filled in later.
fn body() -> impl Strategy<Value = Value> {
    let action = state().prop_map(|action| json!({"target": {"rid": "", "rtype": "light"}, "action": action}));
    let actions = prop::collection::vec(action, 0..4).boxed();
    let recall = select(vec!["active", "static", "dynamic_palette", "activate", "deactivate"]);
    let group = select(vec!["room", "zone", "bridge_home"]);
    let fade = (any::<bool>(), 0.0..100.0, 0..90_000_i64).prop_map(|(on, brightness, time)| {
        json!({"on": {"on": on}, "dimming": {"brightness": brightness}, "dynamics": {"duration": time}})
    });
    prop_oneof![
        6 => state(),
        3 => fade,
        2 => any_json(),
        1 => (recall, 0..9_000_i64).prop_map(|(it, time)| json!({"recall": {"action": it, "duration": time}})),
        1 => actions.clone().prop_map(|it| json!({"actions": it})),
        2 => (actions, group, ".{0,34}").prop_map(|(actions, group, name)| json!({
            "metadata": {"name": name}, "actions": actions, "group": {"rid": "", "rtype": group},
        })),
        2 => group_children().prop_map(|it| json!({"children": it})),
        1 => (group_children(), ".{0,34}").prop_map(|(it, name)| json!({"metadata": {"name": name}, "children": it})),
    ]
}

fn group_children() -> impl Strategy<Value = Value> {
    let children = |(rtype, count)| Value::from(vec![json!({"rid": "", "rtype": rtype}); count]);
    (select(vec!["light", "light", "device", "room"]), 0..4_usize).prop_map(children)
}

/// Generates a resource type: most often a light, now and then a type that is read-only or unknown.
fn rtype() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just("light"),
        2 => Just("grouped_light"),
        2 => Just("scene"),
        2 => Just("room"),
        3 => Just("zone"),
        2 => select(vec!["smart_scene", "device", "bridge", "bridge_home", "motion", "geofence_client", "nothing"]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (rtype(), any::<usize>(), body()).prop_map(|(rtype, place, body)| Step::Put(rtype, place, body)),
        2 => (rtype(), body()).prop_map(|(rtype, body)| Step::Post(rtype, body)),
        1 => (rtype(), any::<usize>()).prop_map(|(rtype, place)| Step::Delete(rtype, place)),
        2 => (0..30_000_u64).prop_map(Step::Advance),
    ]
}

/// Fills empty references with ids of existing resources, a different one each time.
fn fill_references(world: &World, value: &mut Value, seed: &mut usize) {
    *seed = seed.wrapping_mul(31).wrapping_add(7);
    if value["rid"] == "" {
        let ids: Vec<_> = world.store.of_type(value["rtype"].as_str().unwrap_or_default()).map(resource_id).collect();
        value["rid"] = json!(ids.get(*seed % ids.len().max(1)));
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| fill_references(world, value, seed)),
        Value::Array(values) => values.iter_mut().for_each(|value| fill_references(world, value, seed)),
        _ => {}
    }
}

fn send(world: &mut World, method: &Method, path: &[&str], body: &Value) {
    let mut body = body.clone();
    let mut seed = path.len();
    if body.is_object() || body.is_array() {
        fill_references(world, &mut body, &mut seed);
    }
    let reply = clip::answer(world, method, path, body.to_string().as_bytes()).0;
    let response = to_bytes(reply.into_response().into_body(), usize::MAX).now_or_never().expect("no waiting");
    let answer: Value = serde_json::from_slice(&response.expect("a body")).expect("JSON");
    assert!(answer["data"].is_array() && answer["errors"].is_array(), "{answer}");
}

fn run_step(world: &mut World, step: &Step) {
    let chosen = |rtype: &str, place: usize| {
        let ids: Vec<_> = world.store.of_type(rtype).map(resource_id).collect();
        ids.get(place % ids.len().max(1)).cloned().unwrap_or_default()
    };
    match step {
        Step::Put(rtype, place, body) => {
            let id = chosen(rtype, *place);
            send(world, &Method::PUT, &[rtype, &id], body);
        }
        Step::Delete(rtype, place) => {
            let id = chosen(rtype, *place);
            send(world, &Method::DELETE, &[rtype, &id], &Value::Null);
        }
        Step::Post(rtype, body) => send(world, &Method::POST, &[rtype], body),
        Step::Advance(millis) => {
            let until = world.clock.now() + Duration::from_millis(*millis);
            advance(world, until);
        }
    }
    let changes = world.store.take_changes();
    world.update_aggregates(&changes);
}

/// Checks what holds on every bridge.
fn check_invariants(world: &mut World) {
    for light in world.store.of_type("light") {
        assert!(light["on"]["on"].is_boolean(), "{light}");
        if let Some(dimming) = light.get("dimming") {
            let brightness = dimming["brightness"].as_f64().expect("a number");
            assert!((0.4..=100.0).contains(&brightness), "{light}");
            assert!((quantise(brightness) - brightness).abs() < 1e-9, "{light}");
        }
        check_color(light);
    }
    let reported: Vec<_> = world.store.of_type("grouped_light").cloned().collect();
    recompute(&mut world.store);
    let changed = world.store.take_changes();
    assert!(changed.is_empty(), "{reported:?} should have {changed:?}");
}

fn check_color(light: &Value) {
    if let Some(white) = light.get("color_temperature") {
        let range = ["mirek_minimum", "mirek_maximum"].map(|it| white["mirek_schema"][it].as_i64().expect("a limit"));
        let inside = white["mirek"].as_i64().map(|mirek| (range[0]..=range[1]).contains(&mirek));
        assert!(inside.unwrap_or(white["mirek"].is_null()), "{light}");
        assert_eq!(white["mirek_valid"], inside.is_some(), "{light}");
    }
    let gamut = Gamut::from_json(&light["color"]["gamut"]);
    let points = light["gradient"]["points"].as_array().into_iter().flatten().map(|point| &point["color"]["xy"]);
    for colour in points.chain(light.get("color").map(|color| &color["xy"])) {
        let colour = Xy::from_json(colour).expect("a colour");
        let inside = gamut.expect("a gamut").clamp(colour);
        // Within the rounding to four decimals.
        assert!((inside.x - colour.x).abs() < 2e-4 && (inside.y - colour.y).abs() < 2e-4, "{light}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn no_request_breaks_what_is_so_on_every_bridge(steps in prop::collection::vec(step(), 1..16)) {
        let mut world = demo(Limits::Off, &[Quirk::OffForgetsBrightness, Quirk::OldScenesMakeRoom]);
        for step in &steps {
            run_step(&mut world, step);
            check_invariants(&mut world);
        }
        send(&mut world, &Method::GET, &[], &Value::Null);
    }

    #[test]
    fn bytes_that_are_no_json_are_refused_and_change_nothing(body in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assume!(serde_json::from_slice::<Value>(&body).is_err());
        let mut world = demo(Limits::Off, &[]);
        let light = world.store.of_type("light").next().map(resource_id).expect("a light");
        let answer = clip::answer(&mut world, &Method::PUT, &["light", &light], &body);
        prop_assert_eq!(answer.0.status(), 400);
        prop_assert!(world.store.take_changes().is_empty());
    }
}
