//! Tests of the CLIP v2 resources: reads and writes.

use hue_bridge_sim::{Home, Limits, Simulator};
use reqwest::{Method, Version};
use serde_json::json;

use crate::support::{APPLICATION_KEY, Http, client, demo, start};

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let setup = demo().await;
    for (http, version) in [(Http::One, Version::HTTP_11), (Http::Two, Version::HTTP_2)] {
        let url = format!("https://{}/api/config", setup.sim.address());
        let response = client(&setup.sim, http).get(url).send().await.expect("an answer");
        assert_eq!(response.version(), version);
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn everything_is_one_list() {
    let setup = demo().await;
    let (status, body) = setup.get("").await;
    assert_eq!((status, &body["errors"]), (200, &json!([])));
    let lights = body["data"].as_array().expect("a list").iter().filter(|it| it["type"] == "light").count();
    assert_eq!(lights, 17);
    assert_eq!(setup.get("/light").await.1["data"].as_array().map(Vec::len), Some(17));
}

#[tokio::test]
async fn what_was_dumped_can_be_served_again() {
    let setup = demo().await;
    let dump = setup.get("").await.1;
    let home = Home::from_json(&dump.to_string()).expect("a home");
    let again = start(Simulator::builder().home(home).limits(Limits::Off)).await;
    assert_eq!(again.get("").await.1["data"], dump["data"]);
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_a_page_with_403() {
    let setup = demo().await;
    let path = "/clip/v2/resource";
    let missing = setup.without_key(Method::GET, path);
    let wrong = setup.without_key(Method::GET, path).header("hue-application-key", "wrong");
    for request in [missing, wrong] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()["content-type"], "text/html");
    }
}

#[tokio::test]
async fn a_missing_resource_is_json_and_a_missing_path_a_page() {
    let setup = demo().await;
    let (status, body) = setup.get("/light/00000000-0000-0000-0000-000000000000").await;
    assert_eq!((status, body), (404, json!({"errors": [{"description": "Not Found"}], "data": []})));
    let response = setup.request(Method::GET, "/elsewhere").send().await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (404, &"text/html".parse().expect("a value"))
    );
}

#[tokio::test]
async fn a_written_brightness_is_quantised_and_turns_nothing_on() {
    let setup = demo().await;
    let (status, body) = setup.put_light("Bedside left", &json!({"dimming": {"brightness": 50}})).await;
    let light = setup.light("Bedside left");
    assert_eq!(status, 207);
    assert_eq!(body["errors"][0]["error_code"], "attribute_may_have_no_effect");
    assert_eq!((&light["on"]["on"], &light["dimming"]["brightness"]), (&json!(false), &json!(49.8)));
    let (status, _) = setup.put_light("Bedside left", &json!({"on": {"on": true}})).await;
    assert_eq!((status, &setup.light("Bedside left")["dimming"]["brightness"]), (200, &json!(49.8)));
}

#[tokio::test]
async fn an_unreachable_light_stays_as_it_is_and_says_so() {
    let setup = demo().await;
    let id = setup.id("Window lamp");
    let (status, body) = setup.put_light("Window lamp", &json!({"on": {"on": true}})).await;
    let description = format!("device (light) {id} has communication issues, command (.on.on) may not have effect");
    assert_eq!(status, 207);
    assert_eq!(body["errors"], json!([{"description": description, "error_code": "communication_error"}]));
    assert_eq!(body["data"], json!([{"rid": id, "rtype": "light"}]));
    assert_eq!(setup.light("Window lamp")["on"]["on"], false);
    assert!(setup.sim.set_reachable(&id, true));
    assert_eq!(setup.put_light("Window lamp", &json!({"on": {"on": true}})).await.0, 200);
}

#[tokio::test]
async fn what_a_light_cannot_do_is_a_soft_error_and_the_rest_is_done() {
    let setup = demo().await;
    let id = setup.id("Coffee machine");
    let body = json!({"on": {"on": true}, "color_temperature": {"mirek": 366}});
    let (status, body) = setup.put_light("Coffee machine", &body).await;
    let description = format!("attribute (.color_temperature.mirek) is not supported by resource {id}");
    assert_eq!(status, 207);
    assert_eq!(body["errors"], json!([{"description": description, "error_code": "client_error"}]));
    assert_eq!(setup.light("Coffee machine")["on"]["on"], true);
}

