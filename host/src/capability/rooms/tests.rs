//! A grant that is limited to rooms, on a simulated bridge whose home another client changes between check and sending.

use std::time::Duration;

use hue_bridge::{
    ApplicationKey, ApplyOptions, Change, ClipMethod, Config, Delivery, Fingerprint, Identity, Outcome, Power,
    RecallMode, StepKind, Target,
};
use hue_bridge_sim::{Limits, Simulator};
use serde_json::{Value, json};

use super::*;

const APPLICATION_KEY: &str = "a-key-that-nobody-may-see";
/// The limit of waits that should take milliseconds, on a machine that is busy.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A simulated home with a grant that reaches one of its rooms.
struct Story {
    simulator: Simulator,
    bridge: Bridge,
    rooms: [String; 1],
}

impl Story {
    async fn with_grant_for(room: &str) -> Self {
        let simulator = Simulator::builder().application_key(APPLICATION_KEY).limits(Limits::Off);
        let simulator = simulator.event_interval(Duration::from_millis(20)).start().await.expect("a free port");
        let identity = Identity::Pinned(Fingerprint::of(simulator.certificate_der()));
        let host = simulator.address().to_string();
        let config = Config::new(host, simulator.bridge_id(), ApplicationKey::new(APPLICATION_KEY), identity);
        let bridge = Bridge::connect(config).expect("a configuration that makes sense");
        bridge.ready(TEST_TIMEOUT).await.expect("the bridge answers");
        Self { simulator, bridge, rooms: [room.to_owned()] }
    }

    fn id(&self, name: &str, kinds: Kinds) -> Id {
        self.bridge.view().home.find(name, kinds, None).expect("it is there").id
    }

    fn lights_of(&self, group: &str) -> Vec<Id> {
        let id = self.id(group, Kinds::GROUPS);
        self.bridge.view().home.group(&id).expect("a group").lights.clone()
    }

    fn set_power(&self, group: &str, power: Power) -> Command {
        let change = Change { power: Some(power), ..Change::default() };
        Command::Set { target: Target::Group(self.id(group, Kinds::GROUPS)), change }
    }

    fn plan(&self, command: Command) -> Result<Plan, PlanError> {
        plan_commands(&self.bridge, Some(&self.rooms), &[command])
    }

    /// Another client changes a resource, and the mirror shows it.
    async fn change(&self, kind: &str, id: &Id, body: Value, shows: impl Fn(&Home) -> bool) {
        let deadline = (tokio::time::Instant::now() + TEST_TIMEOUT).into_std();
        let sent = self.bridge.clip(ClipMethod::Put, &[kind, id.as_str()], Some(body), deadline).await;
        assert_eq!(sent.expect("changed").status, 200);
        let mut changes = self.bridge.changes();
        let mirrored = async {
            while !shows(&self.bridge.view().home) {
                changes.changed().await.expect("the mirror lives");
            }
        };
        tokio::time::timeout(TEST_TIMEOUT, mirrored).await.expect("the mirror shows it in time");
    }

    /// Another client gives a zone other lights.
    async fn set_zone(&self, zone: &str, lights: &[Id]) {
        let children: Vec<Value> = lights.iter().map(|id| json!({"rid": id.as_str(), "rtype": "light"})).collect();
        let id = self.id(zone, Kinds::GROUPS);
        let shows = |home: &Home| {
            let members = home.group(&id).map(|group| &group.lights);
            members.is_some_and(|members| members.len() == lights.len() && lights.iter().all(|it| members.contains(it)))
        };
        self.change("zone", &id, json!({"children": children}), shows).await;
    }

    async fn send(&self, plan: Plan) -> Vec<Outcome> {
        self.bridge.execute(plan, ApplyOptions::default()).await.expect("the bridge is there")
    }

    fn is_on(&self, light: &Id) -> bool {
        self.simulator.resource("light", light.as_str()).expect("a light")["on"]["on"] == json!(true)
    }
}

fn are_all_unsent(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| matches!(&outcome.delivery, Delivery::NotSent(reason) if reason.contains("changed")))
}

