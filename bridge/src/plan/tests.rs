use super::*;
use crate::{
    change::{Brightness, Color, Power, RecallMode, Target},
    color::{Gamut, Xy},
    home::{Capabilities, Group, GroupKind, Scene, SceneStatus},
};

const GAMUT_C: Gamut =
    Gamut { red: Xy { x: 0.6915, y: 0.3083 }, green: Xy { x: 0.17, y: 0.7 }, blue: Xy { x: 0.1532, y: 0.0475 } };

fn color_lamp(id: &str) -> Light {
    Light {
        id: Id::new(id),
        number: None,
        name: id.to_owned(),
        room_id: None,
        room: None,
        zones: Vec::new(),
        device_id: Id::new(format!("device-{id}")),
        archetype: None,
        product_name: None,
        model_id: None,
        reachability: Reachability::Connected,
        can: Capabilities {
            dimming: true,
            color: true,
            gamut: Some(GAMUT_C),
            mirek: Some((153, 500)),
            gradient_points: 0,
            effects: vec!["candle".to_owned()],
            effects_v2: true,
            ..Capabilities::default()
        },
        state: LightState { on: false, brightness: Some(40.0), mirek: Some(366), xy: None, effect: None },
    }
}

fn white_lamp(id: &str) -> Light {
    let mut light = color_lamp(id);
    light.can = Capabilities { dimming: true, mirek: Some((222, 454)), ..Capabilities::default() };
    light
}

fn plug(id: &str) -> Light {
    let mut light = color_lamp(id);
    light.can = Capabilities::default();
    light.state = LightState::default();
    light
}

/// Rooms of the lamps given, and the home of all.
fn home(rooms: Vec<(&str, Vec<Light>)>) -> Home {
    let mut home = Home::default();
    let mut all = Vec::new();
    for (name, lights) in rooms {
        let ids: Vec<Id> = lights.iter().map(|light| light.id.clone()).collect();
        all.extend(ids.iter().cloned());
        home.groups.push(group(name, GroupKind::Room, ids));
        home.lights.extend(lights);
    }
    home.groups.push(group("all", GroupKind::Home, all));
    home.light_index = home.lights.iter().enumerate().map(|(at, light)| (light.id.clone(), at)).collect();
    home
}

fn group(name: &str, kind: GroupKind, lights: Vec<Id>) -> Group {
    Group {
        id: Id::new(name),
        number: None,
        name: name.to_owned(),
        kind,
        archetype: None,
        lights,
        grouped_light: Some(Id::new(format!("grouped-{name}"))),
        on: false,
        brightness: None,
    }
}

fn lamps(prefix: &str, count: usize) -> Vec<Light> {
    (0..count).map(|n| color_lamp(&format!("{prefix}{n}"))).collect()
}

fn set(target: Target, change: Change) -> Command {
    Command::Set { target, change }
}

fn on_light(id: &str, change: Change) -> Command {
    set(Target::Light(Id::new(id)), change)
}

fn on_group(id: &str, change: Change) -> Command {
    set(Target::Group(Id::new(id)), change)
}

fn power(power: Power) -> Change {
    Change { power: Some(power), ..Change::default() }
}

fn painted(color: Color) -> Change {
    Change { power: Some(Power::On), color: Some(color), ..Change::default() }
}

fn planned(home: &Home, commands: &[Command]) -> Plan {
    plan(home, &Overlay::default(), commands).expect("commands that make sense")
}

fn bodies(plan: &Plan) -> Vec<Value> {
    plan.steps.iter().map(|step| step.body.clone()).collect()
}

fn kinds(plan: &Plan) -> Vec<StepKind> {
    plan.steps.iter().map(|step| step.kind).collect()
}

#[test]
fn turning_on_alone_keeps_the_brightness() {
    let plan = planned(&home(vec![("room", lamps("l", 1))]), &[on_light("l0", power(Power::On))]);
    assert_eq!(bodies(&plan), [json!({"on": {"on": true}})]);
    assert_eq!(plan.lights[0].after.brightness, Some(40.0));
}

#[test]
fn the_last_command_wins_for_each_attribute() {
    let dim = |percent| Change { brightness: Some(Brightness::Percent(percent)), ..power(Power::On) };
    let home = home(vec![("room", lamps("l", 1))]);
    let plan = planned(
        &home,
        &[on_light("l0", dim(10.0)), on_light("l0", painted(Color::Mirek(200))), on_group("room", dim(80.0))],
    );
    let expected = json!({"on": {"on": true}, "dimming": {"brightness": 80.0}, "color_temperature": {"mirek": 200}});
    assert_eq!(bodies(&plan), [expected]);
}