#[tokio::test]
async fn colour_and_temperature_exclude_each_other() {
    let setup = demo().await;
    setup.put_light("Desk lamp", &json!({"color": {"xy": {"x": 0.9, "y": 0.3}}})).await;
    let light = setup.light("Desk lamp");
    assert_eq!(light["color_temperature"]["mirek"], json!(null));
    assert_eq!(light["color_temperature"]["mirek_valid"], false);
    assert_eq!(light["color"]["xy"], json!({"x": 0.6915, "y": 0.3083}), "clamped to the gamut");
    setup.put_light("Desk lamp", &json!({"color_temperature": {"mirek": 1000}})).await;
    let light = setup.light("Desk lamp");
    assert_eq!(
        (&light["color_temperature"]["mirek"], &light["color_temperature"]["mirek_valid"]),
        (&json!(500), &json!(true))
    );
}

#[tokio::test]
async fn a_colour_ends_an_effect() {
    let setup = demo().await;
    let candle = json!({"effects_v2": {"action": {"effect": "candle", "parameters": {"speed": 0.5}}}});
    assert_eq!(setup.put_light("Desk lamp", &candle).await.0, 200);
    assert_eq!(setup.light("Desk lamp")["effects_v2"]["status"]["effect"], "candle");
    setup.put_light("Desk lamp", &json!({"color": {"xy": {"x": 0.3, "y": 0.3}}})).await;
    assert_eq!(setup.light("Desk lamp")["effects_v2"]["status"]["effect"], "no_effect");
}

#[tokio::test]
async fn deltas_gradients_and_signals_are_taken() {
    let setup = demo().await;
    let points = [json!({"color": {"xy": {"x": 0.5, "y": 0.4}}}), json!({"color": {"xy": {"x": 0.2, "y": 0.2}}})];
    for (light, body) in [
        ("Desk lamp", json!({"dimming_delta": {"action": "up", "brightness_delta": 10}})),
        ("Desk lamp", json!({"color_temperature_delta": {"action": "up", "mirek_delta": 100}})),
        ("TV strip", json!({"on": {"on": true}, "gradient": {"points": points}})),
        ("Desk lamp", json!({"alert": {"action": "breathe"}})),
        ("Desk lamp", json!({"signaling": {"signal": "on_off", "duration": 1000}})),
    ] {
        assert_eq!(setup.put_light(light, &body).await.0, 200, "{body}");
    }
    let light = setup.light("Desk lamp");
    assert_eq!((&light["dimming"]["brightness"], &light["color_temperature"]["mirek"]), (&json!(84.98), &json!(333)));
    assert_eq!(setup.light("TV strip")["gradient"]["points"], json!(points));
}

#[tokio::test]
async fn bad_requests_change_nothing() {
    let setup = demo().await;
    let before = setup.light("Desk lamp");
    for body in [
        json!({"on": {"on": false}, "channels": []}),
        json!({"on": {"on": false}, "dynamics": {"duration": -1}}),
        json!({"on": {"on": false}, "dimming": {"brightness": "half"}}),
    ] {
        let (status, answer) = setup.put_light("Desk lamp", &body).await;
        assert_eq!((status, &answer["data"]), (400, &json!([])), "{body}");
    }
    let path = format!("/clip/v2/resource/light/{}", setup.id("Desk lamp"));
    let response = setup.request(Method::PUT, &path).body("{").send().await.expect("an answer");
    assert_eq!(response.status(), 400);
    assert_eq!(setup.light("Desk lamp"), before);
}

#[tokio::test]
async fn a_transition_that_is_too_long_is_a_soft_error() {
    let setup = demo().await;
    let request = |duration: u32| json!({"on": {"on": false}, "dynamics": {"duration": duration}});
    assert_eq!(setup.put_light("Desk lamp", &request(6_000_000)).await.0, 200);
    let (status, body) = setup.put_light("Desk lamp", &request(6_000_001)).await;
    assert_eq!((status, &body["errors"][0]["error_code"]), (207, &json!("client_error")));
}

#[tokio::test]
async fn a_group_command_reaches_all_and_the_group_adds_them_up() {
    let setup = demo().await;
    let room = setup.named("room", "Living room");
    let group = setup.grouped_light(&room)["id"].as_str().expect("an id").to_owned();
    let path = format!("/grouped_light/{group}");
    let body = json!({"on": {"on": true}, "dimming": {"brightness": 40}, "color": {"xy": {"x": 0.4, "y": 0.4}}});
    assert_eq!(setup.send(Method::PUT, &path, &body).await.0, 200);
    assert_eq!(setup.light("TV strip")["dimming"]["brightness"], 39.92);
    assert_eq!(setup.grouped_light(&room)["dimming"]["brightness"], 39.92);
    let off = json!({"on": {"on": false}});
    setup.send(Method::PUT, &path, &off).await;
    let dark = setup.grouped_light(&room);
    assert_eq!((&dark["on"]["on"], &dark["dimming"]["brightness"]), (&json!(false), &json!(0.0)));
    let (status, again) = setup.send(Method::PUT, &path, &off).await;
    assert_eq!((status, &again["errors"][0]["error_code"]), (207, &json!("attribute_may_have_no_effect")));
}

