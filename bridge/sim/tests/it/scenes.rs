//! Tests of scenes: recall, creation, edits and deletion.

use hue_bridge_sim::{Limits, Quirk, Simulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Setup, demo, id, start};

fn scene(setup: &Setup, room: &str, name: &str) -> Value {
    let room = setup.named("room", room)["id"].clone();
    let scenes = setup.sim.resources("scene").into_iter();
    scenes.filter(|it| it["group"]["rid"] == room).find(|it| it["metadata"]["name"] == name).expect("a scene")
}

fn active(setup: &Setup, scene: &Value) -> Value {
    setup.sim.resource("scene", &id(scene)).expect("the scene")["status"]["active"].clone()
}

async fn recall(setup: &Setup, scene: &Value, recall: Value) -> u16 {
    setup.send(Method::PUT, &format!("/scene/{}", id(scene)), &json!({"recall": recall})).await.0
}

#[tokio::test]
async fn a_recalled_scene_is_active_until_another_or_a_manual_change() {
    let setup = demo().await;
    let (movie, relax) = (scene(&setup, "Living room", "Movie"), scene(&setup, "Living room", "Relax"));
    assert_eq!(recall(&setup, &movie, json!({"action": "active", "duration": 400})).await, 200);
    assert_eq!(active(&setup, &movie), "static");
    assert_eq!(setup.light("TV strip")["dimming"]["brightness"], 22.13);
    assert_eq!(setup.light("Ceiling 1")["color_temperature"]["mirek"], 454);
    recall(&setup, &relax, json!({"action": "active"})).await;
    assert_eq!((active(&setup, &movie), active(&setup, &relax)), (json!("inactive"), json!("static")));
    setup.put_light("Sofa lamp", &json!({"dimming": {"brightness": 10}})).await;
    assert_eq!(active(&setup, &relax), "inactive");
}

#[tokio::test]
async fn a_dynamic_scene_moves_the_lights_that_can() {
    let setup = demo().await;
    let movie = scene(&setup, "Living room", "Movie");
    recall(&setup, &movie, json!({"action": "dynamic_palette"})).await;
    assert_eq!(active(&setup, &movie), "dynamic_palette");
    assert_eq!(setup.light("Sofa lamp")["dynamics"]["status"], "dynamic_palette");
    assert_eq!(setup.light("Ceiling 1")["dynamics"]["status"], "none");
}

#[tokio::test]
async fn a_recall_may_set_its_own_brightness() {
    let setup = demo().await;
    let bright = scene(&setup, "Living room", "Bright");
    recall(&setup, &bright, json!({"action": "active", "dimming": {"brightness": 20}})).await;
    assert_eq!(setup.light("Sofa lamp")["dimming"]["brightness"], 20.16);
}

#[tokio::test]
async fn the_obsolete_form_of_recall_fails_as_on_a_bridge() {
    let setup = demo().await;
    let movie = scene(&setup, "Living room", "Movie");
    assert_eq!(recall(&setup, &movie, json!({"status": "active"})).await, 500);
}

fn new_scene(setup: &Setup, name: &str) -> Value {
    let target = json!({"rid": setup.id("Desk lamp"), "rtype": "light"});
    let group = json!({"rid": setup.named("room", "Office")["id"], "rtype": "room"});
    json!({"metadata": {"name": name}, "group": group,
        "actions": [{"target": target, "action": {"on": {"on": true}, "dimming": {"brightness": 33.3}}}]})
}

#[tokio::test]
async fn a_scene_is_made_changed_and_deleted() {
    let setup = demo().await;
    let (status, answer) = setup.send(Method::POST, "/scene", &new_scene(&setup, "Mine")).await;
    assert_eq!(status, 201);
    let path = format!("/scene/{}", answer["data"][0]["rid"].as_str().expect("an id"));
    let made = setup.named("scene", "Mine");
    assert_eq!(made["actions"][0]["action"]["dimming"]["brightness"], 33.3, "kept as written");
    assert_eq!(made["status"]["active"], "inactive");
    assert_eq!(setup.send(Method::PUT, &path, &json!({"metadata": {"name": "Yours"}})).await.0, 200);
    assert_eq!(setup.get(&path).await.1["data"][0]["metadata"]["name"], "Yours");
    assert_eq!(setup.send(Method::DELETE, &path, &json!({})).await.0, 200);
    assert_eq!(setup.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_scene_without_its_parts_is_refused() {
    let setup = demo().await;
    for part in ["metadata", "group", "actions"] {
        let mut scene = new_scene(&setup, "Mine");
        scene.as_object_mut().expect("an object").remove(part);
        assert_eq!(setup.send(Method::POST, "/scene", &scene).await.0, 400, "without {part}");
    }
}

/// Creates scenes until the bridge has two hundred.
async fn fill(setup: &Setup) {
    for number in setup.sim.resources("scene").len()..200 {
        let scene = new_scene(setup, &format!("Scene {number}"));
        assert_eq!(setup.send(Method::POST, "/scene", &scene).await.0, 201);
    }
}

#[tokio::test]
async fn the_two_hundred_and_first_scene_finds_no_place() {
    let setup = demo().await;
    fill(&setup).await;
    assert_eq!(setup.send(Method::POST, "/scene", &new_scene(&setup, "Too many")).await.0, 507);
}

#[tokio::test]
async fn with_the_quirk_the_scene_that_was_not_recalled_for_longest_makes_room() {
    let setup = start(Simulator::builder().limits(Limits::Off).quirk(Quirk::OldScenesMakeRoom)).await;
    fill(&setup).await;
    let oldest = setup.sim.resources("scene").remove(0);
    recall(&setup, &oldest, json!({"action": "active"})).await;
    let next = setup.sim.resources("scene").remove(1);
    assert_eq!(setup.send(Method::POST, "/scene", &new_scene(&setup, "One more")).await.0, 201);
    assert_eq!(setup.sim.resources("scene").len(), 200);
    assert!(setup.sim.resource("scene", &id(&oldest)).is_some(), "it was recalled");
    assert!(setup.sim.resource("scene", &id(&next)).is_none());
}

#[tokio::test]
async fn a_smart_scene_starts_and_stops() {
    let setup = demo().await;
    let smart = setup.sim.resources("smart_scene").remove(0);
    let path = format!("/smart_scene/{}", id(&smart));
    for (action, state) in [("activate", "active"), ("deactivate", "inactive")] {
        assert_eq!(setup.send(Method::PUT, &path, &json!({"recall": {"action": action}})).await.0, 200);
        assert_eq!(setup.sim.resources("smart_scene")[0]["state"], state);
    }
    assert_eq!(active(&setup, &scene(&setup, "Living room", "Relax")), "static", "the evening's scene was recalled");
}
