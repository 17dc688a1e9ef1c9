//! Tests of planning: merging, grouping, clamping and what each light is told.

use super::*;
use crate::{
    change::{Adjustment, Brightness, Color, Note, Power, RecallMode, Target},
    color::{Gamut, Xy},
    home::{
        Capabilities, GroupKind, Reachability, Scene, SceneState,
        samples::{self, group},
    },
    pending_writes::Unconfirmed,
};

const GAMUT_C: Gamut =
    Gamut { red: Xy { x: 0.6915, y: 0.3083 }, green: Xy { x: 0.17, y: 0.7 }, blue: Xy { x: 0.1532, y: 0.0475 } };

fn color_lamp(id: &str) -> Light {
    Light {
        can: Capabilities {
            dimming: true,
            color: true,
            gamut: Some(GAMUT_C),
            mirek: Some((153, 500)),
            effects: vec!["candle".to_owned()],
            effects_v2: true,
            ..Capabilities::default()
        },
        state: LightState { on: false, brightness: Some(40.0), mirek: Some(366), ..LightState::default() },
        ..samples::light(id)
    }
}

fn white_lamp(id: &str) -> Light {
    let mut light = color_lamp(id);
    light.can = Capabilities { dimming: true, mirek: Some((222, 454)), ..Capabilities::default() };
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
    try_plan(home, &PendingView::default(), commands).expect("commands that make sense")
}

