//! What newer firmware sends: new members and words, omitted lists, resources without ids, and streams that drop at once.

use hue_bridge::{Bridge, Delivery, Power, Reading};
use hue_bridge_sim::{Fault, Home, Scope, Simulator};
use serde_json::json;

use crate::support::{builder, eventually, in_time, light, pair, patient, power, set_light, start};

/// Faults that leave valid JSON of a home that differs from what is documented.
const UNDOCUMENTED_FAULTS: [Fault; 3] = [Fault::OmittedLists, Fault::MissingId, Fault::UnknownWords];

async fn turns_on(sim: &Simulator, bridge: &Bridge, name: &str) {
    let id = light(&bridge.view().home, name).id;
    sim.set_resource(json!({"id": id.as_str(), "type": "light", "on": {"on": false}}));
    eventually(bridge, |view| (!light(&view.home, name).state.on).then_some(())).await;
    let outcomes = bridge.apply(&[set_light(bridge, name, power(Power::On))], patient()).await.expect("sent");
    assert_eq!(outcomes[0].delivery, Delivery::Confirmed, "{outcomes:?}");
}

#[tokio::test]
async fn the_home_of_a_bridge_pro_is_read_and_changed() {
    let (sim, bridge) = start(builder().home(Home::bridge_pro())).await;
    let home = bridge.view().home;
    assert_eq!((home.lights.len(), home.groups.len(), home.scenes.len()), (17, 8, 13));
    assert_eq!(home.bridge.as_ref().and_then(|bridge| bridge.model_id.as_deref()), Some("BSB003"));
    let motion: Vec<&Reading> =
        home.sensors.iter().map(|it| &it.reading).filter(|it| matches!(it, Reading::Motion(_))).collect();
    assert!(motion.is_empty(), "a reading that is not valid is unknown: {motion:?}");
    turns_on(&sim, &bridge, "Bedside left").await;
}

#[tokio::test]
async fn a_scene_that_the_bridge_itself_extends_is_mirrored() {
    let (sim, bridge) = start(builder().home(Home::bridge_pro())).await;
    let scene = bridge.view().home.scenes.iter().find(|scene| !scene.smart).cloned().expect("a scene");
    let mut stored = sim.resource("scene", scene.id.as_str()).expect("the scene");
    let actions = stored["actions"].as_array_mut().expect("actions");
    actions.pop();
    stored["last_actions_update"] = json!({"source": "autogrow"});
    sim.set_resource(stored);
    eventually(&bridge, |view| (view.home.scene(&scene.id)?.actions.len() + 1 == scene.actions.len()).then_some(()))
        .await;
}

#[tokio::test]
async fn a_home_that_is_sent_otherwise_than_documented_is_read_and_its_lights_are_changed() {
    for fault in UNDOCUMENTED_FAULTS {
        let (sim, bridge) = start(builder().fault(fault.clone().on(Scope::Reads))).await;
        let lights = bridge.view().home.lights.len();
        assert!(lights >= 16, "{lights} lights under {fault:?}");
        turns_on(&sim, &bridge, "Bedside left").await;
        sim.set_fault(None);
        bridge.refresh(in_time()).await.expect("the bridge answers");
        assert_eq!(bridge.view().home.lights.len(), 17, "after {fault:?}");
    }
}

#[tokio::test]
async fn events_that_are_sent_otherwise_than_documented_lose_no_change() {
    for fault in UNDOCUMENTED_FAULTS {
        let (sim, bridge) = pair().await;
        sim.add_fault(fault.on(Scope::Events));
        let id = light(&bridge.view().home, "Bedside left").id;
        sim.set_resource(json!({"id": id.as_str(), "type": "light", "on": {"on": true}}));
        eventually(&bridge, |view| light(&view.home, "Bedside left").state.on.then_some(())).await;
    }
}

#[tokio::test]
async fn streams_that_drop_at_once_leave_the_home_readable_until_one_lives() {
    let (sim, bridge) = pair().await;
    sim.add_fault(Fault::ShortStreams.on(Scope::Any));
    sim.add_fault(Fault::DropEventStreams);
    let streams = || sim.requests().iter().filter(|request| request.path == "/eventstream/clip/v2").count();
    while streams() < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bridge.view().home.lights.len(), 17);
    sim.set_fault(None);
    let id = light(&bridge.view().home, "Bedside left").id;
    sim.set_resource(json!({"id": id.as_str(), "type": "light", "on": {"on": true}}));
    eventually(&bridge, |view| (!view.freshness.stale && light(&view.home, "Bedside left").state.on).then_some(()))
        .await;
}
