use hue_bridge::{Command, Error, Power, Reachability};
use hue_bridge_sim::Fault;
use serde_json::json;

use crate::support::{eventually, in_time, light, live, pair, patient, power, set_light};

#[tokio::test]
async fn a_change_from_outside_reaches_the_mirror() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Bedside left");
    sim.set_resource(json!({"id": lamp.id.as_str(), "type": "light", "on": {"on": true}}));
    eventually(&bridge, |view| light(&view.home, "Bedside left").state.on.then_some(())).await;
}

#[tokio::test]
async fn a_light_that_goes_out_of_reach_is_unreachable_in_the_mirror() {
    let (sim, bridge) = pair().await;
    let lamp = light(&bridge.view().home, "Desk lamp");
    assert!(sim.set_reachable(lamp.id.as_str(), false));
    eventually(&bridge, |view| {
        matches!(light(&view.home, "Desk lamp").reachability, Reachability::Unreachable(_)).then_some(())
    })
    .await;
    assert_eq!(bridge.status().unreachable_lights, 2);
}

#[tokio::test]
async fn after_the_stream_broke_everything_is_loaded_anew() {
    let (sim, bridge) = pair().await;
    sim.set_fault(Some(Fault::Offline));
    eventually(&bridge, |view| view.freshness.stale.then_some(())).await;
    let lamp = light(&bridge.view().home, "Bedside left");
    sim.set_resource(json!({"id": lamp.id.as_str(), "type": "light", "on": {"on": true}}));
    sim.set_fault(None);
    live(&bridge).await;
    assert!(light(&bridge.view().home, "Bedside left").state.on);
    assert_eq!(bridge.status().reconnects, 1);
}

#[tokio::test]
async fn when_the_bridge_is_gone_reads_answer_stale_and_writes_fail_at_once() {
    let (sim, bridge) = pair().await;
    let on = set_light(&bridge, "Bedside left", power(Power::On));
    sim.set_fault(Some(Fault::Offline));
    eventually(&bridge, |view| view.freshness.stale.then_some(())).await;
    let view = bridge.view();
    assert_eq!(view.home.lights.len(), 17);
    assert!(view.freshness.age.is_some());
    let sent = bridge.status().requests;
    let error = bridge.apply(std::slice::from_ref(&on), patient()).await.expect_err("no bridge");
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(matches!(bridge.refresh(in_time()).await, Err(Error::Unavailable { .. })));
    assert!(bridge.plan(&[on]).is_ok(), "a plan needs no bridge");
    assert!(bridge.status().requests <= sent + 3, "only the mirror may try to connect");
}

#[tokio::test]
async fn refresh_loads_everything() {
    let (sim, bridge) = pair().await;
    let gets = || sim.requests().iter().filter(|request| request.path == "/clip/v2/resource").count();
    let before = gets();
    bridge.refresh(in_time()).await.expect("the bridge answers");
    assert_eq!(gets(), before + 1);
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again() {
    let (sim, bridge) = pair().await;
    sim.set_fault(Some(Fault::DropEventStreams));
    eventually(&bridge, |view| view.freshness.stale.then_some(())).await;
    sim.set_fault(None);
    live(&bridge).await;
    let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(Power::On))], patient()).await;
    assert_eq!(outcomes.expect("sent")[0].delivery, hue_bridge::Delivery::Confirmed);
}

#[tokio::test]
async fn nothing_is_planned_for_what_is_not_there() {
    let (_sim, bridge) = pair().await;
    let unknown = Command::Identify(hue_bridge::Id::new("nobody"));
    assert!(matches!(bridge.apply(&[unknown], patient()).await, Err(Error::NotFound { kind: "light", .. })));
}
