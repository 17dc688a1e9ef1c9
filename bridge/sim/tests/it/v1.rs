//! The old API: the same home in other words.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{KEY, Setup, answer, demo};

impl Setup {
    /// Sends a request of the old API; its status is always 200.
    async fn v1(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.without_key(method, &format!("/api/{KEY}{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, body) = answer(request.send().await).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn v1_get(&self, path: &str) -> Value {
        self.v1(Method::GET, path, None).await
    }

    async fn v1_put(&self, path: &str, body: Value) -> Value {
        self.v1(Method::PUT, path, Some(&body)).await
    }

    /// The place of a light in the old API.
    fn v1_light(&self, name: &str) -> String {
        self.light(name)["id_v1"].as_str().expect("a place").to_owned()
    }

    fn v1_group(&self, rtype: &str, name: &str) -> String {
        self.named(rtype, name)["id_v1"].as_str().expect("a place").to_owned()
    }
}

fn types(report: &Value) -> Vec<Option<u64>> {
    report.as_array().expect("a list").iter().map(|it| it["error"]["type"].as_u64()).collect()
}

#[tokio::test]
async fn the_datastore_tells_the_same_home() {
    let setup = demo().await;
    let all = setup.v1_get("").await;
    let counts =
        ["lights", "groups", "scenes", "sensors"].map(|part| all[part].as_object().map_or(0, serde_json::Map::len));
    // A motion sensor is three sensors, a dimmer switch is one, a contact sensor is none.
    assert_eq!(counts, [17, 7, 12, 4]);
    assert_eq!(all["config"]["bridgeid"], setup.sim.bridge_id().to_uppercase());
    for part in ["schedules", "rules", "resourcelinks"] {
        assert_eq!(all[part], json!({}));
    }
    for part in ["lights", "groups", "scenes", "sensors"] {
        assert_eq!(setup.v1_get(&format!("/{part}")).await, all[part]);
    }
}

#[tokio::test]
async fn a_light_is_told_in_the_old_words() {
    let setup = demo().await;
    let light = setup.v1_get(&setup.v1_light("Sofa lamp")).await;
    assert_eq!((&light["name"], &light["type"]), (&json!("Sofa lamp"), &json!("Extended color light")));
    assert_eq!(light["state"]["bri"], 153, "59.92 percent");
    assert_eq!((&light["state"]["ct"], &light["state"]["colormode"]), (&json!(366), &json!("ct")));
    assert_eq!(light["capabilities"]["control"]["ct"], json!({"min": 153, "max": 500}));
    assert_eq!(light["capabilities"]["control"]["colorgamuttype"], "C");
    let lost = setup.v1_get(&setup.v1_light("Window lamp")).await;
    assert_eq!(lost["state"]["reachable"], false);
}

#[tokio::test]
async fn a_state_is_written_through_to_the_document() {
    let setup = demo().await;
    let path = setup.v1_light("Bedside left");
    let report = setup.v1_put(&format!("{path}/state"), json!({"on": true, "bri": 127, "ct": 366})).await;
    let address = format!("{path}/state/bri");
    assert_eq!(report[0], json!({"success": {address: 127}}));
    assert_eq!(types(&report), [None, None, None]);
    let light = setup.light("Bedside left");
    assert_eq!((&light["on"]["on"], &light["dimming"]["brightness"]), (&json!(true), &json!(49.8)));
    assert_eq!(light["color_temperature"]["mirek"], 366);
    assert_eq!(setup.v1_get(&path).await["state"]["bri"], 127);
}

#[tokio::test]
async fn a_colour_outside_the_gamut_is_clamped() {
    let setup = demo().await;
    let path = setup.v1_light("Desk lamp");
    setup.v1_put(&format!("{path}/state"), json!({"xy": [0.9, 0.3]})).await;
    assert_eq!(setup.v1_get(&path).await["state"]["xy"], json!([0.6915, 0.3083]));
    setup.v1_put(&format!("{path}/state"), json!({"hue": 25_500, "sat": 254})).await;
    let state = setup.v1_get(&path).await["state"].clone();
    assert_eq!(state["colormode"], "xy");
    let y = setup.light("Desk lamp")["color"]["xy"]["y"].as_f64().expect("a number");
    assert!(y > 0.6, "green: {y}");
}

#[tokio::test]
async fn what_a_light_does_not_do_has_a_number() {
    let setup = demo().await;
    let state = |name: &str| format!("{}/state", setup.v1_light(name));
    // Off: 201, and the value waits for the light to be on.
    let report = setup.v1_put(&state("Bedside left"), json!({"bri": 254})).await;
    assert_eq!(types(&report), [Some(201)]);
    assert_eq!(setup.light("Bedside left")["dimming"]["brightness"], 100.0);
    // Not able to: 6. Out of reach: 901. No such value: 7. No such parameter: 6.
    let report = setup.v1_put(&state("Coffee machine"), json!({"on": true, "ct": 300})).await;
    assert_eq!(types(&report), [Some(6), None]);
    assert_eq!(types(&setup.v1_put(&state("Window lamp"), json!({"on": true})).await), [Some(901)]);
    let report = setup.v1_put(&state("Desk lamp"), json!({"bri": 255, "colour": "red", "on": false})).await;
    assert_eq!(types(&report), [Some(7), Some(6), None]);
    assert_eq!(setup.light("Desk lamp")["on"]["on"], false);
}

#[tokio::test]
async fn requests_that_cannot_be_have_a_number() {
    let setup = demo().await;
    let stranger = setup.without_key(Method::GET, "/api/stranger/lights").send().await;
    let (_, refused) = answer(stranger).await;
    assert_eq!(refused, json!([{"error": {"type": 1, "address": "/lights", "description": "unauthorized user"}}]));
    let state = format!("{}/state", setup.v1_light("Desk lamp"));
    let broken = setup.without_key(Method::PUT, &format!("/api/{KEY}{state}")).body("{").send().await;
    assert_eq!(types(&answer(broken).await.1), [Some(2)]);
    assert_eq!(types(&setup.v1_get("/lights/999").await), [Some(3)]);
    assert_eq!(types(&setup.v1(Method::DELETE, &setup.v1_light("Desk lamp"), None).await), [Some(4)]);
    assert_eq!(types(&setup.v1_put(&state, json!({})).await), [Some(5)]);
    assert_eq!(types(&setup.v1(Method::POST, "/rules", Some(&json!({"name": "r"}))).await), [Some(4)]);
}

#[tokio::test]
async fn lights_get_new_names() {
    let setup = demo().await;
    let path = setup.v1_light("Spare bulb");
    let report = setup.v1_put(&path, json!({"name": "Reserve"})).await;
    let address = format!("{path}/name");
    assert_eq!(report, json!([{"success": {address: "Reserve"}}]));
    assert_eq!(setup.v1_light("Reserve"), path);
    assert_eq!(types(&setup.v1_put(&path, json!({"name": "x".repeat(33)})).await), [Some(7)]);
}

#[tokio::test]
async fn groups_are_rooms_zones_and_the_home() {
    let setup = demo().await;
    let path = setup.v1_group("room", "Living room");
    let room = setup.v1_get(&path).await;
    assert_eq!((&room["type"], &room["class"]), (&json!("Room"), &json!("Living room")));
    assert_eq!(room["state"], json!({"all_on": false, "any_on": true}));
    let report = setup.v1_put(&format!("{path}/action"), json!({"on": true, "bri": 102})).await;
    assert_eq!(types(&report), [None, None]);
    assert_eq!(setup.light("TV strip")["dimming"]["brightness"], 39.92);
    assert_eq!(setup.v1_get(&path).await["state"]["all_on"], true);
    // The home answers, but is on no list.
    assert_eq!(setup.v1_get("/groups").await.get("0"), None);
    setup.v1_put("/groups/0/action", json!({"on": false})).await;
    assert_eq!(setup.v1_get("/groups/0").await["state"]["any_on"], false);
    assert_eq!(types(&setup.v1_put("/groups/0/action", json!({"on": false})).await), [None], "off already");
}

#[tokio::test]
async fn a_loop_of_colours_reaches_those_of_a_group_that_have_it() {
    let setup = demo().await;
    let path = format!("{}/action", setup.v1_group("room", "Living room"));
    assert_eq!(types(&setup.v1_put(&path, json!({"effect": "colorloop"})).await), [None]);
    assert_eq!(setup.light("Sofa lamp")["effects"]["status"], "prism");
    assert_eq!(setup.v1_get(&setup.v1_light("Sofa lamp")).await["state"]["effect"], "colorloop");
    assert_eq!(setup.light("Ceiling 1")["effects"]["status"], "no_effect");
}

#[tokio::test]
async fn groups_come_and_go() {
    let setup = demo().await;
    let light = setup.v1_light("Spare bulb").replace("/lights/", "");
    let body = json!({"name": "Attic", "type": "Room", "class": "Attic", "lights": [light]});
    let made = setup.v1(Method::POST, "/groups", Some(&body)).await;
    let path = format!("/groups/{}", made[0]["success"]["id"].as_str().expect("a number"));
    assert_eq!(setup.v1_group("room", "Attic"), path);
    setup.v1_put(&path, json!({"name": "Loft", "lights": []})).await;
    assert_eq!(setup.v1_get(&path).await["lights"], json!([]));
    let gone = setup.v1(Method::DELETE, &path, None).await;
    assert_eq!(gone, json!([{"success": format!("{path} deleted")}]));
    assert_eq!(types(&setup.v1_get(&path).await), [Some(3)]);
}

#[tokio::test]
async fn a_scene_is_recalled_through_its_group() {
    let setup = demo().await;
    let movie = setup.named("scene", "Movie")["id_v1"].as_str().expect("a place").replace("/scenes/", "");
    let path = format!("{}/action", setup.v1_group("room", "Living room"));
    let report = setup.v1_put(&path, json!({"scene": movie})).await;
    let address = format!("{path}/scene");
    assert_eq!(report, json!([{"success": {address: movie}}]));
    assert_eq!(setup.named("scene", "Movie")["status"]["active"], "static");
    assert_eq!(setup.light("TV strip")["dimming"]["brightness"], 22.13);
    assert_eq!(types(&setup.v1_put(&path, json!({"scene": "nowhere"})).await), [Some(7)]);
}

#[tokio::test]
async fn scenes_are_made_changed_and_deleted() {
    let setup = demo().await;
    let group = setup.v1_group("room", "Office").replace("/groups/", "");
    let body = json!({"name": "As it is", "type": "GroupScene", "group": group});
    let made = setup.v1(Method::POST, "/scenes", Some(&body)).await;
    let path = format!("/scenes/{}", made[0]["success"]["id"].as_str().expect("an id"));
    let desk = setup.v1_light("Desk lamp").replace("/lights/", "");
    let scene = setup.v1_get(&path).await;
    assert_eq!(scene["lightstates"][&desk], json!({"on": true, "bri": 191, "ct": 233}));
    let report = setup.v1_put(&format!("{path}/lightstates/{desk}"), json!({"on": true, "xy": [0.3, 0.3]})).await;
    assert_eq!(types(&report), [None, None]);
    assert_eq!(setup.v1_get(&path).await["lightstates"][&desk], json!({"on": true, "bri": 191, "xy": [0.3, 0.3]}));
    setup.v1_put(&path, json!({"name": "Blue", "lights": [desk]})).await;
    let stored = setup.named("scene", "Blue");
    assert_eq!(stored["actions"].as_array().map(Vec::len), Some(1));
    assert_eq!(stored["actions"][0]["action"]["color"], json!({"xy": {"x": 0.3, "y": 0.3}}), "kept");
    setup.v1(Method::DELETE, &path, None).await;
    assert_eq!(types(&setup.v1_get(&path).await), [Some(3)]);
}

#[tokio::test]
async fn a_motion_sensor_is_three_sensors() {
    let setup = demo().await;
    let sensors = setup.v1_get("/sensors").await;
    let types: Vec<_> = sensors.as_object().expect("sensors").values().map(|it| it["type"].clone()).collect();
    assert_eq!(types, ["ZLLPresence", "ZLLLightLevel", "ZLLTemperature", "ZLLSwitch"]);
    assert_eq!(sensors["3"]["state"]["temperature"], 2062);
    assert_eq!(sensors["4"]["state"]["buttonevent"], 1002);
    setup.v1_put("/sensors/1/config", json!({"on": false})).await;
    assert_eq!(setup.sim.resources("motion")[0]["enabled"], false);
    setup.v1_put("/sensors/1", json!({"name": "Eye"})).await;
    assert_eq!(setup.v1_get("/sensors/1").await["name"], "Eye");
}

#[tokio::test]
async fn who_has_paired_sees_the_whole_configuration() {
    let setup = demo().await;
    let config = setup.v1_get("/config").await;
    assert!(config["whitelist"].get(KEY).is_some());
    let (_, public) = answer(setup.without_key(Method::GET, "/api/config").send().await).await;
    assert!(public.get("whitelist").is_none());
    let capabilities = setup.v1_get("/capabilities").await;
    assert_eq!(capabilities["scenes"]["available"], 188);
    setup.v1_put("/config", json!({"name": "Upstairs"})).await;
    assert_eq!(setup.v1_get("/config").await["name"], "Upstairs");
    assert_eq!(types(&setup.v1_put("/config", json!({"mac": "00:00:00:00:00:00"})).await), [Some(8)]);
}

#[tokio::test]
async fn an_application_learns_its_id_and_a_stranger_does_not() {
    let setup = demo().await;
    let known = setup.request(Method::GET, "/auth/v1").send().await.expect("an answer");
    assert_eq!(known.status(), 200);
    assert_eq!(known.headers()["hue-application-id"].len(), 36);
    let stranger = setup.without_key(Method::GET, "/auth/v1").send().await.expect("an answer");
    assert_eq!(stranger.status(), 403);
}