#[tokio::test]
async fn a_group_has_what_some_light_of_it_is_able_to_do() {
    let setup = demo().await;
    let abilities = |name: &str| {
        let group = setup.grouped_light(&setup.named("room", name));
        let named = ["dimming", "color_temperature", "color"].map(|ability| group.get(ability).is_some());
        (named, group["signaling"]["signal_values"].as_array().map(Vec::len))
    };
    assert_eq!(abilities("Living room"), ([true, true, true], Some(4)));
    assert_eq!(abilities("Kitchen"), ([true, true, false], Some(2)));
    assert_eq!(abilities("Hallway"), ([true, false, false], Some(2)));
    let hallway = setup.named("room", "Hallway");
    let mut children = hallway["children"].as_array().expect("children").clone();
    children.push(setup.light("Spare bulb")["owner"].clone());
    let path = format!("/room/{}", hallway["id"].as_str().expect("an id"));
    assert_eq!(setup.send(Method::PUT, &path, &json!({"children": children})).await.0, 200);
    assert_eq!(abilities("Hallway"), ([true, true, true], Some(4)));
}

#[tokio::test]
async fn rooms_come_and_go_with_their_grouped_lights() {
    let setup = demo().await;
    let device = setup.light("Spare bulb")["owner"].clone();
    let body = json!({"metadata": {"name": "Attic", "archetype": "attic"}, "children": [device]});
    let (status, answer) = setup.send(Method::POST, "/room", &body).await;
    assert_eq!((status, &answer["data"][0]["rtype"]), (201, &json!("room")));
    let room = setup.named("room", "Attic");
    let group = setup.grouped_light(&room);
    assert_eq!(group["on"]["on"], false);
    let path = format!("/room/{}", room["id"].as_str().expect("an id"));
    assert_eq!(setup.send(Method::DELETE, &path, &json!({})).await.0, 200);
    assert!(setup.sim.resource("grouped_light", group["id"].as_str().expect("an id")).is_none());
}

#[tokio::test]
async fn a_renamed_device_renames_its_light() {
    let setup = demo().await;
    let light = setup.light("Spare bulb");
    let path = format!("/device/{}", light["owner"]["rid"].as_str().expect("an id"));
    let body = json!({"metadata": {"name": "Reserve"}, "identify": {"action": "identify"}});
    assert_eq!(setup.send(Method::PUT, &path, &body).await.0, 200);
    assert_eq!(setup.light("Reserve")["id"], light["id"]);
}

#[tokio::test]
async fn an_oversized_body_is_refused() {
    let setup = demo().await;
    let path = format!("/clip/v2/resource/light/{}", setup.id("Desk lamp"));
    let response = setup.request(Method::PUT, &path).body(vec![b' '; 70_000]).send().await.expect("an answer");
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn requests_are_recorded_without_the_key() {
    let setup = demo().await;
    let body = json!({"on": {"on": false}});
    setup.put_light("Desk lamp", &body).await;
    setup.request(Method::GET, &format!("/api/{APPLICATION_KEY}/config")).send().await.expect("an answer");
    let requests = setup.sim.requests();
    let path = format!("/clip/v2/resource/light/{}", setup.id("Desk lamp"));
    assert_eq!((requests[0].method.as_str(), &requests[0].path, requests[0].status), ("PUT", &path, 200));
    assert_eq!(requests[0].body, Some(body));
    assert!(!format!("{requests:?}").contains(APPLICATION_KEY));
}

#[tokio::test]
async fn a_thousand_lights_are_served_and_switched() {
    let setup = start(Simulator::builder().home(Home::of_lights(1000)).limits(Limits::Off)).await;
    let home = setup.sim.resources("bridge_home").remove(0);
    let path = format!("/grouped_light/{}", setup.grouped_light(&home)["id"].as_str().expect("an id"));
    assert_eq!(
        setup.send(Method::PUT, &path, &json!({"on": {"on": true}, "dimming": {"brightness": 20}})).await.0,
        200
    );
    assert!(setup.sim.resources("light").iter().all(|light| light["dimming"]["brightness"] == 20.16));
    assert_eq!(setup.get("/light").await.1["data"].as_array().map(Vec::len), Some(1000));
}
