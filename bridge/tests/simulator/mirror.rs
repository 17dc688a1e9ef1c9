//! The mirror against the event stream: changes, reconnects and silence.

use std::time::{Duration, Instant};

use hue_bridge::{ApplyOptions, Command, Delivery, Error, Power, Reachability};
use hue_bridge_sim::{Fault, Home, Scope, Simulator};
use serde_json::json;

use crate::support::{TEST_TIMEOUT, eventually, in_time, light, live, pair, patient, power, set_light};

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
    let before = loads(&sim);
    bridge.refresh(in_time()).await.expect("the bridge answers");
    assert_eq!(loads(&sim), before + 1);
}

#[tokio::test]
async fn a_stream_that_ends_is_opened_again() {
    let (sim, bridge) = pair().await;
    sim.set_fault(Some(Fault::DropEventStreams));
    eventually(&bridge, |view| view.freshness.stale.then_some(())).await;
    sim.set_fault(None);
    live(&bridge).await;
    let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(Power::On))], patient()).await;
    assert_eq!(outcomes.expect("sent")[0].delivery, Delivery::Confirmed);
}

#[tokio::test]
async fn a_stream_that_ends_while_everything_is_loaded_is_noticed_at_once() {
    let (sim, bridge) = pair().await;
    sim.add_fault(Fault::Stalled.on(Scope::Reads));
    let begun = Instant::now();
    let cut = async {
        while loads(&sim) < 2 {
            tokio::task::yield_now().await;
        }
        sim.set_fault(None);
        sim.add_fault(Fault::DropEventStreams);
    };
    let (refreshed, ()) = tokio::join!(bridge.refresh(in_time()), cut);
    assert_eq!(refreshed, Ok(()), "the loading after it is as good");
    assert!(begun.elapsed() < TEST_TIMEOUT / 3, "it waited for the answer that never came");
    assert_eq!(bridge.status().reconnects, 1);
}

/// Counts how often all resources were asked for.
fn loads(sim: &Simulator) -> usize {
    sim.requests().iter().filter(|request| request.path == "/clip/v2/resource").count()
}

#[tokio::test]
async fn a_mute_stream_is_found_out_by_what_was_written() {
    let (sim, bridge) = pair().await;
    sim.add_fault(Fault::Stalled.on(Scope::Events));
    let unconfirmed = ApplyOptions { confirm_within: Duration::ZERO, deadline: in_time() };
    let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(Power::On))], unconfirmed).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Accepted);
    eventually(&bridge, |view| light(&view.home, "Mirror").state.on.then_some(())).await;
    let streams = || sim.requests().iter().filter(|request| request.path == "/eventstream/clip/v2").count();
    while streams() < 2 {
        tokio::task::yield_now().await;
    }
    sim.set_fault(None);
    live(&bridge).await;
    let outcomes = bridge.apply(&[set_light(&bridge, "Mirror", power(Power::Off))], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Confirmed);
}

#[tokio::test]
async fn a_bridge_that_comes_back_with_another_home_is_mirrored_anew() {
    let (sim, bridge) = pair().await;
    sim.reboot(Duration::from_millis(100), Some(Home::of_lights(3)));
    eventually(&bridge, |view| (!view.freshness.stale && view.home.lights.len() == 3).then_some(())).await;
    let names: Vec<_> = bridge.view().home.lights.iter().map(|light| light.name.clone()).collect();
    assert!(names.iter().all(|name| sim.light(name).is_some()), "{names:?}");
}

#[tokio::test]
async fn nothing_is_planned_for_what_is_not_there() {
    let (_sim, bridge) = pair().await;
    let unknown = Command::Identify(hue_bridge::Id::new("nobody"));
    assert!(matches!(bridge.apply(&[unknown], patient()).await, Err(Error::NotFound { kind: "light", .. })));
}
