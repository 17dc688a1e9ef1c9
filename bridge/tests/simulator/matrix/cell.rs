//! A cell of the matrix, which has a bridge, a client, a disruption and an operation.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hue_bridge::{ApplyOptions, Bridge, Config, Connection, Home, Reachability};
use hue_bridge_sim::Simulator;
use serde_json::Value;
use tokio::time::timeout;

use super::disruption::{Disruption, Network};
use super::operation::Operation;
use super::{End, Lasts};
use crate::support::{TEST_TIMEOUT, builder, config, eventually, live};

/// The deadline of an operation that cannot succeed.
const FAILING_DEADLINE: Duration = Duration::from_secs(2);
/// The deadline of a read that cannot succeed: four attempts, and the delays between them.
const FAILING_READ_DEADLINE: Duration = Duration::from_secs(3);
/// The time by which it may end later on a busy machine.
const DEADLINE_TOLERANCE: Duration = Duration::from_secs(3);
/// The time within which everything recovers, on a busy machine.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(15);
/// The time to wait for an event where none is expected.
const SHORT_CONFIRM_TIME: Duration = Duration::from_millis(300);

pub(super) struct Cell {
    disruption: Disruption,
    operation: Operation,
    /// The expected outcome.
    end: End,
    sim: Simulator,
    bridge: Bridge,
    address: SocketAddr,
    lamp: String,
}

impl Cell {
    pub(super) async fn new(disruption: &Disruption, operation: Operation, end: End) -> Self {
        let sim = simulator(disruption).await;
        let bridge = Bridge::connect(patient(&sim, disruption, operation)).expect("a configuration that makes sense");
        bridge.ready(TEST_TIMEOUT).await.expect("the bridge answers");
        live(&bridge).await;
        let lamp = sim.light(operation.lamp()).expect("a lamp")["id"].as_str().expect("an id").to_owned();
        Self { disruption: disruption.clone(), operation, end, address: sim.address(), sim, bridge, lamp }
    }

    /// Runs the cell and returns what was not as stated.
    pub(super) async fn check(self) -> Vec<String> {
        self.disruption.begin(&self.sim, self.operation.scope(), &self.lamp).await;
        self.noticed().await;
        let (before, options) = (self.requests(), self.options());
        let end = self.operation.run(&self.sim, &self.bridge, options).await;
        let late = options.deadline.elapsed();
        self.disruption.end(&self.sim, self.address, &self.lamp).await;
        let difference = self.difference().await;
        // By now the bridge has also recorded the requests that the client gave up.
        let (sent, most) = (self.requests() - before, self.disruption.max_requests());
        let faults = [
            (end != self.end).then(|| format!("ends as {end:?} instead of {:?}", self.end)),
            (late > DEADLINE_TOLERANCE).then(|| format!("ends {late:?} after its deadline")),
            (sent > most).then(|| format!("takes {sent} requests instead of {most} at most")),
            difference.map(|difference| format!("is not mirrored in the end: {difference}")),
        ];
        let name = format!("{:?} × {:?}", self.disruption, self.operation);
        faults.into_iter().flatten().map(|fault| format!("{name}: {fault}")).collect()
    }

    /// Waits until the mirror has noticed the disruption, if the operation has to.
    async fn noticed(&self) {
        if !self.disruption.is_noticed() {
            return;
        }
        let reason = self.disruption.reason();
        let knows =
            || matches!(self.bridge.status().connection, Connection::Down(error) if error.to_string().contains(reason));
        eventually(&self.bridge, |_| knows().then_some(())).await;
    }

    fn options(&self) -> ApplyOptions {
        let lasting = matches!(self.disruption, Disruption::Requests { lasts: Lasts::Long, .. });
        let within = match (self.end, self.operation) {
            (End::Done | End::Lost, Operation::Events) => RECOVERY_TIMEOUT,
            (End::Done | End::Lost, _) if !lasting => RECOVERY_TIMEOUT,
            (_, Operation::Read) => FAILING_READ_DEADLINE,
            _ => FAILING_DEADLINE,
        };
        let succeeds = matches!(self.end, End::Done | End::Lost);
        ApplyOptions {
            confirm_within: if succeeds { RECOVERY_TIMEOUT } else { SHORT_CONFIRM_TIME },
            deadline: Instant::now() + within,
        }
    }

