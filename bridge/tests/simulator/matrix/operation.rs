//! The operation that the client runs in a cell.

use std::time::Instant;

use hue_bridge::{
    ApplyOptions, Bridge, Brightness, Change, Command, Delivery, Error, Outcome, Power, RecallMode, Target,
};
use hue_bridge_sim::{Scope, Simulator};
use serde_json::json;

use super::End;
use crate::support::{eventually, group, light, power};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operation {
    /// All resources are reloaded.
    Read,
    /// One lamp is turned on.
    Light,
    /// A room is dimmed with one group command.
    Group,
    /// A scene is recalled.
    Scene,
    /// A lamp is turned on at the wall.
    Events,
}

impl Operation {
    pub(super) const ALL: [Self; 5] = [Self::Read, Self::Light, Self::Group, Self::Scene, Self::Events];

    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Read => Scope::Reads,
            Self::Light => Scope::LightWrites,
            Self::Group => Scope::GroupWrites,
            Self::Scene => Scope::SceneRecalls,
            Self::Events => Scope::Events,
        }
    }

    /// Returns the lamp that the operation concerns, among others.
    pub(super) fn lamp(self) -> &'static str {
        if self == Self::Group { "Sofa lamp" } else { "Bedside left" }
    }

    pub(super) async fn run(self, sim: &Simulator, bridge: &Bridge, options: ApplyOptions) -> End {
        match self {
            Self::Read => bridge.refresh(options.deadline).await.map_or_else(|error| of_error(&error), |()| End::Done),
            Self::Light | Self::Group | Self::Scene => match bridge.apply(&[self.command(bridge)], options).await {
                Ok(outcomes) => of_outcomes(&outcomes),
                Err(error) => of_error(&error),
            },
            Self::Events => watch(sim, bridge, options.deadline).await,
        }
    }

    /// Whether a request that the bridge got belongs to the operation.
    pub(super) fn made(self, method: &str, path: &str) -> bool {
        let put = |kind: &str| method == "PUT" && path.starts_with(&format!("/clip/v2/resource/{kind}/"));
        match self {
            Self::Read => method == "GET" && path == "/clip/v2/resource",
            Self::Light => put("light"),
            Self::Group => put("grouped_light"),
            Self::Scene => put("scene"),
            Self::Events => false,
        }
    }

    fn command(self, bridge: &Bridge) -> Command {
        let home = bridge.view().home;
        match self {
            Self::Light => {
                Command::Set { target: Target::Light(light(&home, self.lamp()).id), change: power(Power::On) }
            }
            Self::Group => {
                let change = Change { brightness: Some(Brightness::Percent(35.0)), ..power(Power::On) };
                Command::Set { target: Target::Group(group(&home, "Living room")), change }
            }
            _ => {
                let room = group(&home, "Bedroom");
                let found = home.scenes.iter().find(|scene| scene.name == "Reading" && scene.group_id == room);
                let scene = found.expect("the scene").id.clone();
                Command::Recall { scene, mode: RecallMode::Active, transition: None, brightness: None }
            }
        }
    }
}

/// Turns a lamp on as a wall switch does, and checks that the mirror shows it or reports that it is stale.
async fn watch(sim: &Simulator, bridge: &Bridge, deadline: Instant) -> End {
    let name = "Bedside right";
    let id = sim.light(name).expect("the lamp")["id"].clone();
    sim.set_resource(json!({"id": id, "type": "light", "on": {"on": true}}));
    let shown = eventually(bridge, |view| light(&view.home, name).state.on.then_some(()));
    match tokio::time::timeout_at(deadline.into(), shown).await {
        Ok(()) => End::Done,
        Err(_) if bridge.view().freshness.stale => End::Stale,
        Err(_) => End::Blind,
    }
}

fn of_outcomes(outcomes: &[Outcome]) -> End {
    let mut lost = false;
    for outcome in outcomes {
        match &outcome.delivery {
            Delivery::Confirmed | Delivery::Unchanged => {}
            Delivery::Unreachable => lost = true,
            Delivery::Accepted | Delivery::StoredWhileOff => return End::Taken,
            Delivery::NotSent(_) => return End::NotDone,
            Delivery::Unknown(_) => return End::Unsure,
            Delivery::Failed(error) => return of_error(error),
        }
    }
    if lost { End::Lost } else { End::Done }
}

fn of_error(error: &Error) -> End {
    match error {
        Error::Unavailable { .. } | Error::Busy { .. } | Error::Throttled { .. } => End::NotDone,
        Error::Timeout | Error::InDoubt(_) => End::Unsure,
        Error::Protocol(_) => End::Nonsense,
        Error::Rejected { status, .. } => End::Refused(*status),
        Error::Unauthorized => End::NoKey,
        Error::Identity(_) => End::OtherServer,
        Error::Invalid(_) | Error::NotFound { .. } => panic!("{error}"),
    }
}
