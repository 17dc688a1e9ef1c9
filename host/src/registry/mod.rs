//! Which plugins there are, and which tools: one value that is replaced as a whole.
//!
//! [`reload`] is the only writer; everybody else reads a [`Snapshot`]. A call keeps the snapshot's plugin it began on.

pub(crate) mod folder;
mod job;
pub(crate) mod reload;
mod watch;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;

use crate::plugin::{Plugin, Tool};

/// Who comes first at start, when names collide.
const FIRST_PARTY: [&str; 4] = ["lights", "rooms", "scenes", "health"];

/// The order in which plugins are let in at start: first-party, then by name.
pub(crate) fn rank(plugin: &Arc<str>) -> (usize, Arc<str>) {
    let place = FIRST_PARTY.iter().position(|name| **name == **plugin);
    (place.unwrap_or(FIRST_PARTY.len()), plugin.clone())
}

/// All plugins and tools at one moment. Consistent: each tool's plugin is in `plugins` and serves it.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    /// Grows when the list of tools, or what serves them, changes.
    pub(crate) generation: u64,
    /// By file name without `.wasm`: the loaded and the refused.
    pub(crate) plugins: BTreeMap<Arc<str>, Entry>,
    /// By name: MCP asks for a deterministic order.
    pub(crate) tools: BTreeMap<String, (Arc<Plugin>, Arc<Tool>)>,
}

/// One file in the plugins folder.
#[derive(Clone, Default)]
pub(crate) struct Entry {
    /// What is served; none if no version of it was ever good.
    pub(crate) serving: Option<Arc<Plugin>>,
    /// Why the file's present bytes are not what is served.
    pub(crate) refused: Option<String>,
    /// Why the file's present bytes wait for the operator's approval: what is new.
    pub(crate) held: Option<String>,
    /// Bytes of it are being compiled.
    pub(crate) loading: bool,
}

/// Reads the present snapshot. Cheap to clone, and to ask.
#[derive(Clone)]
pub(crate) struct Reader {
    current: Arc<ArcSwap<Snapshot>>,
    generation: tokio::sync::watch::Receiver<u64>,
    settled: tokio::sync::watch::Receiver<bool>,
}

impl Reader {
    /// The plugins and tools as they are now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Tells of each new generation.
    pub(crate) fn generations(&self) -> tokio::sync::watch::Receiver<u64> {
        self.generation.clone()
    }

    /// Waits until every plugin that was there at start is loaded or refused, or until it took too long: many clients
    /// ask for the tools once and never again.
    pub(crate) async fn settled(&self) {
        let mut settled = self.settled.clone();
        // An error means that the writer is gone, which settles it too.
        let _ = settled.wait_for(|settled| *settled).await;
    }
}

/// The writing end. Not `Clone`: [`reload`] owns the only one.
pub(crate) struct Writer {
    current: Arc<ArcSwap<Snapshot>>,
    generation: tokio::sync::watch::Sender<u64>,
    settled: tokio::sync::watch::Sender<bool>,
}

/// An empty registry.
pub(crate) fn new() -> (Writer, Reader) {
    let current = Arc::new(ArcSwap::default());
    let (generation, generations) = tokio::sync::watch::channel(0);
    let (settled, is_settled) = tokio::sync::watch::channel(false);
    (
        Writer { current: current.clone(), generation, settled },
        Reader { current, generation: generations, settled: is_settled },
    )
}

impl Writer {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Changes what is known of a file; what is served stays.
    fn note(&self, name: &Arc<str>, change: impl FnOnce(&mut Entry)) {
        let mut next = Snapshot::clone(&self.snapshot());
        let entry = next.plugins.entry(name.clone()).or_default();
        change(entry);
        self.current.store(Arc::new(next));
    }

    fn serving(&self, name: &str) -> Option<Arc<Plugin>> {
        self.snapshot().plugins.get(name).and_then(|entry| entry.serving.clone())
    }

    /// Serves a plugin in place of what served under its name, if none of its tools belongs to another.
    ///
    /// # Errors
    /// Which tool collides with which plugin's.
    fn publish(&self, plugin: &Arc<Plugin>) -> Result<Option<Arc<Plugin>>, String> {
        let present = self.snapshot();
        present.admits(plugin)?;
        let mut next = Snapshot::clone(&present);
        let entry = next.plugins.entry(plugin.name.clone()).or_default();
        let old = entry.serving.replace(plugin.clone());
        *entry = Entry { serving: entry.serving.take(), held: entry.held.take(), ..Entry::default() };
        self.replace(next);
        Ok(old)
    }

    /// Serves nothing under this name any more.
    fn withdraw(&self, name: &str) -> Option<Arc<Plugin>> {
        let mut next = Snapshot::clone(&self.snapshot());
        let old = next.plugins.remove(name).and_then(|entry| entry.serving);
        if old.is_some() {
            self.replace(next);
        } else {
            self.current.store(Arc::new(next));
        }
        old
    }

    fn replace(&self, mut next: Snapshot) {
        next.generation += 1;
        next.tools = next.index();
        let generation = next.generation;
        self.current.store(Arc::new(next));
        self.generation.send_replace(generation);
    }

    /// Serves a plugin that [`Snapshot::admits`]; for those who look at plugins without keeping a registry.
    pub(crate) fn serve(&self, plugin: &Arc<Plugin>) {
        // What is admitted is published.
        let _ = self.publish(plugin);
        self.settle();
    }

    fn settle(&self) {
        self.settled.send_replace(true);
    }
}

impl Snapshot {
    /// Whether the plugin's tools are free, or its own.
    ///
    /// # Errors
    /// The first tool that is not.
    pub(crate) fn admits(&self, plugin: &Plugin) -> Result<(), String> {
        for tool in &plugin.tools {
            if tool.name.starts_with("hue_") && !plugin.config.grants.hue_names() {
                return Err(format!(
                    "tool {:?}: names that begin with hue_ belong to the plugins lights, rooms, scenes and health; \
                     to allow it, add to config.toml:\n[plugins.{}]\nhue_names = true",
                    tool.name, plugin.name
                ));
            }
            if let Some((owner, _)) = self.tools.get(&tool.name) {
                plugin.keeps_clear_of(owner)?;
            }
        }
        Ok(())
    }

    fn index(&self) -> BTreeMap<String, (Arc<Plugin>, Arc<Tool>)> {
        let serving = self.plugins.values().filter_map(|entry| entry.serving.as_ref());
        serving
            .flat_map(|plugin| plugin.tools.iter().map(|tool| (tool.name.clone(), (plugin.clone(), tool.clone()))))
            .collect()
    }
}