    /// Counts the requests of the operation that the bridge got so far.
    fn requests(&self) -> usize {
        // The mirror reloads at any time, so its requests cannot be told from the operation's.
        if self.operation == Operation::Read {
            return 0;
        }
        self.sim.requests().iter().filter(|it| self.operation.made(&it.method, &it.path)).count()
    }

    /// Waits until the mirrored home equals the bridge's home. Returns what differs if it never does.
    async fn difference(&self) -> Option<String> {
        let same = eventually(&self.bridge, |view| {
            (!view.freshness.stale && first_difference(&self.sim, &view.home).is_none()).then_some(())
        });
        let stale = || format!("{:?}", self.bridge.status().connection);
        let differs = || first_difference(&self.sim, &self.bridge.view().home).unwrap_or_else(stale);
        timeout(RECOVERY_TIMEOUT, same).await.err().map(|_| differs())
    }
}

/// Starts the demo home with the limits of a real bridge, and with events that come quickly.
async fn simulator(disruption: &Disruption) -> Simulator {
    let builder = builder().event_interval(Duration::from_millis(50));
    // The client has sent one request on its connection when the operation begins.
    let goaway = matches!(disruption, Disruption::Net(Network::Goaway));
    let builder = if goaway { builder.goaway_after(1) } else { builder };
    builder.start().await.expect("a free port")
}

/// Configures a client with long timeouts, except for answers that never come in this cell.
fn patient(sim: &Simulator, disruption: &Disruption, operation: Operation) -> Config {
    let mut config = Config { max_reconnect_delay: Duration::from_millis(300), ..config(sim) };
    if disruption.is_silent() {
        let answer = Duration::from_millis(1500);
        config.client.connect_timeout = answer.min(config.client.connect_timeout);
        config.client.read_timeout = answer;
        config.client.keep_alive_interval = answer;
        if operation == Operation::Events {
            config.silence_timeout = answer;
        }
    }
    config
}

/// Returns the first difference between the bridge's home and its mirror.
fn first_difference(sim: &Simulator, home: &Home) -> Option<String> {
    let lights = sim.resources("light");
    if lights.len() != home.lights.len() {
        return Some(format!("{} lights instead of {}", home.lights.len(), lights.len()));
    }
    lights.iter().find_map(|light| difference(sim, home, light)).or_else(|| scene_difference(sim, home))
}

fn difference(sim: &Simulator, home: &Home, light: &Value) -> Option<String> {
    let name = &light["metadata"]["name"];
    let Some(mirrored) = home.lights.iter().find(|it| it.id.as_str() == light["id"]) else {
        return Some(format!("there is no {name}"));
    };
    let state = &mirrored.state;
    let mirek = light["color_temperature"]["mirek"].as_u64();
    let same = mirrored.name == *name
        && light["on"]["on"] == state.on
        && light["dimming"]["brightness"].as_f64() == state.brightness
        && mirek == state.mirek.map(u64::from)
        && is_reachable(sim, light) == matches!(mirrored.reachability, Reachability::Connected);
    (!same).then(|| format!("{name} is {state:?}, {:?}", mirrored.reachability))
}

fn is_reachable(sim: &Simulator, light: &Value) -> bool {
    let radios = sim.resources("zigbee_connectivity");
    radios.iter().any(|radio| radio["owner"]["rid"] == light["owner"]["rid"] && radio["status"] == "connected")
}

fn scene_difference(sim: &Simulator, home: &Home) -> Option<String> {
    sim.resources("scene").iter().find_map(|scene| {
        let mirrored = home.scenes.iter().find(|it| it.id.as_str() == scene["id"]);
        let active = mirrored.map(|it| it.status != hue_bridge::SceneStatus::Inactive);
        let same = active == Some(scene["status"]["active"] != "inactive");
        (!same).then(|| format!("the scene {} is {active:?}", scene["metadata"]["name"]))
    })
}
