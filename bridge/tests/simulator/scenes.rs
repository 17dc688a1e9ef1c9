//! Creating, changing and deleting scenes.

use hue_bridge::{Brightness, Change, Color, Error, Id, NewScene, Power, SceneChanges, SceneLights};

use crate::support::{group, in_time, light, pair, power};

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
