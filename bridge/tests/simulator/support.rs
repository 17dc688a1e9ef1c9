//! Helpers of the tests: a simulated bridge, a connection to it, and commands.

use std::time::{Duration, Instant};

use hue_bridge::{
    ApplicationKey, ApplyOptions, Bridge, Change, ClientConfig, Command, Config, Fingerprint, Home, Id, Identity,
    Light, Power, Target, View,
};
use hue_bridge_sim::{Builder, Limits, Simulator};

pub(crate) const TEST_KEY: &str = "a-key-that-nobody-may-see";
/// Limits what should take milliseconds, so that a busy machine does not fail a test.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Configures the demo home, with the limits of a real bridge and events that come ten times as fast.
pub(crate) fn builder() -> Builder {
    Simulator::builder().application_key(TEST_KEY).limits(Limits::Real).event_interval(Duration::from_millis(100))
}

pub(crate) async fn simulator() -> Simulator {
    builder().start().await.expect("a free port")
}

pub(crate) fn config(sim: &Simulator) -> Config {
    let identity = Identity::Pinned(Fingerprint::of(sim.certificate_der()));
    let config = Config::new(sim.address().to_string(), sim.bridge_id(), ApplicationKey::new(TEST_KEY), identity);
    Config { max_reconnect_delay: Duration::from_millis(500), ..config }
}

/// Returns [`config`] with changes to what configures the client.
pub(crate) fn with_client(sim: &Simulator, change: impl FnOnce(&mut ClientConfig)) -> Config {
    let mut config = config(sim);
    change(&mut config.client);
    config
}

pub(crate) async fn connected(sim: &Simulator) -> Bridge {
    let bridge = Bridge::connect(config(sim)).expect("a configuration that makes sense");
    bridge.ready(TEST_TIMEOUT).await.expect("the bridge answers");
    live(&bridge).await;
    bridge
}

/// Starts a simulated bridge and connects to it.
pub(crate) async fn pair() -> (Simulator, Bridge) {
    start(builder()).await
}

/// Starts a simulated bridge that is configured otherwise, and connects to it.
pub(crate) async fn start(builder: Builder) -> (Simulator, Bridge) {
    let sim = builder.start().await.expect("a free port");
    let bridge = connected(&sim).await;
    (sim, bridge)
}

/// Waits until the mirror is in a state; it may be in that state already.
pub(crate) async fn eventually<T>(bridge: &Bridge, mut look: impl FnMut(&View) -> Option<T>) -> T {
    let mut changes = bridge.changes();
    let seen = async {
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(&bridge.view()) {
                return found;
            }
            changes.changed().await.expect("the mirror lives");
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, seen).await.expect("the mirror shows it in time")
}

pub(crate) async fn live(bridge: &Bridge) {
    eventually(bridge, |view| (!view.freshness.stale).then_some(())).await;
}

pub(crate) fn light(home: &Home, name: &str) -> Light {
    home.lights.iter().find(|light| light.name == name).cloned().unwrap_or_else(|| panic!("there is no {name}"))
}

pub(crate) fn group(home: &Home, name: &str) -> Id {
    let found = home.groups.iter().find(|group| group.name == name);
    found.map_or_else(|| panic!("there is no {name}"), |group| group.id.clone())
}

pub(crate) fn set_light(bridge: &Bridge, name: &str, change: Change) -> Command {
    Command::Set { target: Target::Light(light(&bridge.view().home, name).id), change }
}

pub(crate) fn set_group(bridge: &Bridge, name: &str, change: Change) -> Command {
    Command::Set { target: Target::Group(group(&bridge.view().home, name)), change }
}

pub(crate) fn power(power: Power) -> Change {
    Change { power: Some(power), ..Change::default() }
}

pub(crate) fn patient() -> ApplyOptions {
    ApplyOptions { confirm_within: TEST_TIMEOUT, deadline: in_time() }
}

pub(crate) fn in_time() -> Instant {
    Instant::now() + TEST_TIMEOUT
}

/// Returns the path and body of each PUT that the bridge got.
pub(crate) fn puts(sim: &Simulator) -> Vec<(String, serde_json::Value)> {
    let requests = sim.requests().into_iter().filter(|request| request.method == "PUT");
    requests.map(|request| (request.path, request.body.unwrap_or_default())).collect()
}