#[test]
fn toggle_turns_off_if_any_light_of_the_target_is_on() {
    let mut lights = lamps("l", 2);
    lights[1].state.on = true;
    let home = home(vec![("room", lights)]);
    let plan = planned(&home, &[on_group("room", power(Power::Toggle))]);
    assert_eq!(bodies(&plan), [json!({"on": {"on": false}})]);
    assert_eq!(plan.steps[0].lights, [Id::new("l1")]);
    let plan = planned(&home, &[on_light("l0", power(Power::Toggle))]);
    assert_eq!(bodies(&plan), [json!({"on": {"on": true}})]);
}

#[test]
fn a_light_that_already_is_so_needs_nothing() {
    let plan = planned(&home(vec![("room", lamps("l", 1))]), &[on_light("l0", power(Power::Off))]);
    assert_eq!((plan.steps.len(), plan.lights[0].note.clone()), (0, Some(Note::Unchanged)));
}

#[test]
fn a_state_that_is_not_shown_yet_counts() {
    let home = home(vec![("room", lamps("l", 1))]);
    let on = LightState { on: true, ..home.lights[0].state.clone() };
    let overlay = Overlay::from_iter([(Id::new("l0"), Some(on))]);
    let plan = plan(&home, &overlay, &[on_light("l0", power(Power::Off))]).expect("a plan");
    assert_eq!(bodies(&plan), [json!({"on": {"on": false}})]);
}

#[test]
fn a_room_of_four_goes_as_one_command_and_one_of_three_does_not() {
    let home = home(vec![("big", lamps("b", 4)), ("small", lamps("s", 3))]);
    let plan = planned(&home, &[on_group("big", power(Power::On))]);
    assert_eq!((kinds(&plan), plan.steps[0].resource.as_str()), (vec![StepKind::Group], "grouped-big"));
    assert_eq!(kinds(&planned(&home, &[on_group("small", power(Power::On))])), [StepKind::Light; 3]);
}

#[test]
fn a_room_whose_lights_are_named_one_by_one_is_still_a_room() {
    let home = home(vec![("big", lamps("b", 4)), ("other", lamps("o", 1))]);
    let commands: Vec<Command> = (0..4).map(|n| on_light(&format!("b{n}"), power(Power::On))).collect();
    assert_eq!(kinds(&planned(&home, &commands)), [StepKind::Group]);
}

#[test]
fn equal_changes_to_all_rooms_become_the_home() {
    let home = home(vec![("a", lamps("a", 4)), ("b", lamps("b", 4)), ("c", lamps("c", 2))]);
    let commands = ["a", "b", "c"].map(|room| on_group(room, power(Power::On)));
    let plan = planned(&home, &commands);
    assert_eq!((plan.steps.len(), plan.steps[0].resource.as_str()), (1, "grouped-all"));
}

#[test]
fn a_change_is_uniform_as_asked_even_if_lamps_clamp_it_differently() {
    let mut lights = lamps("l", 3);
    lights.push(white_lamp("w"));
    let plan = planned(&home(vec![("room", lights)]), &[on_group("room", painted(Color::Mirek(153)))]);
    assert_eq!(kinds(&plan), [StepKind::Group]);
    assert_eq!(plan.steps[0].body["color_temperature"]["mirek"], 153);
    let white = plan.lights.iter().find(|light| light.name == "w").expect("the white lamp");
    assert!(matches!(&white.adjustments[..], [Adjustment::Clamped { attribute: "color_temperature", .. }]));
    assert_eq!(white.after.mirek, Some(222));
}

#[test]
fn a_white_lamp_among_coloured_ones_gets_its_white_after_the_group_command() {
    let mut lights = lamps("l", 4);
    lights.push(white_lamp("w"));
    let plan = planned(&home(vec![("room", lights)]), &[on_group("room", painted(Color::Text("red".to_owned())))]);
    assert_eq!(kinds(&plan), [StepKind::Group, StepKind::Light]);
    assert_eq!(plan.steps[1].body["color_temperature"]["mirek"], 454);
    assert_eq!(waves(&plan.steps), [vec![0], vec![1]]);
}

#[test]
fn many_different_rooms_go_lamp_by_lamp_when_that_ends_sooner() {
    let rooms: Vec<(String, Vec<Light>)> = (0..6).map(|n| (format!("r{n}"), lamps(&format!("r{n}l"), 4))).collect();
    let home = home(rooms.iter().map(|(name, lights)| (name.as_str(), lights.clone())).collect());
    let commands: Vec<Command> =
        (0..6_u16).map(|n| on_group(&format!("r{n}"), painted(Color::Mirek(200 + n)))).collect();
    let plan = planned(&home, &commands);
    let groups = plan.steps.iter().filter(|step| step.kind == StepKind::Group).count();
    assert!((1..6).contains(&groups), "{groups}");
    assert!(plan.estimated <= Duration::from_secs(2), "{:?}", plan.estimated);
}

