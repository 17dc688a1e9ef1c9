//! What a project's component is put into: a registry with the other plugins, a simulated home, and calls.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::super::{call, check, home::Home};
use super::page::Page;
use crate::{
    approval,
    cli::demo::{self, lamps},
    config::Config,
    mcp,
    plugin::Plugin,
};

/// A client's first list of tools waits for a first build, but no longer than this.
const FIRST_LIST: Duration = Duration::from_secs(5);
/// What is under way at the end may take this long.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// The server without a client, and the home.
pub(super) struct Stage {
    home: Home,
    /// Versions that were replaced, and end after their last call.
    retired: TaskTracker,
}

/// A component that is served now.
pub(super) struct Put {
    pub(super) plugin: Arc<Plugin>,
    pub(super) bytes: usize,
    pub(super) took: Duration,
    /// What is new of its tools and imports; `None` if nothing was served before.
    pub(super) news: Option<Vec<String>>,
    pub(super) findings: check::findings::Findings,
    /// What to change in config.toml for what it would need to be granted.
    pub(super) to_grant: Vec<String>,
}

/// What became of a call.
pub(super) struct Tried {
    pub(super) took: Duration,
    /// It was told to end.
    pub(super) is_cut_short: bool,
    /// What it answered, and whether that is an error; or why it could not be called.
    pub(super) answer: Result<(String, bool), String>,
    /// A line for each lamp that is not as it was.
    pub(super) lamps: Vec<String>,
}

impl Stage {
    /// A home, and nothing that is served.
    pub(super) async fn open(mut config: Config) -> anyhow::Result<Self> {
        if !config.plugins_dir.is_dir()
            && let Some(folder) = demo::beside()
        {
            config.plugins_dir = folder;
        }
        let home = Home::open(config).await?;
        home.inspector.writer.end_first_load_within(FIRST_LIST);
        Ok(Self { home, retired: TaskTracker::new() })
    }

    /// Serves an MCP client on stdin and stdout, which ends everything when it goes.
    pub(super) fn serve(&self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let calls = self.home.calls();
        let reader = self.home.inspector.reader.clone();
        async move {
            let served = mcp::serve_stdio(calls, reader, stop.clone()).await;
            stop.cancel();
            served
        }
    }

    /// Lets the other plugins in, and answers their names.
    pub(super) async fn furnish(&self, page: &Page) -> anyhow::Result<Vec<Arc<str>>> {
        let mut beside = Vec::new();
        for file in self.home.inspector.installed().await? {
            let served = match &file.plugin {
                Ok(plugin) => self.let_in(plugin).await.map(drop),
                Err(reason) => Err(reason.clone()),
            };
            match served {
                Ok(()) => beside.push(file.name),
                Err(reason) => page.absent(&file.name, &reason),
            }
        }
        Ok(beside)
    }

    /// The folder of the other plugins.
    pub(super) fn folder(&self) -> PathBuf {
        self.home.inspector.config.plugins_dir.clone()
    }

    /// How many lamps there are.
    pub(super) fn lamps(&self) -> usize {
        self.home.simulator.resources("light").len()
    }

    /// Loads bytes and serves them in the place of what was served under this name.
    ///
    /// # Errors
    /// Why they are refused; what was served goes on.
    pub(super) async fn put(&self, name: &str, bytes: Arc<[u8]>) -> Result<Put, String> {
        let (began, size) = (Instant::now(), bytes.len());
        let plugin = self.home.inspector.load(name, bytes).await.map_err(|error| error.to_string())?;
        let old = self.let_in(&plugin).await?;
        self.home.inspector.writer.end_first_load_within(Duration::ZERO);
        let news = |old: Arc<Plugin>| {
            approval::differences(&approval::plugin_surface(&old), &approval::plugin_surface(&plugin))
        };
        Ok(Put {
            bytes: size,
            took: began.elapsed(),
            news: old.map(news),
            findings: check::findings::of_plugin(&plugin),
            to_grant: check::imports(&plugin).into_iter().filter_map(|import| import.to_grant).collect(),
            plugin,
        })
    }

    /// Starts a plugin and publishes it; the version before, if there was one, ends after its last call.
    async fn let_in(&self, plugin: &Arc<Plugin>) -> Result<Option<Arc<Plugin>>, String> {
        self.home.inspector.reader.snapshot().check_names(plugin).map_err(|conflict| conflict.to_string())?;
        plugin.start().await.map_err(|error| error.to_string())?;
        let old = self.home.inspector.writer.publish(plugin).map_err(|conflict| conflict.to_string())?;
        if let Some(old) = old.clone() {
            self.retired.spawn(async move { old.stop().await });
        }
        Ok(old)
    }

    /// Calls a tool as a client would.
    pub(super) async fn call(&self, tool: &str, arguments: &Map<String, Value>, cancelled: CancellationToken) -> Tried {
        let (began, before) = (Instant::now(), self.home.simulator.resources("light"));
        let answer = call::call(self.home.calls(), tool, arguments.clone(), cancelled.clone()).await;
        let elapsed = began.elapsed();
        let changed = before.iter().zip(self.home.simulator.resources("light")).filter_map(|(before, after)| {
            let (was, is) = (lamps::state(before), lamps::state(&after));
            (was != is).then(|| format!("{}: {was} → {is}", lamps::name(&after)))
        });
        Tried {
            took: elapsed,
            is_cut_short: cancelled.is_cancelled(),
            answer: answer
                .map(|answer| (call::result_text(&answer), answer.is_error))
                .map_err(|unknown| unknown.to_string()),
            lamps: changed.collect(),
        }
    }

    /// Lets every plugin end, and the home.
    pub(super) async fn close(self) {
        for entry in self.home.inspector.reader.snapshot().plugins.values() {
            if let Some(plugin) = entry.serving.clone() {
                self.retired.spawn(async move { plugin.stop().await });
            }
        }
        self.retired.close();
        // What does not end in time ends with the process.
        let _ = tokio::time::timeout(STOP_WITHIN, self.retired.wait()).await;
        self.home.close().await;
    }
}
