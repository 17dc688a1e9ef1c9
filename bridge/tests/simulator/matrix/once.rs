//! What must not be done twice is not done twice, whatever becomes of its answer; and what was surely not done is tried
//! again.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hue_bridge::{
    ApplyOptions, Bridge, Brightness, Change, Command, Delivery, Error, NewScene, Outcome, Power, SceneLights, Target,
};
use hue_bridge_sim::{Fault, Limits, Scope, Simulator};
use serde_json::Value;

use super::FOR_EVER;
use crate::support::{KEY, PATIENCE, eventually, group, light, live, with_client};

/// A wish that adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    /// Ten percent points brighter.
    Brighter,
    /// The lamp makes itself known.
    Identify,
    /// A new scene.
    Scene,
}

/// What an answer is lost by, after the bridge acted.
const LOST: [Fault; 9] = [
    Fault::Latency(FOR_EVER),
    Fault::Status(500),
    Fault::Status(502),
    Fault::Html,
    Fault::Truncated,
    Fault::Empty,
    Fault::Reset,
    Fault::StreamReset,
    Fault::Stalled,
];

/// What says that nothing was done.
const THROWN_AWAY: [Fault; 2] = [Fault::Status(429), Fault::Status(503)];

impl Wish {
    const ALL: [Self; 3] = [Self::Brighter, Self::Identify, Self::Scene];

    fn scope(self) -> Scope {
        match self {
            Self::Brighter => Scope::LightWrites,
            Self::Identify => Scope::path("PUT", "/clip/v2/resource/device/"),
            Self::Scene => Scope::path("POST", "/clip/v2/resource/scene"),
        }
    }

    /// Whether the client knows in the end that it was done.
    async fn comes_true(self, bridge: &Bridge) -> bool {
        let home = bridge.view().home;
        let lamp = light(&home, "Desk lamp").id;
        let brighter = Change { brightness: Some(Brightness::Delta(10.0)), ..Change::default() };
        let command = match self {
            Self::Brighter => Command::Set { target: Target::Light(lamp), change: brighter },
            Self::Identify => Command::Identify(lamp),
            Self::Scene => {
                let lights = SceneLights::Current;
                let scene = NewScene { name: "New".to_owned(), group: group(&home, "Bedroom"), lights };
                return bridge.create_scene(scene, Instant::now() + PATIENCE).await.is_ok();
            }
        };
        let options = ApplyOptions { confirm_within: Duration::from_secs(1), deadline: Instant::now() + PATIENCE };
        let outcomes = bridge.apply(&[command], options).await.expect("tried");
        outcomes.iter().all(is_done)
    }
}

async fn pair() -> (Simulator, Bridge) {
    let builder = Simulator::builder().application_key(KEY).limits(Limits::Real);
    let sim = builder.event_interval(Duration::from_millis(50)).start().await.expect("a free port");
    // Long enough that an answer on a busy machine is not taken for a lost one.
    let config = with_client(&sim, |client| client.read_timeout = Duration::from_secs(5));
    let bridge = Bridge::connect(config).expect("a configuration that makes sense");
    live(&bridge).await;
    (sim, bridge)
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome.delivery, Delivery::Confirmed | Delivery::Accepted)
}

/// The changes that the bridge was asked for, and how many of them it made.
fn changes(sim: &Simulator) -> (usize, usize) {
    let changes: Vec<_> = sim.requests().into_iter().filter(|request| request.method != "GET").collect();
    (changes.len(), changes.iter().filter(|request| request.acted).count())
}

/// What came of a wish whose first request met a fault.
struct Told {
    what: String,
    wish: Wish,
    changes: (usize, usize),
    /// The client knows that it was done.
    known: bool,
}

/// Each wish for each fault, side by side.
async fn each(faults: &[Fault], acted: bool) -> Vec<Told> {
    let one = async |wish: Wish, fault: &Fault| {
        let (sim, bridge) = pair().await;
        let strike = fault.clone().on(wish.scope()).times(1);
        sim.add_fault(if acted { strike.after_acting() } else { strike });
        let known = wish.comes_true(&bridge).await;
        // One that the client gave up is recorded when the bridge notices.
        while changes(&sim).0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Told { what: format!("{wish:?} × {fault:?}"), wish, changes: changes(&sim), known }
    };
    let one = &one;
    join_all(Wish::ALL.into_iter().flat_map(|wish| faults.iter().map(move |fault| one(wish, fault)))).await
}

#[tokio::test]
async fn what_adds_up_is_done_once_when_its_answer_is_lost() {
    for told in each(&LOST, true).await {
        assert_eq!(told.changes, (1, 1), "{}", told.what);
        // Only of a lamp the event stream shows it.
        assert_eq!(told.known, told.wish == Wish::Brighter, "{}", told.what);
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_tried_again_although_it_was_not() {
    for told in each(&LOST, false).await {
        assert_eq!((told.changes, told.known), ((1, 0), false), "{}", told.what);
    }
}

#[tokio::test]
async fn what_was_surely_not_done_is_tried_again_even_if_it_adds_up() {
    for told in each(&THROWN_AWAY, false).await {
        assert_eq!((told.changes, told.known), ((2, 1), true), "{}", told.what);
    }
}

#[tokio::test]
async fn a_toggle_turns_once_however_often_it_is_sent() {
    for fault in [Fault::Reset, Fault::Html, Fault::Status(502)] {
        let (sim, bridge) = pair().await;
        sim.add_fault(fault.clone().on(Scope::LightWrites).after_acting().times(1));
        let target = Target::Light(light(&bridge.view().home, "Desk lamp").id);
        let toggle = Command::Set { target, change: Change { power: Some(Power::Toggle), ..Change::default() } };
        let options = ApplyOptions { confirm_within: PATIENCE, deadline: Instant::now() + PATIENCE };
        let outcomes = bridge.apply(&[toggle], options).await.expect("sent");
        assert!(is_done(&outcomes[0]), "{fault:?}: {outcomes:?}");
        assert_eq!((changes(&sim), is_on(&sim)), ((2, 2), false), "{fault:?}");
    }
}

#[tokio::test]
async fn a_scene_whose_answer_was_lost_shows_itself() {
    let (sim, bridge) = pair().await;
    sim.add_fault(Fault::Reset.on(Scope::path("POST", "/clip/v2/resource/scene")).after_acting().times(1));
    let scene =
        NewScene { name: "New".into(), group: group(&bridge.view().home, "Bedroom"), lights: SceneLights::Current };
    let result = bridge.create_scene(scene, Instant::now() + PATIENCE).await;
    assert_eq!(result, Err(Error::Timeout), "it may or may not have happened");
    eventually(&bridge, |view| view.home.scenes.iter().any(|scene| scene.name == "New").then_some(())).await;
}

fn is_on(sim: &Simulator) -> bool {
    sim.light("Desk lamp").expect("the lamp")["on"]["on"] == Value::Bool(true)
}
