//! Creating, changing and deleting scenes, and recalling smart ones.

use std::time::Duration;

use hue_bridge::{
    ApplyOptions, Brightness, Change, Color, Command, Delivery, Error, Home, Id, NewScene, Power, RecallMode, Scene,
    SceneChanges, SceneLights, SceneStatus, Target,
};
use hue_bridge_sim::{Fault, Scope};

use crate::support::{eventually, group, in_time, light, pair, patient, power};

#[tokio::test]
async fn a_scene_is_made_changed_and_deleted() {
    let (sim, bridge) = pair().await;
    let home = bridge.view().home;
    let new = NewScene { name: "Now".to_owned(), group: group(&home, "Bedroom"), lights: SceneLights::Current };
    let id = bridge.create_scene(new, in_time()).await.expect("made");
    let scene = bridge.view().home.scene(&id).cloned().expect("shown");
    assert_eq!((scene.name.as_str(), scene.actions.len()), ("Now", 3));

    let lamp = light(&home, "Bedside left").id;
    let change = Change {
        brightness: Some(Brightness::Percent(15.0)),
        color: Some(Color::Text("warm white".to_owned())),
        ..Change::default()
    };
    let lights = Some(SceneLights::Given(vec![(lamp.clone(), change)]));
    let changes = SceneChanges { name: Some("Later".to_owned()), lights };
    bridge.update_scene(&id, changes, in_time()).await.expect("changed");
    let stored = sim.resource("scene", id.as_str()).expect("the scene");
    assert_eq!(stored["metadata"]["name"], "Later");
    let actions = stored["actions"].as_array().expect("actions");
    let of_lamp = actions.iter().find(|action| action["target"]["rid"] == lamp.as_str()).expect("that of the lamp");
    assert_eq!((actions.len(), &of_lamp["action"]["color_temperature"]["mirek"]), (3, &serde_json::json!(370)));

    bridge.delete_scene(&id, in_time()).await.expect("deleted");
    assert!(sim.resource("scene", id.as_str()).is_none());
    assert!(bridge.view().home.scene(&id).is_none());
}

