//! CLIP requests that are sent as they are.

use std::time::{Duration, Instant};

use hue_bridge::{ClipMethod, Command, Delivery, Error, Power};
use hue_bridge_sim::Fault;
use serde_json::json;

use crate::support::{eventually, in_time, light, pair, patient, power, puts, set_light};

#[tokio::test]
async fn any_resource_can_be_read_and_written_as_json() {
    let (sim, bridge) = pair().await;
    let reply = bridge.clip(ClipMethod::Get, &["bridge"], None, in_time()).await.expect("an answer");
    assert_eq!((reply.status, &reply.body["data"][0]["bridge_id"]), (200, &json!(sim.bridge_id())));
    let lamp = light(&bridge.view().home, "Desk lamp").id;
    let body = json!({"metadata": {"name": "Lamp at the desk"}});
    let reply = bridge.clip(ClipMethod::Put, &["light", lamp.as_str()], Some(body), in_time()).await.expect("changed");
    assert_eq!(reply.body["data"], json!([{"rid": lamp.as_str(), "rtype": "light"}]));
    eventually(&bridge, |view| (view.home.light(&lamp)?.name == "Lamp at the desk").then_some(())).await;
}

#[tokio::test]
async fn something_is_made_and_deleted() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Desk lamp").id;
    let children = json!([{"rid": lamp.as_str(), "rtype": "light"}]);
    let zone = json!({"metadata": {"name": "Work", "archetype": "office"}, "children": children});
    let reply = bridge.clip(ClipMethod::Post, &["zone"], Some(zone), in_time()).await.expect("made");
    let id = reply.body["data"][0]["rid"].as_str().expect("its id").to_owned();
    assert_eq!((reply.status, sim.resource("zone", &id).is_some()), (201, true));
    bridge.clip(ClipMethod::Delete, &["zone", &id], None, in_time()).await.expect("deleted");
    assert!(sim.resource("zone", &id).is_none());
}

#[tokio::test]
async fn partial_success_is_an_answer_and_a_refusal_an_error() {
    let (_sim, bridge) = pair().await;
    let plug = light(&bridge.view().home, "Coffee machine").id;
    let body = json!({"on": {"on": true}, "color_temperature": {"mirek": 300}});
    let reply = bridge.clip(ClipMethod::Put, &["light", plug.as_str()], Some(body), in_time()).await.expect("partly");
    assert_eq!(reply.status, 207);
    assert!(reply.body["errors"][0]["description"].as_str().is_some_and(|text| text.contains("not supported")));
    let body = Some(json!({"no_such_thing": 1}));
    let refused = bridge.clip(ClipMethod::Put, &["light", plug.as_str()], body, in_time()).await;
    assert!(matches!(refused, Err(Error::Rejected { status: 400, .. })), "{refused:?}");
    let missing = bridge.clip(ClipMethod::Get, &["light", "nobody"], None, in_time()).await;
    assert!(matches!(missing, Err(Error::Rejected { status: 404, .. })), "{missing:?}");
}

#[tokio::test]
async fn group_commands_are_paced_like_planned_ones() {
    let (_sim, bridge) = pair().await;
    let home = bridge.view().home;
    let group = home.groups.iter().find_map(|group| group.grouped_light.clone()).expect("a group");
    let path = ["grouped_light", group.as_str()];
    let on = || Some(json!({"on": {"on": true}}));
    bridge.clip(ClipMethod::Put, &path, on(), in_time()).await.expect("the first goes at once");
    let soon = Instant::now() + Duration::from_millis(100);
    let second = bridge.clip(ClipMethod::Put, &path, on(), soon).await;
    assert!(matches!(second, Err(Error::Busy { .. })), "{second:?}");
}

#[tokio::test]
async fn what_adds_up_is_not_sent_again_when_the_bridge_may_have_done_it() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Desk lamp").id;
    let path = ["light", lamp.as_str()];
    sim.set_fault(Some(Fault::Status(502)));
    let deadline = || Instant::now() + Duration::from_secs(3);
    let up = json!({"dimming_delta": {"action": "up", "brightness_delta": 5.0}});
    assert!(bridge.clip(ClipMethod::Put, &path, Some(up), deadline()).await.is_err());
    assert_eq!(puts(&sim).len(), 1);
    assert!(bridge.clip(ClipMethod::Put, &path, Some(json!({"on": {"on": true}})), deadline()).await.is_err());
    assert!(puts(&sim).len() > 2, "what sets a state is tried again");
}

#[tokio::test]
async fn after_it_no_light_is_called_unchanged_before_the_mirror_shows_it() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Bedside left");
    assert!(!lamp.state.on);
    let off: [Command; 1] = [set_light(&bridge, "Bedside left", power(Power::Off))];
    let on = Some(json!({"on": {"on": true}}));
    bridge.clip(ClipMethod::Put, &["light", lamp.id.as_str()], on, in_time()).await.expect("sent");
    let outcomes = bridge.apply(&off, patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Confirmed, "{outcomes:?}");
    assert_eq!(sim.light("Bedside left").expect("the lamp")["on"]["on"], false);
}
