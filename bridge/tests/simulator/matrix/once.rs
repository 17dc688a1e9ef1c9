//! Operations that are not idempotent are done at most once, whatever happens to their answers. They are retried if they
//! were definitely not done.

use std::time::{Duration, Instant};

use futures::future::join_all;
use hue_bridge::{
    ApplyOptions, Bridge, Brightness, Change, Command, Delivery, NewScene, Outcome, Power, SceneLights, Target,
};
use hue_bridge_sim::{Fault, Scope, Simulator};
use serde_json::Value;

use super::NEVER_ANSWERED;
use crate::support::{TEST_TIMEOUT, builder, group, light, live, with_client};

/// An operation that is not idempotent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum NonIdempotent {
    /// A lamp is made brighter by ten percentage points.
    Brighter,
    /// A lamp identifies itself.
    Identify,
    /// A scene is created.
    Scene,
}

/// The faults by which an answer is lost after the bridge has acted.
const ANSWER_LOST: [Fault; 9] = [
    Fault::Latency(NEVER_ANSWERED),
    Fault::Status(500),
    Fault::Status(502),
    Fault::Html,
    Fault::Truncated,
    Fault::Empty,
    Fault::Reset,
    Fault::StreamReset,
    Fault::Stalled,
];

/// The faults that say that nothing was done.
const REQUEST_DISCARDED: [Fault; 2] = [Fault::Status(429), Fault::Status(503)];

impl NonIdempotent {
    const ALL: [Self; 3] = [Self::Brighter, Self::Identify, Self::Scene];

    fn scope(self) -> Scope {
        match self {
            Self::Brighter => Scope::LightWrites,
            Self::Identify => Scope::path("PUT", "/clip/v2/resource/device/"),
            Self::Scene => Scope::path("POST", "/clip/v2/resource/scene"),
        }
    }

    /// Runs the operation. Returns whether the client knows in the end that it was done.
    async fn is_known_done(self, bridge: &Bridge) -> bool {
        let home = bridge.view().home;
        let lamp = light(&home, "Desk lamp").id;
        let brighter = Change { brightness: Some(Brightness::Delta(10.0)), ..Change::default() };
        let command = match self {
            Self::Brighter => Command::Set { target: Target::Light(lamp), change: brighter },
            Self::Identify => Command::Identify(lamp),
            Self::Scene => {
                let lights = SceneLights::Current;
                let scene = NewScene { name: "New".to_owned(), group: group(&home, "Bedroom"), lights };
                return bridge.create_scene(scene, Instant::now() + TEST_TIMEOUT).await.is_ok();
            }
        };
        let options = ApplyOptions { confirm_within: Duration::from_secs(1), deadline: Instant::now() + TEST_TIMEOUT };
        let outcomes = bridge.apply(&[command], options).await.expect("tried");
        outcomes.iter().all(is_done)
    }
}

async fn pair() -> (Simulator, Bridge) {
    let sim = builder().event_interval(Duration::from_millis(50)).start().await.expect("a free port");
    // So long that a late answer on a busy machine does not count as lost.
    let config = with_client(&sim, |client| client.read_timeout = Duration::from_secs(5));
    let bridge = Bridge::connect(config).expect("a configuration that makes sense");
    live(&bridge).await;
    (sim, bridge)
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome.delivery, Delivery::Confirmed | Delivery::Accepted)
}

/// Counts the changes that the bridge was asked for, and those that it made.
fn changes(sim: &Simulator) -> (usize, usize) {
    let changes: Vec<_> = sim.requests().into_iter().filter(|request| request.method != "GET").collect();
    (changes.len(), changes.iter().filter(|request| request.acted).count())
}

/// The result of an operation whose first request met a fault.
struct Report {
    what: String,
    operation: NonIdempotent,
    changes: (usize, usize),
    /// Is set when the client knows that it was done.
    known: bool,
}

/// Runs each operation under each fault, concurrently.
async fn each(faults: &[Fault], acted: bool) -> Vec<Report> {
    let one = async |operation: NonIdempotent, fault: &Fault| {
        let (sim, bridge) = pair().await;
        let rule = fault.clone().on(operation.scope()).times(1);
        sim.add_fault(if acted { rule.after_acting() } else { rule });
        let known = operation.is_known_done(&bridge).await;
        // The simulator records a request that the client gave up only when it notices that.
        while changes(&sim).0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Report { what: format!("{operation:?} × {fault:?}"), operation, changes: changes(&sim), known }
    };
    let one = &one;
    join_all(NonIdempotent::ALL.into_iter().flat_map(|operation| faults.iter().map(move |fault| one(operation, fault))))
        .await
}

#[tokio::test]
async fn what_adds_up_is_done_once_when_its_answer_is_lost() {
    for report in each(&ANSWER_LOST, true).await {
        assert_eq!(report.changes, (1, 1), "{}", report.what);
        // A blink does not appear on the event stream.
        assert_eq!(report.known, report.operation != NonIdempotent::Identify, "{}", report.what);
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_tried_again_although_it_was_not() {
    for report in each(&ANSWER_LOST, false).await {
        assert_eq!((report.changes, report.known), ((1, 0), false), "{}", report.what);
    }
}

#[tokio::test]
async fn what_was_surely_not_done_is_tried_again_even_if_it_adds_up() {
    for report in each(&REQUEST_DISCARDED, false).await {
        assert_eq!((report.changes, report.known), ((2, 1), true), "{}", report.what);
    }
}

#[tokio::test]
async fn a_toggle_turns_once_however_often_it_is_sent() {
    for fault in [Fault::Reset, Fault::Html, Fault::Status(502)] {
        let (sim, bridge) = pair().await;
        sim.add_fault(fault.clone().on(Scope::LightWrites).after_acting().times(1));
        let target = Target::Light(light(&bridge.view().home, "Desk lamp").id);
        let toggle = Command::Set { target, change: Change { power: Some(Power::Toggle), ..Change::default() } };
        let options = ApplyOptions { confirm_within: TEST_TIMEOUT, deadline: Instant::now() + TEST_TIMEOUT };
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
    let result = bridge.create_scene(scene, Instant::now() + TEST_TIMEOUT).await;
    let id = result.expect("the mirror shows it");
    assert_eq!(bridge.view().home.scene(&id).map(|scene| scene.name.as_str()), Some("New"));
    assert_eq!(changes(&sim), (1, 1));
}

fn is_on(sim: &Simulator) -> bool {
    sim.light("Desk lamp").expect("the lamp")["on"]["on"] == Value::Bool(true)
}
