//! The one place where the parts of a host meet: the bridge, the registry and its loader, the calls, a client.

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
    registry::{self, Loader, Reader, StatusReporter},
    state,
    storage::{Storage, StorageError},
};

/// The file in the state folder that holds what plugins store.
const STORAGE_FILE: &str = "storage.sqlite";
/// The folder in the state folder that holds compiled plugins.
const COMPILED_FOLDER: &str = "compiled";
/// The time limit for the loader to stop all plugins.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A host whose parts are wired and whose loader does not run yet.
pub(crate) struct Host {
    pub(crate) loader: Loader,
    pub(crate) reader: Reader,
    metrics: Arc<Metrics>,
}

/// Serves one client on stdin and stdout until it goes away or `shutdown` is cancelled, then stops every part.
pub(crate) async fn serve(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let bridge = config.bridge.as_ref().map(connect).transpose()?;
    if bridge.is_none() {
        tracing::warn!(
            "no bridge is configured: tools that need one will say so; run `lamplighter pair` in a terminal, or try \
             `lamplighter serve --demo`"
        );
    }
    let following = bridge
        .as_ref()
        .zip(stored_bridge(&config))
        .map(|(bridge, (id, store))| tokio::spawn(store_address_changes(bridge.address(), id, store)));
    let served = serve_with(config, bridge, shutdown).await;
    if let Some(following) = following {
        following.abort();
    }
    served
}

/// Returns the id of the bridge and its store, if pairing stored it.
fn stored_bridge(config: &Config) -> Option<(String, Store)> {
    let bridge = config.bridge.as_ref().filter(|bridge| bridge.stored)?;
    Some((bridge.id.clone(), Store::at(config.bridges_file.clone()?)))
}

/// Stores each new address of the bridge, so that the next start need not search for it.
async fn store_address_changes(mut address: watch::Receiver<String>, id: String, store: Store) {
    while address.changed().await.is_ok() {
        let (host, id, store) = (address.borrow_and_update().clone(), id.clone(), store.clone());
        let stored =
            tokio::task::spawn_blocking(move || store.change(|bridges| Ok(bridges.set_host(&id, &host)))).await;
        match stored.map_err(anyhow::Error::from).and_then(|stored| Ok(stored?)) {
            Ok(_) => tracing::info!("the bridge's new address is stored"),
            Err(error) => tracing::warn!(%error, "the bridge's new address is not stored: the next start is slow"),
        }
    }
}

/// As [`serve`], with a simulated bridge inside this process. The host pairs with it and reaches it over HTTPS, as it
/// does a real one.
pub(crate) async fn serve_demo(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let (simulator, bridge) = simulated().await?;
    let served = serve_with(config, Some(bridge), shutdown).await;
    simulator.shutdown().await;
    served
}

/// Starts a simulated bridge, pairs with it and connects to it.
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
    make_plugins_folder(&config.plugins_dir)?;
    let storage = open_storage(&config);
    let publication = config.publication;
    let host = Host::assemble(config, bridge.clone(), storage)?;
    let (calls, Host { loader, reader, .. }) = (host.calls(), host);
    tracing::info!(plugins = %loader.dir.display(), "serving MCP on stdin and stdout");
    // A token of its own: plugins are stopped after the client's last call, not before.
    let stop_loading = CancellationToken::new();
    let loading = tokio::spawn(loader.run(stop_loading.clone()));
    let served = mcp::serve_stdio(calls, reader, publication, shutdown).await;
    stop_loading.cancel();
    if timeout(STOP_TIMEOUT, loading).await.is_err() {
        tracing::warn!("plugins did not stop within {STOP_TIMEOUT:?}");
    }
    if let Some(bridge) = bridge {
        bridge.shutdown().await;
    }
    served
}

impl Host {
    /// Wires the parts. `storage` is the plugins' store, or why there is none.
    pub(crate) fn assemble(
        config: Config,
        bridge: Option<Bridge>,
        storage: Result<Storage, StorageError>,
    ) -> anyhow::Result<Self> {
        let (writer, reader) = registry::new();
        let metrics = Arc::new(Metrics::new());
        let services = Services {
            bridge: bridge.clone(),
            status: Arc::new(StatusReporter {
                bridge,
                metrics: metrics.clone(),
                registry: reader.clone(),
                publication: config.publication,
            }),
            lights: SharedLights::default(),
            storage,
        };
        let loader = Loader {
            dir: config.plugins_dir.clone(),
            engine: make_engine(&config)?,
            approvals: Approvals::new(&config.state_dir),
            config: Arc::new(config),
            services: Arc::new(services),
            writer,
            events: None,
        };
        Ok(Self { loader, reader, metrics })
    }

    /// Returns the call pipeline of this host's registry.
    pub(crate) fn calls(&self) -> Calls {
        Calls::new(self.reader.clone(), self.metrics.clone())
    }
}

fn connect(config: &BridgeConfig) -> anyhow::Result<Bridge> {
    tracing::info!(bridge = config.id, address = config.host, stored = config.stored, "connecting to the bridge");
    let rediscovery = config.rediscover.then(|| Rediscovery::with_finder(NetworkFinder::default()));
    let described =
        hue_bridge::Config::new(config.host.clone(), config.id.clone(), config.key.clone(), config.identity);
    Ok(Bridge::connect(hue_bridge::Config { rediscovery, ..described })?)
}

/// Makes the engine. Compiled plugins are kept in the state folder or, if that cannot be used, until the host ends.
fn make_engine(config: &Config) -> anyhow::Result<Engine> {
    if state::prepare_state_dir(&config.state_dir).is_ok() {
        return Engine::new(config.state_dir.join(COMPILED_FOLDER));
    }
    tracing::warn!(dir = %config.state_dir.display(), "the state folder cannot be used: plugins are compiled at every start");
    Engine::without_state()
}

/// Opens the plugins' store, or says why there is none; plugins are served without it.
fn open_storage(config: &Config) -> Result<Storage, StorageError> {
    let prepared = state::prepare_state_dir(&config.state_dir);
    prepared
        .map_err(|error| StorageError::Unavailable(format!("{error:#}")))
        .and_then(|()| Storage::open(&config.state_dir.join(STORAGE_FILE)))
        .inspect_err(|error| tracing::warn!(dir = %config.state_dir.display(), %error, "plugins cannot store anything"))
}

/// Makes the plugins folder if there is none, so that a first plugin can be dropped into it.
fn make_plugins_folder(dir: &Path) -> anyhow::Result<()> {
    if !dir.exists() {
        tracing::warn!(dir = %dir.display(), "the plugins folder is missing: an empty one is made");
    }
    std::fs::create_dir_all(dir).with_context(|| {
        format!("the plugins folder {} cannot be made: give another with --plugins DIR", dir.display())
    })
}