#[tokio::test]
async fn a_grant_narrowed_to_rooms_holds_when_the_home_changes_between_planning_and_sending() {
    let story = Story::with_grant_for("Bedroom").await;
    let (inside, outside) = (story.lights_of("Bedroom"), story.id("Counter strip", Kinds::LIGHTS));
    story.set_zone("Reading corner", &inside).await;
    let plan = story.plan(story.set_power("Reading corner", Power::On)).expect("all its lights are in the bedroom");
    story.set_zone("Reading corner", &[&inside[..], std::slice::from_ref(&outside)].concat()).await;
    let outcomes = story.send(plan).await;
    assert_eq!(
        outcomes.iter().map(|outcome| outcome.light.clone()).collect::<HashSet<_>>(),
        inside.iter().cloned().collect()
    );
    assert!(outcomes.iter().all(|outcome| outcome.delivery == Delivery::Confirmed), "{outcomes:?}");
    assert!(inside.iter().all(|light| story.is_on(light)));
    assert!(!story.is_on(&outside), "a light outside the grant was changed");
}

#[tokio::test]
async fn a_group_command_is_not_sent_once_the_group_has_other_lights_than_were_checked() {
    let story = Story::with_grant_for("Living room").await;
    let inside = &story.lights_of("Living room")[..4];
    let outside = story.bridge.view().home.find("Ceiling", Kinds::LIGHTS, Some("Kitchen")).expect("a light").id;
    story.set_zone("Reading corner", inside).await;
    let turn_off = story.set_power("Reading corner", Power::Off);
    let plan = story.plan(turn_off.clone()).expect("all its lights are in the living room");
    assert_eq!(plan.steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [StepKind::Group]);
    story.set_zone("Reading corner", &[inside, std::slice::from_ref(&outside)].concat()).await;
    let outcomes = story.send(plan).await;
    assert!(outcomes.len() == 4 && are_all_unsent(&outcomes), "{outcomes:?}");
    assert!(story.is_on(&outside), "a light outside the grant was changed");
    assert!(matches!(story.plan(turn_off), Err(PlanError::Outside(_))), "the next check sees the light");
}

#[tokio::test]
async fn a_recall_is_not_sent_once_the_scene_has_other_lights_than_were_checked() {
    let story = Story::with_grant_for("Bedroom").await;
    let scene = story.bridge.view().home.find("Relax", Kinds::SCENES, Some("Bedroom")).expect("a scene").id;
    let outside = story.id("Counter strip", Kinds::LIGHTS);
    let recall = Command::Recall { scene: scene.clone(), mode: RecallMode::Active, transition: None, brightness: None };
    let plan = story.plan(recall.clone()).expect("all its lights are in the bedroom");
    let mut actions = story.simulator.resource("scene", scene.as_str()).expect("the scene")["actions"].clone();
    let target = json!({"rid": outside.as_str(), "rtype": "light"});
    actions.as_array_mut().expect("actions").push(json!({"target": target, "action": {"on": {"on": true}}}));
    let shows =
        |home: &Home| home.scene(&scene).is_some_and(|scene| scene.actions.iter().any(|(id, _)| *id == outside));
    story.change("scene", &scene, json!({"actions": actions}), shows).await;
    let outcomes = story.send(plan).await;
    assert!(are_all_unsent(&outcomes), "{outcomes:?}");
    assert!(!story.is_on(&outside), "a light outside the grant was changed");
    assert_eq!(story.plan(recall), Err(PlanError::Outside("the light Counter strip".to_owned())));
}

#[tokio::test]
async fn a_scene_is_edited_only_in_the_rooms_of_the_grant() {
    let story = Story::with_grant_for("Bedroom").await;
    let home = story.bridge.view().home;
    let delete = |room: &str| {
        let scene = home.find("Relax", Kinds::SCENES, Some(room)).expect("a scene").id;
        plan_scene_edit(&story.bridge, Some(&story.rooms), SceneEdit::Delete(scene))
    };
    assert_eq!(delete("Bedroom").expect("a plan").group, story.id("Bedroom", Kinds::GROUPS));
    assert!(matches!(delete("Living room"), Err(PlanError::Outside(name)) if name == "\"Living room\""));
    let unknown = plan_scene_edit(&story.bridge, Some(&story.rooms), SceneEdit::Delete(Id::new("unknown")));
    assert!(matches!(unknown, Err(PlanError::Bridge(hue_bridge::Error::NotFound { .. }))));
}