#[tokio::test]
async fn a_scene_without_sense_is_refused_before_it_is_sent() {
    let (sim, bridge) = pair().await;
    let home = bridge.view().home;
    let bedroom = group(&home, "Bedroom");
    let given = |name: &str, change: Change| SceneLights::Given(vec![(light(&home, name).id, change)]);
    for (name, group, lights) in [
        ("", bedroom.clone(), SceneLights::Current),
        ("a name that is longer than thirty-two characters", bedroom.clone(), SceneLights::Current),
        ("All", group(&home, "all"), SceneLights::Current),
        ("Toggle", bedroom.clone(), given("Bedside left", power(Power::Toggle))),
        ("Elsewhere", bedroom.clone(), given("Desk lamp", power(Power::On))),
        ("Nothing", bedroom, SceneLights::Given(Vec::new())),
    ] {
        let result = bridge.create_scene(NewScene { name: name.to_owned(), group, lights }, in_time()).await;
        assert!(matches!(result, Err(Error::Invalid(_))), "{name}: {result:?}");
    }
    let nobody = Id::new("nobody");
    assert!(matches!(bridge.delete_scene(&nobody, in_time()).await, Err(Error::NotFound { kind: "scene", .. })));
    assert!(sim.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn one_light_of_a_scene_is_changed_and_all_else_stays_as_the_bridge_has_it() {
    let (sim, bridge) = pair().await;
    let home = bridge.view().home;
    let room = group(&home, "Living room");
    let scene = home.scenes.iter().find(|scene| scene.group_id == room && !scene.smart).expect("a scene");
    let id = scene.id.as_str();
    let mut before = sim.resource("scene", id).expect("the scene");
    before["actions"][1]["action"]["dynamics"] = serde_json::json!({"duration": 700});
    sim.set_resource(before.clone());
    let lamp = Id::new(before["actions"][0]["target"]["rid"].as_str().expect("an id"));
    let dimmer = Change { brightness: Some(Brightness::Percent(11.0)), ..Change::default() };
    let changes = SceneChanges { lights: Some(SceneLights::Given(vec![(lamp, dimmer)])), ..SceneChanges::default() };
    bridge.update_scene(&scene.id, changes, in_time()).await.expect("changed");
    let after = sim.resource("scene", id).expect("the scene");
    before["actions"][0]["action"]["dimming"]["brightness"] = serde_json::json!(11.0);
    assert_eq!(after["actions"], before["actions"]);
    assert_eq!(after["palette"], before["palette"]);
}

fn smart_scene(home: &Home) -> Scene {
    home.scenes.iter().find(|scene| scene.smart).cloned().expect("the demo home has one")
}

fn recall(scene: &Scene) -> Command {
    Command::Recall { scene: scene.id.clone(), mode: RecallMode::Active, transition: None, brightness: None }
}

/// Limits the wait for lights that no event will show.
fn hasty() -> ApplyOptions {
    ApplyOptions { confirm_within: Duration::from_millis(300), deadline: in_time() }
}

#[tokio::test]
async fn a_smart_scene_without_an_active_time_slot_confirms_no_light() {
    let (sim, bridge) = pair().await;
    let scene = smart_scene(&bridge.view().home);
    let mut stored = sim.resource("smart_scene", scene.id.as_str()).expect("the scene");
    stored["active_timeslot"] = serde_json::Value::Null;
    sim.set_resource(stored);
    let outcomes = bridge.apply(&[recall(&scene)], hasty()).await.expect("sent");
    assert_eq!(outcomes.len(), 5);
    assert!(outcomes.iter().all(|outcome| outcome.delivery == Delivery::Accepted), "{outcomes:?}");
    let home = bridge.view().home;
    assert_eq!(home.scene(&scene.id).map(|scene| &scene.status), Some(&SceneStatus::Active));
}

#[tokio::test]
async fn the_lights_that_a_smart_scene_is_seen_to_change_are_confirmed() {
    let (sim, bridge) = pair().await;
    let scene = smart_scene(&bridge.view().home);
    let before = bridge.view().home;
    let outcomes = bridge.apply(&[recall(&scene)], hasty()).await.expect("sent");
    for outcome in &outcomes {
        let (was, stored) = (before.light(&outcome.light).expect("a light"), sim.light(&outcome.name).expect("stored"));
        let changes =
            stored["on"]["on"] != was.state.on || stored["dimming"]["brightness"].as_f64() != was.state.brightness;
        assert!(!changes || outcome.delivery == Delivery::Confirmed, "{outcome:?}");
    }
    assert!(outcomes.iter().any(|outcome| outcome.delivery == Delivery::Confirmed), "{outcomes:?}");
}

#[tokio::test]
async fn right_after_a_smart_scene_no_light_of_it_is_called_unchanged() {
    let (sim, bridge) = pair().await;
    let scene = smart_scene(&bridge.view().home);
    let off = [Command::Set { target: Target::Group(scene.group_id.clone()), change: power(Power::Off) }];
    bridge.apply(&off, patient()).await.expect("sent");
    sim.add_fault(Fault::Stalled.on(Scope::Events));
    let at_once = ApplyOptions { confirm_within: Duration::ZERO, ..hasty() };
    bridge.apply(&[recall(&scene)], at_once).await.expect("sent");
    let plan = bridge.plan(&off).expect("a plan");
    assert_eq!((plan.steps.len(), plan.lights.len()), (1, 5));
    assert!(plan.lights.iter().all(|light| light.note.is_none()), "{:?}", plan.lights);
}

#[tokio::test]
async fn a_scene_whose_lights_are_unknown_is_sent_and_a_refusal_of_it_is_told() {
    let (sim, bridge) = pair().await;
    let scene = smart_scene(&bridge.view().home);
    let mut stored = sim.resource("smart_scene", scene.id.as_str()).expect("the scene");
    stored["group"]["rid"] = serde_json::json!("gone");
    sim.set_resource(stored);
    eventually(&bridge, |view| view.home.scene(&scene.id)?.group.is_none().then_some(())).await;
    assert_eq!(bridge.apply(&[recall(&scene)], hasty()).await, Ok(Vec::new()));
    assert_eq!(sim.resource("smart_scene", scene.id.as_str()).expect("the scene")["state"], "active");
    sim.set_fault(Some(Fault::Status(404)));
    let refused = bridge.apply(&[recall(&scene)], hasty()).await;
    assert!(matches!(refused, Err(Error::Rejected { status: 404, .. })), "{refused:?}");
}