#[test]
fn what_a_lamp_cannot_do_is_left_out_and_said() {
    let home = home(vec![("room", vec![plug("p")])]);
    let change = Change { brightness: Some(Brightness::Percent(50.0)), ..painted(Color::Mirek(300)) };
    let plan = planned(&home, &[on_light("p", change)]);
    assert_eq!(bodies(&plan), [json!({"on": {"on": true}})]);
    assert_eq!(
        plan.lights[0].adjustments,
        [Adjustment::Unsupported("brightness"), Adjustment::Unsupported("color_temperature")]
    );
    let plan =
        planned(&home, &[on_light("p", Change { brightness: Some(Brightness::Delta(5.0)), ..Change::default() })]);
    assert_eq!((plan.steps.len(), plan.lights[0].note.clone()), (0, Some(Note::Unsupported)));
}

#[test]
fn a_colour_is_moved_into_the_gamut() {
    let home = home(vec![("room", lamps("l", 1))]);
    let plan = planned(&home, &[on_light("l0", painted(Color::Xy(Xy { x: 0.8, y: 0.2 })))]);
    assert!(matches!(&plan.lights[0].adjustments[..], [Adjustment::Clamped { attribute: "color", .. }]));
    assert_eq!(plan.steps[0].body["color"]["xy"], json!({"x": 0.6915, "y": 0.3083}));
}

#[test]
fn a_light_that_is_off_keeps_the_change_for_later() {
    let home = home(vec![("room", lamps("l", 1))]);
    let plan =
        planned(&home, &[on_light("l0", Change { brightness: Some(Brightness::Percent(80.0)), ..Change::default() })]);
    assert_eq!((plan.steps.len(), plan.lights[0].note.clone()), (1, Some(Note::StoredWhileOff)));
}

#[test]
fn an_unreachable_light_gets_no_request_of_its_own_but_is_in_the_groups() {
    let mut lights = lamps("l", 4);
    lights[0].reachability = Reachability::Unreachable("connectivity_issue".to_owned());
    let home = home(vec![("room", lights)]);
    let plan = planned(&home, &[on_light("l0", power(Power::On))]);
    assert_eq!((plan.steps.len(), plan.lights[0].note.clone()), (0, Some(Note::Unreachable)));
    let plan = planned(&home, &[on_group("room", power(Power::On))]);
    assert_eq!((kinds(&plan), plan.steps[0].lights.len()), (vec![StepKind::Group], 4));
}

#[test]
fn deltas_are_not_repeatable() {
    let home = home(vec![("room", lamps("l", 1))]);
    let change =
        Change { brightness: Some(Brightness::Delta(-10.0)), color: Some(Color::MirekDelta(50)), ..Change::default() };
    let plan = planned(&home, &[on_light("l0", change)]);
    let expected = json!({"dimming_delta": {"action": "down", "brightness_delta": 10.0},
        "color_temperature_delta": {"action": "up", "mirek_delta": 50}});
    assert_eq!((bodies(&plan), plan.steps[0].repeatable), (vec![expected], false));
    assert_eq!((plan.lights[0].after.brightness, plan.lights[0].after.mirek), (Some(30.0), Some(416)));
}

#[test]
fn a_colour_that_comes_with_an_effect_goes_into_its_parameters() {
    let home = home(vec![("room", lamps("l", 5))]);
    let change = Change { effect: Some("candle".to_owned()), effect_speed: Some(0.5), ..painted(Color::Mirek(400)) };
    let plan = planned(&home, &[on_group("room", change)]);
    assert_eq!(kinds(&plan), [StepKind::Light; 5]);
    let action = json!({"effect": "candle", "parameters": {"color_temperature": {"mirek": 400}, "speed": 0.5}});
    assert_eq!(plan.steps[0].body, json!({"on": {"on": true}, "effects_v2": {"action": action}}));
}

#[test]
fn a_gradient_is_one_colour_for_lamps_without() {
    let mut lights = lamps("l", 2);
    lights[0].can.gradient_points = 3;
    let home = home(vec![("room", lights)]);
    let gradient = ["red", "green", "blue", "white"].map(|name| Color::Text(name.to_owned())).to_vec();
    let plan = planned(&home, &[on_group("room", Change { gradient, ..power(Power::On) })]);
    assert_eq!(plan.steps[0].body["gradient"]["points"].as_array().map(Vec::len), Some(3));
    assert!(plan.steps[1].body.get("color").is_some());
}

