//! Changes to lights and groups, with the outcome that each light gets.

use std::time::{Duration, Instant};

use hue_bridge::{
    Adjustment, ApplyOptions, Bridge, Brightness, Change, Color, Command, Delivery, Error, Power, RecallMode, StepKind,
};
use hue_bridge_sim::{Quirk, Simulator};
use serde_json::json;

use crate::support::{
    TEST_TIMEOUT, builder, eventually, group, in_time, light, pair, patient, power, puts, set_group, set_light, start,
};

fn dim(percent: f64) -> Change {
    Change { brightness: Some(Brightness::Percent(percent)), ..power(Power::On) }
}

#[tokio::test]
async fn a_change_is_confirmed_by_the_event_stream() {
    let (sim, bridge) = pair().await;
    let change = Change { color: Some(Color::Text("orange".to_owned())), ..dim(50.0) };
    let outcomes = bridge.apply(&[set_light(&bridge, "Bedside left", change)], patient()).await.expect("sent");
    assert_eq!((outcomes.len(), &outcomes[0].delivery), (1, &Delivery::Confirmed), "{outcomes:?}");
    assert_eq!(outcomes[0].room.as_deref(), Some("Bedroom"));
    let after = outcomes[0].after.as_ref().expect("known");
    assert!(after.on && after.brightness.is_some_and(|percent| (percent - 50.0).abs() < 0.5), "{after:?}");
    assert_eq!(sim.light("Bedside left").expect("the lamp")["on"]["on"], true);
}

#[tokio::test]
async fn a_room_of_four_or_more_is_one_request() {
    let (sim, bridge) = pair().await;
    let outcomes = bridge.apply(&[set_group(&bridge, "Living room", dim(35.0))], patient()).await.expect("sent");
    assert_eq!(outcomes.len(), 5);
    assert!(outcomes.iter().all(|outcome| outcome.delivery == Delivery::Confirmed), "{outcomes:?}");
    let puts = puts(&sim);
    assert_eq!(puts.len(), 1, "{puts:?}");
    assert!(puts[0].0.contains("/grouped_light/"), "{puts:?}");
}

#[tokio::test]
async fn an_unreachable_light_is_never_a_success() {
    let (_sim, bridge) = pair().await;
    let outcomes = bridge.apply(&[set_group(&bridge, "Office", dim(20.0))], patient()).await.expect("sent");
    let of = |name: &str| outcomes.iter().find(|outcome| outcome.name == name).map(|outcome| outcome.delivery.clone());
    assert_eq!(of("Window lamp"), Some(Delivery::Unreachable));
    assert_eq!((of("Desk lamp"), of("Shelf strip")), (Some(Delivery::Confirmed), Some(Delivery::Confirmed)));
}

#[tokio::test]
async fn nobody_waits_for_a_light_that_is_known_to_be_gone() {
    let (sim, bridge) = pair().await;
    let start = Instant::now();
    let outcomes = bridge.apply(&[set_group(&bridge, "all", power(Power::Off))], patient()).await.expect("sent");
    assert!(start.elapsed() < TEST_TIMEOUT, "it waited to the end");
    let lost = outcomes.iter().find(|outcome| outcome.name == "Window lamp").expect("the lamp");
    assert_eq!(lost.delivery, Delivery::Unreachable);
    assert_eq!(puts(&sim).len(), 1);
}

#[tokio::test]
async fn a_light_that_the_mirror_does_not_know_to_be_gone_is_unreachable_by_the_bridges_word() {
    let (sim, bridge) = pair().await;
    let command = set_light(&bridge, "Desk lamp", dim(20.0));
    let id = light(&bridge.view().home, "Desk lamp").id;
    let plan = bridge.plan(std::slice::from_ref(&command)).expect("a plan");
    assert_eq!(plan.steps.len(), 1);
    sim.set_reachable(id.as_str(), false);
    // Either the event comes first and nothing is sent, or the bridge's answer says so.
    let outcomes = bridge.apply(&[command], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Unreachable);
}

#[tokio::test]
async fn a_light_that_already_is_so_costs_nothing() {
    let (sim, bridge) = pair().await;
    let outcomes = bridge.apply(&[set_light(&bridge, "Desk lamp", power(Power::On))], patient()).await.expect("well");
    assert_eq!(outcomes[0].delivery, Delivery::Unchanged);
    assert!(puts(&sim).is_empty());
}

#[tokio::test]
async fn a_change_of_a_light_that_is_off_is_stored() {
    let (_sim, bridge) = pair().await;
    let change = Change { brightness: Some(Brightness::Percent(77.0)), ..Change::default() };
    let outcomes = bridge.apply(&[set_light(&bridge, "Bedside left", change)], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::StoredWhileOff);
}

#[tokio::test]
async fn off_right_after_on_is_sent_although_the_mirror_does_not_show_on_yet() {
    let (sim, bridge) = pair().await;
    let hurried = ApplyOptions { confirm_within: Duration::ZERO, deadline: in_time() };
    for state in [Power::On, Power::Off, Power::On, Power::Off] {
        let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(state))], hurried).await.expect("sent");
        assert!(matches!(outcomes[0].delivery, Delivery::Accepted | Delivery::Confirmed), "{outcomes:?}");
    }
    assert_eq!(puts(&sim).len(), 4);
    assert_eq!(sim.light("Mirror").expect("the lamp")["on"]["on"], false);
}

