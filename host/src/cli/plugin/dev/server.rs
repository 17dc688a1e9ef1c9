//! Serves a dev session: the host's own loader watches a scratch folder of plugins, beside a simulated home.

use std::{
    path::{Path, PathBuf},
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
    cli::{
        demo::{self, lamps},
        scratch::Scratch,
    },
    config::{Config, Publication},
    mcp,
    plugin::Plugin,
    registry::{LoadEvent, Loading, Reader, folder},
};

/// The time that a client's first list of tools waits for the first build.
const FIRST_BUILD_TIMEOUT: Duration = Duration::from_secs(5);

/// Loads and serves plugins on a simulated home, with or without an MCP client.
pub(super) struct DevServer {
    home: Home,
    /// The user's plugins folder.
    pub(super) folder: PathBuf,
    /// The user's plugins, which are served beside the project's.
    pub(super) others: Vec<Other>,
    calls: Calls,
    /// Reads the registry for clients, whose first list waits for the first build.
    reader: Reader,
    loader_reader: Reader,
    events: mpsc::UnboundedReceiver<LoadEvent>,
    first_build: watch::Sender<bool>,
    loading: JoinHandle<()>,
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
    /// Opens a home, copies the user's plugins into the scratch folder and starts the loader. For clients, `project` is
    /// loading until its first build.
    pub(super) async fn open(mut config: Config, project: Arc<str>) -> anyhow::Result<Self> {
        if !config.plugins_dir.is_dir()
            && let Some(folder) = demo::bundled_plugins()
        {
            config.plugins_dir = folder;
        }
        // Neither a pin in the configuration nor an approval holds back what an author builds.
        config.plugins.values_mut().for_each(|plugin| plugin.pin = None);
        config.file = None;
        let (home, folder) = (Home::open().await?, config.plugins_dir.clone());
        let others = copy_others(&folder, &home.scratch)?;
        let mut host = Host::assemble(config, Some(home.bridge.clone()), Ok(home.storage()?))?;
        let (sender, events) = mpsc::unbounded_channel();
        host.loader.dir = home.scratch.plugins();
        host.loader.approvals = Approvals::new(&home.scratch.file("state"));
        host.loader.events = Some(sender);
        let first_build = watch::Sender::new(false);
        tokio::spawn(time_out_first_build(first_build.clone()));
        let loader_reader = host.reader.clone();
        let (sender, loading) = watch::channel(Loading::default());
        tokio::spawn(add_first_build(host.reader.loading(), first_build.subscribe(), project, sender));
        host.reader = host.reader.with_loading(loading);
        let (calls, reader, stop_loading) = (host.calls(), host.reader, CancellationToken::new());
        let loading = tokio::spawn(host.loader.run(stop_loading.clone()));
        Ok(Self { home, folder, others, calls, reader, loader_reader, events, first_build, loading, stop_loading })
    }

    /// Serves an MCP client on stdin and stdout, which cancels `stop` when it goes away.
    pub(super) fn serve(&self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let (calls, reader) = (self.calls.clone(), self.reader.clone());
        async move {
            let served = mcp::serve_stdio(calls, reader, Publication::Declared, stop.clone()).await;
            stop.cancel();
            served
        }
    }

    /// Waits until the user's plugins are loaded or refused.
    pub(super) async fn load_others(&mut self) {
        self.loader_reader.wait_start().await;
        let snapshot = self.reader.snapshot();
        for other in self.others.iter_mut().filter(|other| other.refused.is_none()) {
            other.refused = snapshot.plugins.get(&other.name).and_then(|entry| entry.refused.clone());
        }
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
        let plugin = if let Some(plugin) = before.as_ref().filter(is_unchanged) {
            plugin.clone()
        } else {
            // Events of earlier versions are in the channel.
            while self.events.try_recv().is_ok() {}
            self.home.scratch.put_plugin(format!("{name}.wasm"), bytes)?;
            self.outcome(name, digest).await?
        };
        self.first_build.send_replace(true);
        let changes = |old: Arc<Plugin>| {
            approval::differences(&approval::plugin_surface(&old), &approval::plugin_surface(&plugin))
        };
        Ok(Served {
            bytes: bytes.len(),
            took: began.elapsed(),
            changes: before.map(changes),
            findings: check::findings::of_plugin(&plugin).await,
            to_grant: check::to_grant(&plugin),
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
        let duration = began.elapsed();
        let changed = before.iter().zip(self.home.simulator.resources("light")).filter_map(|(before, after)| {
            let (was, is) = (lamps::state(before), lamps::state(&after));
            (was != is).then(|| format!("{}: {was} → {is}", lamps::name(&after)))
        });
        TrialOutcome { took: duration, is_cancelled: cancelled.is_cancelled(), result, lamps: changed.collect() }
    }

    /// Stops the loader, which lets every plugin end, and closes the home.
    pub(super) async fn close(self) {
        self.stop_loading.cancel();
        // An error is a panic, which the log has.
        let _ = self.loading.await;
        self.home.close().await;
    }
}

/// Copies the user's plugins into the scratch folder.
fn copy_others(folder: &Path, scratch: &Scratch) -> anyhow::Result<Vec<Other>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let found =
        folder::list_files(folder).with_context(|| format!("cannot read the plugins folder {}", folder.display()))?;
    let others = found.into_iter().map(|(name, file)| {
        let copied = file.stamp.map_err(anyhow::Error::from).and_then(|_| scratch.copy_plugin(&file.path));
        Other { name, refused: copied.err().map(|error| format!("{error:#}")) }
    });
    Ok(others.collect())
}

/// Tells clients which plugins are loading: those of the loader, and the project until its first build.
async fn add_first_build(
    mut loader: watch::Receiver<Loading>,
    mut first_build: watch::Receiver<bool>,
    project: Arc<str>,
    clients: watch::Sender<Loading>,
) {
    loop {
        let loading = loader.borrow_and_update().clone();
        let is_built = *first_build.borrow_and_update();
        clients.send_replace(if is_built { loading } else { loading.awaiting(project.clone()) });
        let changed = tokio::select! {
            changed = loader.changed() => changed,
            changed = first_build.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Lets clients list the tools without those of the project if its first build takes too long.
async fn time_out_first_build(first_build: watch::Sender<bool>) {
    sleep(FIRST_BUILD_TIMEOUT).await;
    first_build.send_replace(true);
}
