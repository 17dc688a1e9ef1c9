//! One cell of the matrix: a bridge, a client, a trouble and an operation.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hue_bridge::{ApplyOptions, Bridge, Config, Connection, Home, Reachability};
use hue_bridge_sim::{Limits, Simulator};
use serde_json::Value;
use tokio::time::timeout;

use super::operation::Operation;
use super::trouble::{Network, Trouble};
use super::{End, Lasts};
use crate::support::{KEY, PATIENCE, config, eventually, live};

/// When an operation that cannot succeed is to end.
const WITHIN: Duration = Duration::from_secs(2);
/// When a read that cannot succeed is to end: four attempts, and the pauses between them.
const READ_WITHIN: Duration = Duration::from_secs(3);
/// How much later it may end on a busy machine.
const SLACK: Duration = Duration::from_secs(3);
/// When all should be well again, on a busy machine.
const WELL: Duration = Duration::from_secs(15);
/// How long to wait for the event stream where it is not to show anything.
const IN_VAIN: Duration = Duration::from_millis(300);

pub(super) struct Cell {
    trouble: Trouble,
    operation: Operation,
    /// What is to come of it.
    end: End,
    sim: Simulator,
    bridge: Bridge,
    address: SocketAddr,
    lamp: String,
}

impl Cell {
    pub(super) async fn new(trouble: &Trouble, operation: Operation, end: End) -> Self {
        let sim = simulator(trouble).await;
        let bridge = Bridge::connect(patient(&sim, trouble, operation)).expect("a configuration that makes sense");
        bridge.ready(PATIENCE).await.expect("the bridge answers");
        live(&bridge).await;
        let lamp = sim.light(operation.lamp()).expect("a lamp")["id"].as_str().expect("an id").to_owned();
        Self { trouble: trouble.clone(), operation, end, address: sim.address(), sim, bridge, lamp }
    }

    /// Lets it happen; says what is not as stated.
    pub(super) async fn check(self) -> Vec<String> {
        self.trouble.begin(&self.sim, self.operation.scope(), &self.lamp).await;
        self.noticed().await;
        let (before, options) = (self.requests(), self.options());
        let end = self.operation.run(&self.sim, &self.bridge, options).await;
        let late = options.deadline.elapsed();
        self.trouble.end(&self.sim, self.address, &self.lamp).await;
        let difference = self.difference().await;
        // By now the bridge has noticed also those that the client gave up.
        let (sent, most) = (self.requests() - before, self.trouble.most_requests());
        let faults = [
            (end != self.end).then(|| format!("ends as {end:?} instead of {:?}", self.end)),
            (late > SLACK).then(|| format!("ends {late:?} after its deadline")),
            (sent > most).then(|| format!("takes {sent} requests instead of {most} at most")),
            difference.map(|difference| format!("is not mirrored in the end: {difference}")),
        ];
        let name = format!("{:?} × {:?}", self.trouble, self.operation);
        faults.into_iter().flatten().map(|fault| format!("{name}: {fault}")).collect()
    }

    /// Waits until the mirror knows of a trouble that the operation is to meet.
    async fn noticed(&self) {
        if !self.trouble.is_noticed() {
            return;
        }
        let reason = self.trouble.reason();
        let knows =
            || matches!(self.bridge.status().connection, Connection::Down(error) if error.to_string().contains(reason));
        eventually(&self.bridge, |_| knows().then_some(())).await;
    }

    fn options(&self) -> ApplyOptions {
        let lasting = matches!(self.trouble, Trouble::Requests { lasts: Lasts::Long, .. });
        let within = match (self.end, self.operation) {
            (End::Done | End::Lost, Operation::Events) => WELL,
            (End::Done | End::Lost, _) if !lasting => WELL,
            (_, Operation::Read) => READ_WITHIN,
            _ => WITHIN,
        };
        let succeeds = matches!(self.end, End::Done | End::Lost);
        ApplyOptions { confirm_within: if succeeds { WELL } else { IN_VAIN }, deadline: Instant::now() + within }
    }

    /// The requests of the operation that the bridge got so far.
    fn requests(&self) -> usize {
        // The mirror loads everything when it likes.
        if self.operation == Operation::Read {
            return 0;
        }
        self.sim.requests().iter().filter(|it| self.operation.made(&it.method, &it.path)).count()
    }

    /// Waits until the client's home is the bridge's; if that does not come to be, says what differs.
    async fn difference(&self) -> Option<String> {
        let same = eventually(&self.bridge, |view| {
            (!view.freshness.stale && first_difference(&self.sim, &view.home).is_none()).then_some(())
        });
        let stale = || format!("{:?}", self.bridge.status().connection);
        let differs = || first_difference(&self.sim, &self.bridge.view().home).unwrap_or_else(stale);
        timeout(WELL, same).await.err().map(|_| differs())
    }
}

/// The demo home with the limits of a real bridge, and quick events.
async fn simulator(trouble: &Trouble) -> Simulator {
    let builder = Simulator::builder().application_key(KEY).event_interval(Duration::from_millis(50));
    let builder = builder.limits(Limits::Real);
    // The client has had one request on its connection when the operation begins.
    let goaway = matches!(trouble, Trouble::Net(Network::Goaway));
    let builder = if goaway { builder.goaway_after(1) } else { builder };
    builder.start().await.expect("a free port")
}

/// A client that is patient, but for the answers that never come in this cell.
fn patient(sim: &Simulator, trouble: &Trouble, operation: Operation) -> Config {
    let mut config = Config { max_reconnect_delay: Duration::from_millis(300), ..config(sim) };
    if trouble.is_silent() {
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

/// The first thing about which a mirror is wrong.
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