#[test]
fn a_transition_is_in_hundreds_of_milliseconds_and_clamped() {
    let home = home(vec![("room", lamps("l", 1))]);
    let change = |millis| Change { transition: Some(Duration::from_millis(millis)), ..power(Power::On) };
    assert_eq!(planned(&home, &[on_light("l0", change(449))]).steps[0].body["dynamics"]["duration"], 400);
    let plan = planned(&home, &[on_light("l0", change(9_000_000))]);
    assert_eq!(plan.steps[0].body["dynamics"]["duration"], 6_000_000);
    assert!(matches!(&plan.lights[0].adjustments[..], [Adjustment::Clamped { attribute: "transition", .. }]));
}

fn with_scene(mut home: Home) -> Home {
    let state = LightState { on: true, brightness: Some(70.0), mirek: Some(300), ..LightState::default() };
    home.scenes.push(Scene {
        id: Id::new("scene"),
        name: "Relax".to_owned(),
        group_id: Id::new("room"),
        group: Some("room".to_owned()),
        status: SceneStatus::Inactive,
        smart: false,
        actions: vec![(Id::new("l0"), state.clone()), (Id::new("l1"), state)],
        last_recall: None,
    });
    home
}

#[test]
fn a_scene_is_one_step_and_what_follows_waits_for_it() {
    let home = with_scene(home(vec![("room", lamps("l", 3))]));
    let recall = Command::Recall {
        scene: Id::new("scene"),
        mode: RecallMode::Active,
        transition: Some(Duration::from_secs(1)),
        brightness: Some(60.0),
    };
    let plan = planned(&home, &[recall, on_light("l0", power(Power::Off)), on_light("l2", power(Power::On))]);
    assert_eq!(kinds(&plan), [StepKind::Scene, StepKind::Light, StepKind::Light]);
    let body = json!({"recall": {"action": "active", "duration": 1000, "dimming": {"brightness": 60.0}}});
    assert_eq!(plan.steps[0].body, body);
    assert_eq!(waves(&plan.steps), [vec![0, 2], vec![1]]);
    let after = |id: &str| plan.lights.iter().find(|light| light.light.as_str() == id).map(|light| light.after.clone());
    assert_eq!(after("l0").map(|state| (state.on, state.brightness)), Some((false, Some(60.0))));
    assert_eq!(after("l1").map(|state| (state.on, state.mirek)), Some((true, Some(300))));
}

#[test]
fn commands_without_sense_are_refused() {
    let home = with_scene(home(vec![("room", lamps("l", 1))]));
    let dim = |brightness| Change { brightness: Some(brightness), ..Change::default() };
    for command in [
        on_light("l0", dim(Brightness::Percent(0.0))),
        on_light("l0", dim(Brightness::Percent(101.0))),
        on_light("l0", dim(Brightness::Percent(f64::NAN))),
        on_light("l0", dim(Brightness::Delta(f64::INFINITY))),
        on_light("l0", painted(Color::Mirek(49))),
        on_light("l0", painted(Color::Kelvin(0))),
        on_light("l0", painted(Color::Xy(Xy { x: f64::NAN, y: 0.3 }))),
        on_light("l0", painted(Color::Text("bluish".to_owned()))),
        on_light("l0", painted(Color::MirekDelta(i16::MIN))),
        on_light("l0", Change { gradient: vec![Color::Mirek(300)], ..Change::default() }),
        on_light("l0", Change { effect_speed: Some(2.0), ..Change::default() }),
        Command::Recall { scene: Id::new("scene"), mode: RecallMode::Active, transition: None, brightness: Some(0.0) },
    ] {
        let result = plan(&home, &Overlay::default(), std::slice::from_ref(&command));
        assert!(matches!(result, Err(Error::Invalid(_))), "{command:?}: {result:?}");
    }
    for command in [on_light("x", power(Power::On)), on_group("x", power(Power::On)), Command::Identify(Id::new("x"))] {
        assert!(matches!(plan(&home, &Overlay::default(), &[command]), Err(Error::NotFound { .. })));
    }
}

#[test]
fn two_hundred_lamps_of_different_colours_are_estimated_by_their_messages() {
    let home = home(vec![("room", lamps("l", 200))]);
    let commands: Vec<Command> = (0..200_u16)
        .map(|n| {
            let change = Change { brightness: Some(Brightness::Percent(50.0)), ..painted(Color::Mirek(200 + n)) };
            on_light(&format!("l{n}"), change)
        })
        .collect();
    let plan = planned(&home, &commands);
    assert_eq!(plan.steps.len(), 200);
    assert!((plan.estimated.as_secs_f64() - 23.0).abs() < 0.1, "{:?}", plan.estimated);
}