/// With a budget that nobody used.
fn try_plan(home: &Home, pending: &PendingView, commands: &[Command]) -> Result<Plan, Error> {
    plan(PlanContext { home, pending, forecast: &Budget::idle_forecast }, commands)
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
    let write = Unconfirmed { state: Some(on), certain: true };
    let pending = PendingView { unconfirmed: [(Id::new("l0"), write)].into(), ..PendingView::default() };
    let plan = try_plan(&home, &pending, &[on_light("l0", power(Power::Off))]).expect("a plan");
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
fn thirty_lights_of_a_room_are_one_request_at_once() {
    let plan = planned(&home(vec![("room", lamps("l", 30))]), &[on_group("room", painted(Color::Mirek(300)))]);
    assert_eq!((kinds(&plan), plan.lights.len(), plan.estimated), (vec![StepKind::Group], 30, Duration::ZERO));
}

#[test]
fn a_light_that_is_asked_for_something_else_breaks_its_room() {
    let home = home(vec![("room", lamps("l", 4))]);
    let plan =
        planned(&home, &[on_group("room", painted(Color::Mirek(300))), on_light("l2", painted(Color::Mirek(400)))]);
    assert_eq!(kinds(&plan), [StepKind::Light; 4]);
    assert_eq!(plan.steps[2].body["color_temperature"]["mirek"], 400, "the last one wins");
    let again = [on_light("l2", painted(Color::Mirek(400))), on_group("room", painted(Color::Mirek(300)))];
    assert_eq!(kinds(&planned(&home, &again)), [StepKind::Group], "the last one wins");
}

#[test]
fn a_light_that_is_named_twice_is_one_light() {
    let home = home(vec![("room", lamps("l", 1))]);
    let plan = planned(&home, &[on_light("l0", power(Power::On)), on_light("l0", power(Power::On))]);
    assert_eq!((plan.steps.len(), plan.lights.len()), (1, 1));
}

#[test]
fn a_zone_that_overlaps_a_room_goes_first_if_it_is_larger_and_the_rest_of_the_room_lamp_by_lamp() {
    let mut home = home(vec![("room", lamps("l", 5)), ("other", lamps("o", 4)), ("far", lamps("f", 1))]);
    let ids = ["l3", "l4", "o0", "o1", "o2", "o3"].map(Id::new).to_vec();
    home.groups.push(group("zone", GroupKind::Zone, ids));
    let plan = planned(&home, &[on_group("room", power(Power::On)), on_group("zone", power(Power::On))]);
    assert_eq!(kinds(&plan), [StepKind::Group, StepKind::Light, StepKind::Light, StepKind::Light]);
    assert_eq!((plan.steps[0].resource.as_str(), plan.lights.len()), ("grouped-zone", 9));
}

#[test]
fn an_empty_room_is_nothing_to_do() {
    let mut home = home(vec![("room", lamps("l", 1)), ("empty", Vec::new())]);
    home.groups.retain(|group| group.name != "all");
    let plan = planned(&home, &[on_group("empty", power(Power::On))]);
    assert_eq!((plan.steps.len(), plan.lights.len(), plan.estimated), (0, 0, Duration::ZERO));
}

/// Returns the kinds of steps for a room of ten lamps, if group commands wait as long as this.
fn kinds_if_groups_wait(wait: Duration, change: Change) -> Vec<StepKind> {
    let home = home(vec![("room", lamps("l", 10))]);
    let forecast = |costs: &[Cost]| {
        let groups = if costs.contains(&Cost::GROUP_COMMAND) { wait } else { Duration::ZERO };
        Budget::idle_forecast(costs).max(groups)
    };
    let context = PlanContext { home: &home, pending: &PendingView::default(), forecast: &forecast };
    kinds(&plan(context, &[on_group("room", change)]).expect("a plan"))
}

#[test]
fn lamp_by_lamp_is_preferred_only_if_the_last_lamp_follows_over_a_quarter_of_a_second_sooner() {
    // Ten messages take the radio 0.4 s, and twenty 0.8 s; tokens for ten lamps are there at once.
    for (change, messages_end) in [(power(Power::On), 400), (painted(Color::Mirek(300)), 800)] {
        let kinds_at = |millis| kinds_if_groups_wait(Duration::from_millis(millis), change.clone());
        assert_eq!(kinds_at(messages_end + 250), [StepKind::Group]);
        assert_eq!(kinds_at(messages_end + 251), [StepKind::Light; 10]);
    }
}

#[test]
fn what_comes_later_sees_what_was_asked_before() {
    let home = home(vec![("room", lamps("l", 1))]);
    let twice = planned(&home, &[on_light("l0", power(Power::On)), on_light("l0", power(Power::Toggle))]);
    assert_eq!((twice.steps.len(), &twice.lights[0].note), (0, &Some(Note::Unchanged)));
    let dim = |brightness| Change { brightness: Some(brightness), ..power(Power::On) };
    let up = dim(Brightness::Delta(10.0));
    let plan = planned(&home, &[on_light("l0", dim(Brightness::Percent(50.0))), on_light("l0", up.clone())]);
    assert_eq!((&plan.steps[0].body["dimming"]["brightness"], plan.steps[0].repeatable), (&json!(60.0), true));
    let plan = planned(&home, &[on_light("l0", up.clone()), on_light("l0", up)]);
    assert_eq!(plan.steps[0].body["dimming_delta"], json!({"action": "up", "brightness_delta": 20.0}));
    let warmer = |delta| painted(Color::MirekDelta(delta));
    let plan = planned(&home, &[on_light("l0", painted(Color::Mirek(300))), on_light("l0", warmer(50))]);
    assert_eq!(plan.steps[0].body["color_temperature"]["mirek"], 350);
    let plan = planned(&home, &[on_light("l0", warmer(-900)), on_light("l0", warmer(-900))]);
    assert_eq!(plan.steps[0].body["color_temperature_delta"], json!({"action": "down", "mirek_delta": 950}));
}

#[test]
fn a_light_makes_itself_known_after_what_was_asked_before() {
    let home = home(vec![("room", lamps("l", 2))]);
    let commands =
        [on_light("l0", power(Power::On)), Command::Identify(Id::new("l0")), on_light("l1", power(Power::On))];
    let plan = planned(&home, &commands);
    assert_eq!(kinds(&plan), [StepKind::Light, StepKind::Light, StepKind::Identify]);
    assert_eq!((send_order(&plan.steps), plan.lights.len()), (vec![vec![0, 1], vec![2]], 2));
}

/// Lamps that are off, and what the bridge lost of them.
fn faded(home: &mut Home, lamps: &[(&str, f64)]) -> PendingView {
    for (id, _) in lamps {
        let at = home.light_index[&Id::new(id)];
        home.lights[at].state = LightState { brightness: Some(0.4), ..home.lights[at].state.clone() };
    }
    PendingView {
        brightness_before_fade: lamps.iter().map(|(id, had)| (Id::new(id), *had)).collect(),
        ..PendingView::default()
    }
}

#[test]
fn a_light_that_was_faded_out_comes_back_with_the_brightness_it_had() {
    let mut home = home(vec![("room", lamps("l", 2))]);
    let pending = faded(&mut home, &[("l0", 70.0)]);
    let on = |pending: &PendingView, change| try_plan(&home, pending, &[on_light("l0", change)]).expect("a plan");
    let expected = json!({"on": {"on": true}, "dimming": {"brightness": 70.0}});
    assert_eq!(bodies(&on(&pending, power(Power::On))), [expected]);
    assert_eq!(on(&pending, power(Power::On)).lights[0].after.brightness, Some(70.0));
    let own = Change { brightness: Some(Brightness::Percent(5.0)), ..power(Power::On) };
    assert_eq!(on(&pending, own).steps[0].body["dimming"]["brightness"], 5.0, "what is asked wins");
    let nothing_lost = bodies(&on(&PendingView::default(), power(Power::On)));
    assert_eq!(nothing_lost, [json!({"on": {"on": true}})]);
}

#[test]
fn a_room_that_was_faded_out_comes_back_in_one_command_if_it_can() {
    let mut home = home(vec![("room", lamps("l", 4)), ("other", lamps("o", 1))]);
    let all = faded(&mut home, &[("l0", 70.0), ("l1", 70.0), ("l2", 70.36), ("l3", 70.0)]);
    let on = [on_group("room", power(Power::On))];
    let plan = try_plan(&home, &all, &on).expect("a plan");
    assert_eq!((kinds(&plan), &plan.steps[0].body["dimming"]["brightness"]), (vec![StepKind::Group], &json!(70.0)));
    let one = PendingView { brightness_before_fade: [(Id::new("l2"), 70.0)].into(), ..PendingView::default() };
    let plan = try_plan(&home, &one, &on).expect("a plan");
    assert_eq!((kinds(&plan), plan.steps[1].resource.as_str()), (vec![StepKind::Group, StepKind::Light], "l2"));
    assert_eq!(plan.steps[0].body, json!({"on": {"on": true}}), "the others keep theirs");
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
    assert_eq!(send_order(&plan.steps), [vec![0], vec![1]]);
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
    let home = home(vec![("room", vec![samples::light("p")])]);
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
fn less_than_the_least_brightness_is_the_least_for_lamps_and_groups() {
    let home = home(vec![("room", lamps("l", 4))]);
    let dark = Change { brightness: Some(Brightness::Percent(1e-9)), ..power(Power::On) };
    for command in [on_light("l0", dark.clone()), on_group("room", dark)] {
        let plan = planned(&home, &[command]);
        assert_eq!(plan.steps[0].body["dimming"]["brightness"], 0.4);
        assert!(matches!(&plan.lights[0].adjustments[..], [Adjustment::Clamped { attribute: "brightness", .. }]));
    }
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

fn effect(name: &str) -> Change {
    Change { effect: Some(name.to_owned()), ..power(Power::On) }
}

#[test]
fn an_effect_is_found_however_it_is_spelled() {
    let home = home(vec![("room", vec![color_lamp("l")])]);
    for spelling in ["Candle", "CANDLE", " candle "] {
        assert_eq!(
            planned(&home, &[on_light("l", effect(spelling))]).lights[0].after.effect.as_deref(),
            Some("candle")
        );
    }
    for spelling in ["no_effect", "no effect", "No-Effect"] {
        let plan = planned(&home, &[on_light("l", effect(spelling))]);
        assert_eq!(plan.steps[0].body["effects_v2"], json!({"action": {"effect": "no_effect"}}), "{spelling}");
    }
}

#[test]
fn an_effect_that_no_light_has_is_refused_with_those_that_they_have() {
    let home = home(vec![("room", vec![color_lamp("l"), color_lamp("m"), white_lamp("w")])]);
    for (commands, told) in [
        (vec![on_light("l", effect("Blah"))], "l does not have the effect `blah`; it has candle"),
        (vec![on_light("w", effect("candle"))], "w has no effects, so `candle` cannot be shown"),
        (vec![on_group("room", effect("fire"))], "none of the lights has the effect `fire`; they have candle"),
        (
            vec![on_light("l", effect("fire")), on_light("w", effect("fire"))],
            "none of the lights has the effect `fire`; they have candle",
        ),
    ] {
        assert_eq!(try_plan(&home, &PendingView::default(), &commands), Err(Error::Invalid(told.to_owned())));
    }
}

#[test]
fn of_several_lights_those_without_the_effect_are_told() {
    let home = home(vec![("room", vec![color_lamp("l"), white_lamp("w")])]);
    let lacks = [Adjustment::Other("it does not have the effect candle".to_owned())];
    let each = [on_light("l", effect("Candle")), on_light("w", effect("candle"))];
    for plan in [planned(&home, &[on_group("room", effect("candle"))]), planned(&home, &each)] {
        assert_eq!(plan.lights[0].after.effect.as_deref(), Some("candle"));
        assert_eq!((plan.lights[0].adjustments.len(), &plan.lights[1].adjustments[..]), (0, &lacks[..]));
    }
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
    let state = SceneState { on: Some(true), brightness: Some(70.0), mirek: Some(300), ..SceneState::default() };
    let actions = vec![(Id::new("l0"), state.clone()), (Id::new("l1"), state)];
    home.scenes.push(Scene { actions, ..samples::scene("scene", &home.groups[0]) });
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
    assert_eq!(send_order(&plan.steps), [vec![0, 2], vec![1]]);
    let after = |id: &str| plan.lights.iter().find(|light| light.light.as_str() == id).map(|light| light.after.clone());
    assert_eq!(after("l0").map(|state| (state.on, state.brightness)), Some((false, Some(60.0))));
    assert_eq!(after("l1").map(|state| (state.on, state.mirek)), Some((true, Some(300))));
}

#[test]
fn what_a_recall_changed_is_told_even_if_what_follows_changes_nothing() {
    let home = with_scene(home(vec![("room", lamps("l", 3))]));
    let recall =
        Command::Recall { scene: Id::new("scene"), mode: RecallMode::Active, transition: None, brightness: None };
    let plan = planned(&home, &[recall, on_light("l0", power(Power::On))]);
    let l0 = plan.lights.iter().find(|light| light.name == "l0").expect("the lamp");
    assert_eq!((plan.steps.len(), &l0.note, l0.before.on, l0.after.on), (1, &None, false, true));
}

#[test]
fn a_palette_in_motion_shows_in_the_lamps_that_can_move() {
    let mut home = with_scene(home(vec![("room", lamps("l", 3))]));
    home.lights[0].can.dynamic = true;
    home.scenes[0].auto_dynamic = true;
    let recall = |mode| Command::Recall { scene: Id::new("scene"), mode, transition: None, brightness: None };
    let dynamic =
        |mode| planned(&home, &[recall(mode)]).lights.iter().map(|light| light.after.dynamic).collect::<Vec<_>>();
    assert_eq!(dynamic(RecallMode::Active), [true, false]);
    assert_eq!(dynamic(RecallMode::DynamicPalette), [true, false]);
    assert_eq!(dynamic(RecallMode::Static), [false, false]);
}

#[test]
fn the_colours_of_a_palette_in_motion_are_not_foretold() {
    let mut home = with_scene(home(vec![("room", lamps("l", 3))]));
    home.lights[0].can.dynamic = true;
    home.lights[0].state.mirek = Some(300);
    let mode = RecallMode::DynamicPalette;
    let recall = Command::Recall { scene: Id::new("scene"), mode, transition: None, brightness: None };
    let after = planned(&home, &[recall]).lights.swap_remove(0).after;
    assert!(after.dynamic && after.mirek.is_none() && after.xy.is_none() && after.gradient.is_empty(), "{after:?}");
}

#[test]
fn a_colour_ends_a_palette_in_motion_even_if_it_is_the_one_shown() {
    let mut lights = lamps("l", 1);
    lights[0].state = LightState { on: true, dynamic: true, ..lights[0].state.clone() };
    let plan = planned(&home(vec![("room", lights)]), &[on_light("l0", painted(Color::Mirek(366)))]);
    assert_eq!((plan.steps.len(), plan.lights[0].after.dynamic), (1, false));
}

#[test]
fn what_a_scene_does_not_name_stays() {
    let mut home = with_scene(home(vec![("room", lamps("l", 2))]));
    home.lights[0].state = LightState { on: true, effect: Some("candle".to_owned()), ..home.lights[0].state.clone() };
    home.scenes[0].actions[0].1 = SceneState { brightness: Some(20.0), ..SceneState::default() };
    let recall =
        Command::Recall { scene: Id::new("scene"), mode: RecallMode::Active, transition: None, brightness: None };
    let after = &planned(&home, &[recall]).lights[0].after;
    assert_eq!((after.on, after.brightness, after.effect.as_deref()), (true, Some(20.0), Some("candle")));
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
        let result = try_plan(&home, &PendingView::default(), std::slice::from_ref(&command));
        assert!(matches!(result, Err(Error::Invalid(_))), "{command:?}: {result:?}");
    }
    for command in [on_light("x", power(Power::On)), on_group("x", power(Power::On)), Command::Identify(Id::new("x"))] {
        assert!(matches!(try_plan(&home, &PendingView::default(), &[command]), Err(Error::NotFound { .. })));
    }
}

#[test]
fn the_estimate_is_what_the_budget_takes() {
    let change = |n: u16| Change { brightness: Some(Brightness::Percent(50.0)), ..painted(Color::Mirek(200 + n)) };
    // Three messages cost 1.2 of ten tokens a second, and ten are there at once.
    for (count, seconds) in [(1_u16, 0.0), (8, 0.0), (10, 0.2), (50, 5.0)] {
        let home = home(vec![("room", lamps("l", usize::from(count)))]);
        let commands: Vec<Command> = (0..count).map(|n| on_light(&format!("l{n}"), change(n))).collect();
        let plan = planned(&home, &commands);
        assert!((plan.estimated.as_secs_f64() - seconds).abs() < 0.01, "{count}: {:?}", plan.estimated);
    }
    // Groups go one a second: three lamps beside them cost no time.
    let home = home(vec![("a", lamps("a", 30)), ("b", lamps("b", 30)), ("c", lamps("c", 3))]);
    let plan = planned(&home, &[on_group("a", change(0)), on_group("b", change(1)), on_group("c", change(2))]);
    assert_eq!(plan.steps.len(), 5);
    assert!((plan.estimated.as_secs_f64() - 1.0).abs() < 0.01, "{:?}", plan.estimated);
}

/// When the last of these steps has its turn.
async fn last_turn(budget: &Budget, plan: &Plan) -> Duration {
    let start = tokio::time::Instant::now();
    let turns = plan.steps.iter().map(cost).map(|cost| {
        let budget = budget.clone();
        async move { budget.acquire(cost, start + Duration::from_hours(1)).await.map(drop) }
    });
    let turns = futures::future::join_all(turns).await;
    assert!(turns.iter().all(Result::is_ok));
    start.elapsed()
}

/// Plans, just after a room command, that the whole home goes off: its first room of five has gone. Returns the plan and
/// when the last of its requests has its turn.
async fn home_off_after_a_room(lamps_left: usize) -> (Plan, Duration) {
    let on = |mut light: Light| {
        light.state.on = true;
        light
    };
    let home = home(vec![("gone", lamps("g", 5)), ("left", lamps("l", lamps_left).into_iter().map(on).collect())]);
    let budget = Budget::new();
    drop(budget.acquire(Cost::GROUP_COMMAND, tokio::time::Instant::now()).await.expect("the first turn"));
    let forecast = |costs: &[Cost]| budget.forecast(costs);
    let context = PlanContext { home: &home, pending: &PendingView::default(), forecast: &forecast };
    let plan = plan(context, &[on_group("all", power(Power::Off))]).expect("a plan");
    let last = last_turn(&budget, &plan).await;
    (plan, last)
}

#[tokio::test(start_paused = true)]
async fn a_home_that_follows_a_room_goes_lamp_by_lamp_if_that_ends_sooner() {
    let (plan, last) = home_off_after_a_room(11).await;
    assert_eq!(kinds(&plan), [StepKind::Light; 11]);
    assert!(last <= Duration::from_millis(300), "{last:?}: the next group token comes after 1 s");
}

#[tokio::test(start_paused = true)]
async fn a_large_home_that_follows_a_room_waits_for_the_next_group_token() {
    for left in [20, 25, 145] {
        let (plan, last) = home_off_after_a_room(left).await;
        assert_eq!((kinds(&plan), plan.steps[0].resource.as_str()), (vec![StepKind::Group], "grouped-all"));
        assert!(last.abs_diff(Duration::from_secs(1)) <= Duration::from_millis(50), "{left}: {last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_estimate_is_when_the_budget_gives_the_last_turn() {
    let change = |n: u16| Change { brightness: Some(Brightness::Percent(50.0)), ..painted(Color::Mirek(200 + n)) };
    let home = home(vec![("a", lamps("a", 30)), ("b", lamps("b", 30)), ("c", lamps("c", 3))]);
    let many = |count: u16| (0..count).map(|n| on_light(&format!("a{n}"), change(n))).collect::<Vec<_>>();
    let mut mixed = vec![on_group("a", change(0)), on_group("b", change(1))];
    mixed.push(on_group("c", change(2)));
    for commands in [many(1), many(10), many(30), mixed] {
        let plan = planned(&home, &commands);
        let taken = last_turn(&Budget::new(), &plan).await;
        let apart = taken.abs_diff(plan.estimated);
        assert!(apart <= Duration::from_millis(50), "{} steps: {taken:?}, not {:?}", plan.steps.len(), plan.estimated);
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
