//! Where the parts meet: the bridge, the registry and its loader, the calls, a client.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use hue_bridge::{Bridge, Rediscovery, discover::NetworkFinder};
use hue_bridge_sim::{LinkButton, Simulator};
use tokio::{sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    approval::Approvals,
    calls::Calls,
    capability::{Services, SharedLights},
    config::{BridgeConfig, Config, Store},
    health::metrics::Metrics,
    mcp,
    plugin::Engine,
    registry::{self, Loader, StatusReporter},
    state,
    storage::{Storage, StorageError},
};

/// In the state folder: what plugins keep.
const STORAGE_FILE: &str = "storage.sqlite";
/// In the state folder: plugins, compiled.
const COMPILED: &str = "compiled";
/// How long the loader may take to let plugins end.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Serves one client on stdin and stdout until it goes away or `shutdown` is cancelled, and ends everything it began.
pub(crate) async fn serve(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let bridge = config.bridge.as_ref().map(connect).transpose()?;
    if bridge.is_none() {
        tracing::warn!(
            "no bridge is configured: tools that need one will say so; run `lamplighter pair` in a terminal, or try \
             `lamplighter serve --demo`"
        );
    }
    let remembering = bridge
        .as_ref()
        .zip(remembered(&config))
        .map(|(bridge, (id, store))| tokio::spawn(remember(bridge.address(), id, store)));
    let served = serve_with(config, bridge, shutdown).await;
    if let Some(remembering) = remembering {
        remembering.abort();
    }
    served
}

/// The stored bridge that is used, and where it is stored.
fn remembered(config: &Config) -> Option<(String, Store)> {
    let bridge = config.bridge.as_ref().filter(|bridge| bridge.stored)?;
    Some((bridge.id.clone(), Store::at(config.bridges_file.clone()?)))
}

/// Notes where the bridge is found, so that the next start is fast.
async fn remember(mut address: watch::Receiver<String>, id: String, store: Store) {
    while address.changed().await.is_ok() {
        let (host, id, store) = (address.borrow_and_update().clone(), id.clone(), store.clone());
        let noted = tokio::task::spawn_blocking(move || store.change(|bridges| Ok(bridges.set_host(&id, &host)))).await;
        match noted {
            Ok(Ok(_)) => tracing::info!("the bridge's new address is stored"),
            Ok(Err(error)) => tracing::warn!(%error, "the bridge's new address is not stored: the next start is slow"),
            Err(error) => tracing::warn!(%error, "the bridge's new address is not stored: the next start is slow"),
        }
    }
}

/// As [`serve`], with a bridge in software inside this process. It is paired with and spoken to over HTTPS, as a real
/// one is.
pub(crate) async fn serve_demo(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let (simulator, bridge) = simulated().await?;
    let served = serve_with(config, Some(bridge), shutdown).await;
    simulator.shutdown().await;
    served
}

/// A bridge in software, paired with and connected to.
pub(crate) async fn simulated() -> anyhow::Result<(Simulator, Bridge)> {
    let simulator = Simulator::builder()
        .link_button(LinkButton::Pressed)
        .start()
        .await
        .context("the simulated bridge cannot start")?;
    let host = simulator.address().to_string();
    tracing::info!(address = %host, bridge = simulator.bridge_id(), "simulated bridge started");
    let paired = hue_bridge::pair::pair(&host, "lamplighter#demo", Some(simulator.bridge_id()))
        .await
        .context("cannot pair with the simulated bridge")?;
    let config = hue_bridge::Config::new(host, paired.bridge_id, paired.application_key, paired.identity);
    let bridge = Bridge::connect(config)?;
    Ok((simulator, bridge))
}

async fn serve_with(config: Config, bridge: Option<Bridge>, shutdown: CancellationToken) -> anyhow::Result<()> {
    prepare_folder(&config.plugins_dir)?;
    let (writer, reader) = registry::new();
    let metrics = Arc::new(Metrics::new());
    let services = Arc::new(Services {
        bridge: bridge.clone(),
        status: Arc::new(StatusReporter { bridge: bridge.clone(), metrics: metrics.clone(), registry: reader.clone() }),
        lights: SharedLights::default(),
        storage: storage(&config),
    });
    let engine = engine(&config)?;
    let loader = Loader {
        dir: config.plugins_dir.clone(),
        engine,
        approvals: Approvals::new(&config.state_dir),
        config: Arc::new(config),
        services,
        writer,
    };
    // Of its own: plugins are stopped after the client's last call, not before.
    let stop_loading = CancellationToken::new();
    tracing::info!(plugins = %loader.dir.display(), "serving MCP on stdin and stdout");
    let loading = tokio::spawn(loader.run(stop_loading.clone()));
    let served = mcp::serve_stdio(Calls::new(reader.clone(), metrics), reader, shutdown).await;
    stop_loading.cancel();
    if timeout(STOP_WITHIN, loading).await.is_err() {
        tracing::warn!("plugins did not stop in time");
    }
    if let Some(bridge) = bridge {
        bridge.shutdown().await;
    }
    served
}

fn connect(config: &BridgeConfig) -> anyhow::Result<Bridge> {
    tracing::info!(bridge = config.id, address = config.host, stored = config.stored, "connecting to the bridge");
    let rediscovery = config.rediscover.then(|| Rediscovery::with_finder(NetworkFinder::default()));
    let described =
        hue_bridge::Config::new(config.host.clone(), config.id.clone(), config.key.clone(), config.identity);
    Ok(Bridge::connect(hue_bridge::Config { rediscovery, ..described })?)
}

/// Compiled plugins are kept in the state folder, or, where that cannot be used, for this run.
pub(crate) fn engine(config: &Config) -> anyhow::Result<Engine> {
    if state::prepare(&config.state_dir).is_ok() {
        return Engine::new(config.state_dir.join(COMPILED));
    }
    tracing::warn!(dir = %config.state_dir.display(), "plugins are compiled anew at every start: no state is kept");
    Engine::without_state()
}

/// What plugins keep; without it they are served all the same.
fn storage(config: &Config) -> Result<Storage, StorageError> {
    let prepared = state::prepare(&config.state_dir);
    prepared
        .map_err(|error| StorageError::Unavailable(format!("{error:#}")))
        .and_then(|()| Storage::open(&config.state_dir.join(STORAGE_FILE)))
        .inspect_err(|error| tracing::warn!(dir = %config.state_dir.display(), %error, "plugins cannot store anything"))
}

/// Makes the plugins folder if there is none, so that a first plugin can be dropped into it.
fn prepare_folder(dir: &Path) -> anyhow::Result<()> {
    if !dir.exists() {
        tracing::warn!(dir = %dir.display(), "there is no plugins folder yet: it is made now, and empty");
    }
    std::fs::create_dir_all(dir).with_context(|| {
        format!("the plugins folder {} cannot be made: give another with --plugins DIR", dir.display())
    })
}
