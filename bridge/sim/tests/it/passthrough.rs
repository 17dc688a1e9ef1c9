//! Tests of the resources that only store what is written to them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Setup, demo, id};

async fn made(setup: &Setup, rtype: &str, body: &Value) -> String {
    let (status, answer) = setup.send(Method::POST, &format!("/{rtype}"), body).await;
    assert_eq!(status, 201, "{answer}");
    answer["data"][0]["rid"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_geofence_client_comes_moves_and_goes() {
    let setup = demo().await;
    let client =
        made(&setup, "geofence_client", &json!({"type": "geofence_client", "name": "app_", "is_at_home": false})).await;
    let path = format!("/geofence_client/{client}");
    assert_eq!(setup.send(Method::PUT, &path, &json!({"name": "app_x", "is_at_home": true})).await.0, 200);
    let kept = setup.get(&path).await.1["data"][0].clone();
    assert_eq!(kept, json!({"id": client, "name": "app_x", "type": "geofence_client"}), "where it is, is not told");
    assert_eq!(setup.send(Method::DELETE, &path, &json!({})).await.0, 200);
    assert_eq!(setup.get(&path).await.0, 404);
    assert_eq!(setup.send(Method::POST, "/geofence_client", &json!({"is_at_home": true})).await.0, 400, "no name");
}

#[tokio::test]
async fn an_automation_is_switched_off_and_on() {
    let setup = demo().await;
    let automation = setup.sim.resources("behavior_instance").remove(0);
    let path = format!("/behavior_instance/{}", id(&automation));
    for (enabled, status) in [(false, "disabled"), (true, "running")] {
        assert_eq!(setup.send(Method::PUT, &path, &json!({"enabled": enabled})).await.0, 200);
        let now = setup.get(&path).await.1["data"][0].clone();
        assert_eq!((&now["enabled"], &now["status"]), (&json!(enabled), &json!(status)));
    }
    let (status, refused) = setup.send(Method::PUT, &path, &json!({"trigger": {}})).await;
    assert_eq!((status, &refused["errors"][0]["description"]), (400, &json!("The instance doesn't support triggers.")));
}

#[tokio::test]
async fn an_automation_needs_a_script_that_is_there() {
    let setup = demo().await;
    let script = id(&setup.sim.resources("behavior_script").remove(0));
    let body =
        json!({"script_id": script, "enabled": false, "configuration": {"when": {}}, "metadata": {"name": "Mine"}});
    let path = format!("/behavior_instance/{}", made(&setup, "behavior_instance", &body).await);
    assert_eq!(setup.send(Method::PUT, &path, &json!({"configuration": {"where": []}})).await.0, 200);
    let kept = setup.get(&path).await.1["data"][0].clone();
    assert_eq!((&kept["configuration"], &kept["status"]), (&json!({"where": []}), &json!("disabled")));
    assert_eq!(setup.send(Method::DELETE, &path, &json!({})).await.0, 200);
    let nowhere = json!({"script_id": "nowhere", "enabled": true, "configuration": {}});
    assert_eq!(setup.send(Method::POST, "/behavior_instance", &nowhere).await.0, 400);
}

#[tokio::test]
async fn a_smart_scene_is_made_and_deleted() {
    let setup = demo().await;
    let group = json!({"rid": setup.named("room", "Office")["id"], "rtype": "room"});
    let body =
        json!({"metadata": {"name": "Work"}, "group": group, "week_timeslots": [{"recurrence": [], "timeslots": []}]});
    let path = format!("/smart_scene/{}", made(&setup, "smart_scene", &body).await);
    assert_eq!(setup.get(&path).await.1["data"][0]["state"], "inactive");
    assert_eq!(setup.send(Method::DELETE, &path, &json!({})).await.0, 200);
    assert_eq!(setup.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_sensor_is_switched_off_and_a_device_is_asked_to_show_itself() {
    let setup = demo().await;
    let motion = id(&setup.sim.resources("motion").remove(0));
    assert_eq!(setup.send(Method::PUT, &format!("/motion/{motion}"), &json!({"enabled": false})).await.0, 200);
    assert_eq!(setup.sim.resources("motion")[0]["enabled"], false);
    let device = setup.light("Spare bulb")["owner"]["rid"].as_str().expect("an id").to_owned();
    let body = json!({"identify": {"action": "identify"}});
    assert_eq!(setup.send(Method::PUT, &format!("/device/{device}"), &body).await.0, 200);
    assert_eq!(setup.sim.resource("device", &device).expect("a device")["identify"], json!({}));
}
