//! Serves a dev session: the host's own loader watches a scratch folder of plugins, beside a simulated home.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::super::{call, check, home::Home};
use crate::{
    app::Host,
    approval::{self, Approvals},
    calls::{Calls, ToolResult, UnknownItem},
    cli::demo::{self, lamps},
    config::Config,
    mcp,
    plugin::Plugin,
    registry::{LoadEvent, Reader, folder},
};

/// The time that a client's first list of tools waits for the first build.
const FIRST_BUILD_TIMEOUT: Duration = Duration::from_secs(5);

/// Loads and serves plugins on a simulated home, with or without an MCP client.
pub(super) struct DevServer {
    home: Home,
    /// The user's plugins folder, whose plugins are served beside the project's.
    others: PathBuf,
    calls: Calls,
    reader: Reader,
    events: mpsc::UnboundedReceiver<LoadEvent>,
    first_build: watch::Sender<bool>,
    /// Is taken when the loader starts.
    host: Option<Host>,
    loading: Option<JoinHandle<()>>,
    stop_loading: CancellationToken,
}

/// A plugin of the user's folder that is served beside the project's, or the reason why it is not.
pub(super) struct Other {
    pub(super) name: Arc<str>,
    pub(super) refused: Option<String>,
}

/// A component that the loader serves now.
pub(super) struct Served {
    pub(super) plugin: Arc<Plugin>,
    pub(super) bytes: usize,
    pub(super) took: Duration,
    /// Lists what changed in its tools and imports; `None` if nothing was served before.
    pub(super) changes: Option<Vec<String>>,
    pub(super) findings: check::findings::Findings,
    /// Lists what to change in config.toml to grant what the component imports.
    pub(super) to_grant: Vec<String>,
}

/// Tells how a trial call ended.
pub(super) struct TrialOutcome {
    pub(super) took: Duration,
    /// Is set if the call was cancelled.
    pub(super) is_cancelled: bool,
    pub(super) result: Result<ToolResult, UnknownItem>,
    /// Holds a line for each lamp that changed.
    pub(super) lamps: Vec<String>,
}

impl DevServer {
    /// Opens a home, and serves nothing yet.
    pub(super) async fn open(mut config: Config) -> anyhow::Result<Self> {
        if !config.plugins_dir.is_dir()
            && let Some(folder) = demo::bundled_plugins()
        {
            config.plugins_dir = folder;
        }
        // Neither a pin in the configuration nor an approval holds back what an author builds.
        config.plugins.values_mut().for_each(|plugin| plugin.pin = None);
        config.file = None;
        let others = config.plugins_dir.clone();
        let home = Home::open().await?;
        let mut host = Host::assemble(config, Some(home.bridge.clone()), Ok(home.storage()?))?;
        let (sender, events) = mpsc::unbounded_channel();
        host.loader.dir = home.scratch.plugins();
        host.loader.approvals = Approvals::new(&home.scratch.file("state"));
        host.loader.events = Some(sender);
        let first_build = watch::Sender::new(false);
        let reader = host.reader.clone().with_first_load(first_build.subscribe());
        tokio::spawn({
            let first_build = first_build.clone();
            async move {
                sleep(FIRST_BUILD_TIMEOUT).await;
                first_build.send_replace(true);
            }
        });
        Ok(Self {
            home,
            others,
            calls: host.calls(),
            reader,
            events,
            first_build,
            host: Some(host),
            loading: None,
            stop_loading: CancellationToken::new(),
        })
    }

    /// Serves an MCP client on stdin and stdout, which cancels `stop` when it goes away.
    pub(super) fn serve(&self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let (calls, reader) = (self.calls.clone(), self.reader.clone());
        async move {
            let served = mcp::serve_stdio(calls, reader, stop.clone()).await;
            stop.cancel();
            served
        }
    }