#[tokio::test]
async fn what_a_lamp_cannot_do_is_said() {
    let (_sim, bridge) = pair().await;
    let red = Change { color: Some(Color::Text("red".to_owned())), ..power(Power::On) };
    let commands = [set_light(&bridge, "Coffee machine", red.clone()), set_light(&bridge, "Counter strip", red)];
    let outcomes = bridge.apply(&commands, patient()).await.expect("sent");
    assert_eq!(outcomes[0].adjustments, [Adjustment::Unsupported("color")]);
    assert!(matches!(&outcomes[1].adjustments[..], [Adjustment::Other(text)] if text.contains("nearest white")));
    assert!(outcomes.iter().all(|outcome| outcome.delivery == Delivery::Confirmed), "{outcomes:?}");
}

#[tokio::test]
async fn a_scene_is_recalled() {
    let (sim, bridge) = pair().await;
    let home = bridge.view().home;
    let room = group(&home, "Bedroom");
    let scene = home.scenes.iter().find(|scene| scene.name == "Reading" && scene.group_id == room).expect("the scene");
    let recall =
        Command::Recall { scene: scene.id.clone(), mode: RecallMode::Active, transition: None, brightness: None };
    let outcomes = bridge.apply(&[recall], patient()).await.expect("sent");
    assert!(outcomes.iter().all(|outcome| outcome.delivery == Delivery::Confirmed), "{outcomes:?}");
    assert_eq!(puts(&sim).len(), 1);
    let id = scene.id.clone();
    eventually(&bridge, |view| {
        view.home.scene(&id).is_some_and(|scene| scene.status == hue_bridge::SceneStatus::Active).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_light_makes_itself_known() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Desk lamp");
    let outcomes = bridge.apply(&[Command::Identify(lamp.id)], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Accepted);
    assert_eq!(puts(&sim)[0].1, json!({"identify": {"action": "identify"}}));
}

#[tokio::test]
async fn a_plan_sends_nothing() {
    let (sim, bridge) = pair().await;
    let plan = bridge.plan(&[set_group(&bridge, "all", power(Power::Off))]).expect("a plan");
    assert_eq!((plan.steps.len(), plan.steps[0].kind, plan.lights.len()), (1, StepKind::Group, 17));
    assert!(puts(&sim).is_empty());
}

#[tokio::test]
async fn what_cannot_be_sent_in_time_is_refused_before_anything_is_sent() {
    let (sim, bridge) = pair().await;
    let commands: Vec<Command> = ["Relax", "Bright", "Movie"]
        .iter()
        .map(|name| {
            let home = bridge.view().home;
            let scene = home.scenes.iter().find(|scene| scene.name == *name && !scene.smart).expect("the scene");
            Command::Recall { scene: scene.id.clone(), mode: RecallMode::Active, transition: None, brightness: None }
        })
        .collect();
    let hurried = ApplyOptions { confirm_within: TEST_TIMEOUT, deadline: Instant::now() + Duration::from_millis(1200) };
    let error = bridge.apply(&commands, hurried).await.expect_err("two seconds are needed");
    assert!(matches!(error, Error::Busy { wait } if wait > Duration::from_millis(1500)), "{error}");
    assert!(puts(&sim).is_empty());
}

#[tokio::test]
async fn a_dropped_call_leaves_nothing_behind() {
    let (sim, bridge) = pair().await;
    let commands: Vec<Command> = (0..3).map(|_| set_group(&bridge, "Living room", power(Power::Toggle))).collect();
    let _ = tokio::time::timeout(Duration::ZERO, bridge.apply(&commands, patient())).await;
    let status = bridge.status();
    assert_eq!((status.budget.in_flight, status.budget.waiting), (0, 0));
    assert!(puts(&sim).len() <= 1);
}

/// Starts a bridge that forgets how bright a light was, as some bridges do.
async fn forgetful() -> (Simulator, Bridge) {
    start(builder().quirk(Quirk::OffForgetsBrightness)).await
}

/// Fades out, and waits until the mirror shows what the bridge forgot.
async fn fade_out(bridge: &Bridge, command: Command) {
    let lamps = bridge.apply(&[command], patient()).await.expect("sent");
    eventually(bridge, |view| {
        let mut now = lamps.iter().filter_map(|lamp| view.home.light(&lamp.light)?.state.brightness);
        now.all(|percent| percent < 1.0).then_some(())
    })
    .await;
}

fn slowly_off() -> Change {
    Change { transition: Some(Duration::from_millis(200)), ..power(Power::Off) }
}

#[tokio::test]
async fn a_light_that_was_faded_out_comes_back_with_the_brightness_it_had() {
    let (sim, bridge) = forgetful().await;
    bridge.apply(&[set_light(&bridge, "Desk lamp", dim(70.0))], patient()).await.expect("sent");
    fade_out(&bridge, set_light(&bridge, "Desk lamp", slowly_off())).await;
    let on = bridge.apply(&[set_light(&bridge, "Desk lamp", power(Power::On))], patient()).await.expect("sent");
    assert_eq!(on[0].delivery, Delivery::Confirmed);
    let brightness = sim.light("Desk lamp").expect("the lamp")["dimming"]["brightness"].as_f64();
    assert!(brightness.is_some_and(|percent| (percent - 70.0).abs() < 0.5), "{brightness:?}");
    // Once it is on again, it goes off and comes back in the usual way.
    bridge.apply(&[set_light(&bridge, "Desk lamp", power(Power::Off))], patient()).await.expect("sent");
    bridge.apply(&[set_light(&bridge, "Desk lamp", power(Power::On))], patient()).await.expect("sent");
    assert_eq!(puts(&sim).pop().expect("the last request").1, json!({"on": {"on": true}}));
}

#[tokio::test]
async fn a_room_that_was_faded_out_comes_back_as_one_with_the_brightness_it_had() {
    let (sim, bridge) = forgetful().await;
    bridge.apply(&[set_group(&bridge, "Living room", dim(60.0))], patient()).await.expect("sent");
    fade_out(&bridge, set_group(&bridge, "Living room", slowly_off())).await;
    let before = puts(&sim).len();
    let on = bridge.apply(&[set_group(&bridge, "Living room", power(Power::On))], patient()).await.expect("sent");
    assert!(on.iter().all(|outcome| outcome.delivery == Delivery::Confirmed), "{on:?}");
    let lit = |outcome: &hue_bridge::Outcome| outcome.after.as_ref().and_then(|state| state.brightness);
    assert!(on.iter().all(|outcome| lit(outcome).is_some_and(|percent| (percent - 60.0).abs() < 0.5)), "{on:?}");
    assert_eq!(puts(&sim).len(), before + 1);
}

#[tokio::test]
async fn some_fail_and_the_rest_is_told_as_it_is() {
    let (sim, bridge) = pair().await;
    let gone = light(&bridge.view().home, "Mirror");
    let commands = [
        set_light(&bridge, "Mirror", power(Power::On)),
        set_light(&bridge, "Window lamp", power(Power::On)),
        set_light(&bridge, "Coffee machine", Change { color: Some(Color::Mirek(300)), ..Change::default() }),
        set_light(&bridge, "Bedside left", dim(40.0)),
        set_light(&bridge, "Desk lamp", power(Power::On)),
    ];
    let plan = bridge.plan(&commands).expect("a plan");
    assert_eq!((plan.steps.len(), plan.lights.len()), (2, 5));
    // Either the event comes first and nothing is sent, or the bridge's answer says so.
    sim.set_reachable(gone.id.as_str(), false);
    let outcomes = bridge.apply(&commands, patient()).await.expect("sent");
    let told: Vec<(&str, &Delivery)> = outcomes.iter().map(|it| (it.name.as_str(), &it.delivery)).collect();
    assert_eq!(told[0], ("Mirror", &Delivery::Unreachable));
    assert_eq!(told[1], ("Window lamp", &Delivery::Unreachable));
    assert!(matches!(told[2], ("Coffee machine", Delivery::NotSent(reason)) if reason.contains("none of what")));
    assert_eq!(told[3], ("Bedside left", &Delivery::Confirmed));
    assert_eq!(told[4], ("Desk lamp", &Delivery::Unchanged));
}

#[tokio::test]
async fn a_palette_in_motion_is_confirmed_by_its_motion() {
    let (sim, bridge) = pair().await;
    let home = bridge.view().home;
    let room = group(&home, "Living room");
    let scene = home.scenes.iter().find(|scene| scene.group_id == room && !scene.smart).expect("a scene");
    let mode = RecallMode::DynamicPalette;
    let recall = Command::Recall { scene: scene.id.clone(), mode, transition: None, brightness: None };
    let outcomes = bridge.apply(&[recall], patient()).await.expect("sent");
    assert!(outcomes.iter().all(|it| it.delivery == Delivery::Confirmed), "{outcomes:?}");
    let moving = |home: &hue_bridge::Home| home.lights.iter().filter(|light| light.state.dynamic).count();
    assert!(moving(&bridge.view().home) > 0);
    // A light whose colour moves has no colour of its own, so setting the one that it shows just now is a change.
    let view = bridge.view().home;
    let lamp = view.lights.iter().find(|light| light.state.dynamic && light.state.xy.is_some()).expect("one");
    let change = Change { color: lamp.state.xy.map(Color::Xy), ..Change::default() };
    let still = Command::Set { target: hue_bridge::Target::Light(lamp.id.clone()), change };
    let before = puts(&sim).len();
    bridge.apply(&[still], patient()).await.expect("sent");
    assert_eq!(puts(&sim).len(), before + 1);
    eventually(&bridge, |view| (!view.home.light(&lamp.id)?.state.dynamic).then_some(())).await;
}
