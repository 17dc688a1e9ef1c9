//! Creating, changing and deleting scenes, and recalling smart ones.

use std::time::Duration;

use futures::future::join_all;
use hue_bridge::{
    ApplyOptions, Bridge, Brightness, Change, Color, Command, Delivery, Error, Home, Id, NewScene, Power, RecallMode,
    Scene, SceneChanges, SceneLights, SceneStatus, Target,
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
        ("two\nlines", bedroom.clone(), SceneLights::Current),
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

/// Edits a scene of the bedroom in each way, and returns the results by their names.
async fn edit_in_each_way(bridge: &Bridge) -> Vec<(&'static str, Result<(), Error>)> {
    let home = bridge.view().home;
    let bedroom = group(&home, "Bedroom");
    let of_bedroom = |name: &str| {
        let found = home.scenes.iter().find(|scene| scene.name == name && scene.group_id == bedroom);
        found.expect("a scene of the demo home").id.clone()
    };
    let new = NewScene { name: "New".to_owned(), group: bedroom.clone(), lights: SceneLights::Current };
    let renamed = SceneChanges { name: Some("Renamed".to_owned()), ..SceneChanges::default() };
    let lights = SceneChanges { lights: Some(SceneLights::Current), ..SceneChanges::default() };
    let (reading, nightlight) = (of_bedroom("Reading"), of_bedroom("Nightlight"));
    let (create, rename, store, delete) = tokio::join!(
        bridge.create_scene(new, in_time()),
        bridge.update_scene(&reading, renamed, in_time()),
        bridge.update_scene(&reading, lights, in_time()),
        bridge.delete_scene(&nightlight, in_time()),
    );
    vec![("create", create.map(drop)), ("rename", rename), ("store lights", store), ("delete", delete)]
}

/// Edits scenes in each way, on a bridge whose scene writes all meet the fault.
async fn edit_under(fault: &Fault, acted: bool) -> Vec<(&'static str, Result<(), Error>)> {
    let (sim, bridge) = pair().await;
    for method in ["POST", "PUT", "DELETE"] {
        let rule = fault.clone().on(Scope::path(method, "/clip/v2/resource/scene"));
        sim.add_fault(if acted { rule.after_acting() } else { rule });
    }
    edit_in_each_way(&bridge).await
}

#[tokio::test]
async fn a_scene_edit_that_the_mirror_shows_is_no_failure_whatever_the_bridge_answered() {
    let faults = [Fault::Reset, Fault::Html, Fault::Status(502), Fault::Status(503)];
    for (results, fault) in join_all(faults.iter().map(|fault| edit_under(fault, true))).await.into_iter().zip(&faults)
    {
        for (edit, result) in results {
            assert_eq!(result, Ok(()), "{edit} × {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_scene_edit_that_the_mirror_does_not_show_says_what_is_known() {
    for (fault, told) in [
        (Fault::Reset, "the connection to the bridge broke; the change may or may not have happened"),
        (Fault::Status(503), "the bridge refused it as too busy"),
    ] {
        for (edit, result) in edit_under(&fault, false).await {
            assert_eq!(result.expect_err(edit).to_string(), told, "{edit} × {fault:?}");
        }
    }
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
    // One by one, or together: the group tokens are spent.
    assert_eq!((plan.steps.iter().flat_map(|step| &step.lights).count(), plan.lights.len()), (5, 5));
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