    /// Copies the user's plugins into the scratch folder, starts the loader and waits for its first load.
    pub(super) async fn load_others(&mut self) -> anyhow::Result<Vec<Other>> {
        let mut others = Vec::new();
        let found = if self.others.is_dir() { folder::list(&self.others) } else { Ok(Default::default()) };
        for (name, file) in
            found.with_context(|| format!("cannot read the plugins folder {}", self.others.display()))?
        {
            let copied =
                file.stamp.map_err(anyhow::Error::from).and_then(|_| self.home.scratch.copy_plugin(&file.path));
            others.push(Other { name, refused: copied.err().map(|error| format!("{error:#}")) });
        }
        let Some(Host { loader, reader, .. }) = self.host.take() else { return Ok(others) };
        self.loading = Some(tokio::spawn(loader.run(self.stop_loading.clone())));
        reader.wait_first_load().await;
        for other in others.iter_mut().filter(|other| other.refused.is_none()) {
            other.refused = self.reader.snapshot().plugins.get(&other.name).and_then(|entry| entry.refused.clone());
        }
        Ok(others)
    }

    /// Returns the user's plugins folder.
    pub(super) fn others_folder(&self) -> PathBuf {
        self.others.clone()
    }

    /// Counts the lamps of the home.
    pub(super) fn count_lamps(&self) -> usize {
        self.home.simulator.resources("light").len()
    }

    /// Puts a component into the scratch folder and waits until the loader serves it.
    ///
    /// # Errors
    /// Why the loader refused it; the version before goes on.
    pub(super) async fn put(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<Served> {
        let (began, digest) = (Instant::now(), blake3::hash(bytes));
        let before = self.serving(name);
        let is_unchanged = |plugin: &&Arc<Plugin>| plugin.digest == digest;
        let plugin = match before.as_ref().filter(is_unchanged) {
            Some(plugin) => plugin.clone(),
            None => {
                // Events of earlier versions are in the channel.
                while self.events.try_recv().is_ok() {}
                self.home.scratch.put_plugin(format!("{name}.wasm"), bytes)?;
                self.outcome(name, digest).await?
            }
        };
        self.first_build.send_replace(true);
        let changes = |old: Arc<Plugin>| {
            approval::differences(&approval::plugin_surface(&old), &approval::plugin_surface(&plugin))
        };
        Ok(Served {
            bytes: bytes.len(),
            took: began.elapsed(),
            changes: before.map(changes),
            findings: check::findings::of_plugin(&plugin),
            to_grant: check::imports(&plugin).into_iter().filter_map(|import| import.to_grant).collect(),
            plugin,
        })
    }

    fn serving(&self, name: &str) -> Option<Arc<Plugin>> {
        self.reader.snapshot().plugins.get(name)?.serving.clone()
    }

    /// Waits until the loader reports what became of these bytes.
    async fn outcome(&mut self, name: &str, digest: blake3::Hash) -> anyhow::Result<Arc<Plugin>> {
        while let Some(event) = self.events.recv().await {
            match event {
                LoadEvent::Served(plugin) if *plugin.name == *name && plugin.digest == digest => return Ok(plugin),
                // A file that cannot be read has no digest.
                LoadEvent::Refused { name: refused, digest: its, reason }
                    if *refused == *name && its.is_none_or(|its| its == digest) =>
                {
                    return Err(anyhow!(reason));
                }
                LoadEvent::Served(_) | LoadEvent::Refused { .. } => {}
            }
        }
        Err(anyhow!("the loader has ended"))
    }

    /// Calls a tool as a client would.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        cancelled: CancellationToken,
    ) -> TrialOutcome {
        let (began, before) = (Instant::now(), self.home.simulator.resources("light"));
        let result = call::call(self.calls.clone(), tool, arguments.clone(), cancelled.clone()).await;
        let took = began.elapsed();
        let changed = before.iter().zip(self.home.simulator.resources("light")).filter_map(|(before, after)| {
            let (was, is) = (lamps::state(before), lamps::state(&after));
            (was != is).then(|| format!("{}: {was} → {is}", lamps::name(&after)))
        });
        TrialOutcome { took, is_cancelled: cancelled.is_cancelled(), result, lamps: changed.collect() }
    }

    /// Stops the loader, which lets every plugin end, and closes the home.
    pub(super) async fn close(self) {
        self.stop_loading.cancel();
        if let Some(loading) = self.loading {
            // An error is a panic, which the log has.
            let _ = loading.await;
        }
        self.home.close().await;
    }
}
