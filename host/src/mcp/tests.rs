//! The server on an in-memory pipe, with a registry of real components: the claims that need no process.
//!
//! The client and the components are those of the end-to-end tests, built by `cargo xtask build`.

mod calls;
mod damaged_lines;
mod initialization;
mod list_changed;
mod loading;
mod prompts_and_resources;
mod request_ids;
mod shutdown;
mod stdio;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use hue_bridge::{ApplicationKey, Bridge, Fingerprint, Identity};
use lamplighter_tests::{Client, Era, Home, WAIT_TIMEOUT};
use serde_json::json;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    calls::Calls,
    capability::{Services, SharedLights},
    config::{PluginConfig, Publication},
    health::metrics::Metrics,
    plugin::{ComponentSource, Engine, Plugin, PluginCandidate},
    registry::{self, Loading, Reader, StatusReporter, Writer},
    storage::StorageError,
};

/// Limits the bytes that wait in the pipe in each direction.
const PIPE_BYTES: usize = 64 * 1024;

/// The parts of a host that is about to serve.
struct TestHost {
    engine: Engine,
    services: Arc<Services>,
    metrics: Arc<Metrics>,
    writer: Writer,
    reader: Reader,
    home: Option<Home>,
    publication: Publication,
}

/// A server that runs, and the client at the other end of its pipe.
struct Session {
    client: Client,
    shutdown: CancellationToken,
    served: JoinHandle<Result<()>>,
    writer: Writer,
    _home: Option<Home>,
}

impl TestHost {
    /// Makes a host without plugins and without a bridge.
    fn new() -> Result<Self> {
        Self::with_bridge(None, None)
    }

    /// Makes a host on a simulated home.
    async fn at_home() -> Result<Self> {
        let home = Home::start().await?;
        let identity = Identity::Pinned(Fingerprint::of(home.bridge.certificate_der()));
        let (host, id) = (home.bridge.address().to_string(), home.bridge.bridge_id());
        let config = hue_bridge::Config::new(host, id, ApplicationKey::new(Home::APPLICATION_KEY), identity);
        let bridge = Bridge::connect(config)?;
        bridge.ready(WAIT_TIMEOUT).await?;
        Self::with_bridge(Some(home), Some(bridge))
    }

    fn with_bridge(home: Option<Home>, bridge: Option<Bridge>) -> Result<Self> {
        let (writer, reader) = registry::new();
        let metrics = Arc::new(Metrics::new());
        let services = Services {
            bridge: bridge.clone(),
            status: Arc::new(StatusReporter {
                bridge,
                metrics: metrics.clone(),
                registry: reader.clone(),
                publication: Publication::Declared,
            }),
            lights: SharedLights::default(),
            storage: Err(StorageError::Unavailable("no storage in this test".to_owned())),
        };
        let (engine, services) = (Engine::without_state()?, Arc::new(services));
        Ok(Self { engine, services, metrics, writer, reader, home, publication: Publication::Declared })
    }

    /// Serves a guest of the tests under a plugin's name.
    async fn plugin(self, name: &str, guest: &str) -> Result<Self> {
        let plugin = self.load(name, guest).await?;
        self.writer.publish(&plugin)?;
        Ok(self)
    }

    /// Loads a guest of the tests under a plugin's name, and does not serve it yet.
    async fn load(&self, name: &str, guest: &str) -> Result<Arc<Plugin>> {
        let candidate = PluginCandidate {
            name: name.into(),
            source: ComponentSource::from_bytes(lamplighter_tests::guest(guest)?.into()),
            config: Arc::new(PluginConfig::default_for(name)),
            services: self.services.clone(),
        };
        Ok(Arc::new(candidate.load(&self.engine).await?))
    }

    /// Serves a guest of the tests under its own name, with `-` for `_`.
    async fn guest(self, guest: &str) -> Result<Self> {
        self.plugin(&guest.replace('_', "-"), guest).await
    }

    /// Rewrites the argument schemas that some model interfaces refuse.
    fn portable(self) -> Self {
        Self { publication: Publication::Portable, ..self }
    }

    /// Lets lists be answered without a plugin that is loading. They have seen all that is served now.
    fn let_lists_lack(&self, plugin: &str) {
        let changes = *self.reader.changes().borrow();
        self.writer.set_loading(Loading::listable_without(plugin, changes));
    }

    /// Starts the server, to which no more plugins come; the session is not opened yet.
    fn start(self) -> Session {
        self.writer.end_start();
        self.start_loading()
    }

    /// Starts the server while plugins are loading; the session is not opened yet.
    fn start_loading(self) -> Session {
        let ((ours, its_input), (its_output, theirs)) = (tokio::io::duplex(PIPE_BYTES), tokio::io::duplex(PIPE_BYTES));
        let shutdown = CancellationToken::new();
        let calls = Calls::new(self.reader.clone(), self.metrics);
        let served =
            tokio::spawn(super::serve(its_input, its_output, calls, self.reader, self.publication, shutdown.clone()));
        Session { client: Client::new(ours, theirs), shutdown, served, writer: self.writer, _home: self.home }
    }

    /// Starts the server and opens the session.
    async fn connect(self, era: Era) -> Result<(Session, Client)> {
        let session = self.start();
        let client = session.connect(era).await?;
        Ok((session, client))
    }
}

impl Session {
    /// Opens the session.
    async fn connect(&self, era: Era) -> Result<Client> {
        self.client.open(era).await?;
        Ok(self.client.clone())
    }

    /// Serves a plugin. What is loading stays as it is.
    fn publish(&self, plugin: &Arc<Plugin>) -> Result<()> {
        self.writer.publish(plugin)?;
        Ok(())
    }

    /// Waits until the server has ended, and returns how.
    async fn ended(self) -> Result<()> {
        timeout(WAIT_TIMEOUT, self.served).await.context("the server does not end")??
    }

    /// Checks that every line of the server is a JSON-RPC response, error or notification.
    fn check_output(&self) -> Result<()> {
        for line in self.client.lines() {
            let message = line.map_err(|line| anyhow::anyhow!("not JSON on stdout: {line:?}"))?;
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            let is_message =
                message["method"].is_string() || message["result"].is_object() || message["error"].is_object();
            assert!(is_message, "{message}");
        }
        Ok(())
    }
}

/// Sends requests that need no plugin, and waits for their answers: what was due before them has happened.
async fn round_trip(client: &Client) -> Result<()> {
    for _ in 0..3 {
        client.request("resources/read", json!({"uri": "file:///nothing"})).await?;
    }
    Ok(())
}
