//! The registry: which plugins there are and what they offer, as one value that is replaced as a whole.
//!
//! The [`Loader`] is the only writer; everything else reads a [`Snapshot`]. A call keeps the plugin of the snapshot that
//! it began with.

pub(crate) mod folder;
mod loader;
mod loading;
mod names;
mod settings;
mod status;
pub(crate) mod watch;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use tokio::sync::watch as channel;

use crate::{
    config::FIRST_PARTY,
    plugin::{self, Plugin, Prompt, Resource, Tool, Variables},
};

pub(crate) use loader::Loader;
pub(crate) use loading::{ItemName, Loading};
pub(crate) use names::NameConflict;
pub(crate) use status::StatusReporter;

/// The sort key of the order in which plugins are admitted at start: first-party plugins, then the others by name.
pub(crate) fn admission_rank(plugin: &Arc<str>) -> (usize, Arc<str>) {
    let position = FIRST_PARTY.iter().position(|name| **name == **plugin);
    (position.unwrap_or(FIRST_PARTY.len()), plugin.clone())
}

/// Returns whether a plugin of this name comes with the host.
fn is_first_party(plugin: &str) -> bool {
    FIRST_PARTY.contains(&plugin)
}

/// All plugins and what they offer at one moment.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    /// Grows whenever something that is served changes.
    pub(crate) generation: u64,
    changes: Changes,
    /// Holds all files of the plugins folder, keyed by their names without `.wasm`.
    pub(crate) plugins: BTreeMap<Arc<str>, PluginEntry>,
    /// Sorted by name, since MCP asks for a deterministic order.
    pub(crate) tools: Served<Tool>,
    pub(crate) prompts: Served<Prompt>,
    /// Holds the resources that are not templates, keyed by their URIs.
    pub(crate) resources: Served<Resource>,
    /// Holds the resource templates, keyed by their URI templates.
    pub(crate) templates: Served<Resource>,
}

/// Served items, each with its plugin, by the names that clients use.
pub(crate) type Served<T> = BTreeMap<String, (Arc<Plugin>, Arc<T>)>;

/// A resource that fits a URI, and the values of its template's variables.
pub(crate) struct ResourceMatch {
    pub(crate) resource: Arc<Resource>,
    pub(crate) variables: Variables,
}

/// The generations in which the served items of each kind, or their plugins, changed last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) tools: u64,
    pub(crate) prompts: u64,
    pub(crate) resources: u64,
}

/// Describes one file of the plugins folder.
#[derive(Clone, Default)]
pub(crate) struct PluginEntry {
    /// The plugin that is served; `None` if no version of it was ever good.
    pub(crate) serving: Option<Arc<Plugin>>,
    /// Why the file's present bytes are not served.
    pub(crate) refused: Option<String>,
    /// What is new in the file's present bytes, if they wait for the operator's approval.
    pub(crate) held: Option<String>,
}

/// What became of the bytes of one file, for an observer of the loader.
pub(crate) enum LoadEvent {
    Served(Arc<Plugin>),
    Refused {
        name: Arc<str>,
        /// The digest of the bytes; `None` if they could not be read.
        digest: Option<blake3::Hash>,
        reason: String,
    },
}

/// The reading end of the registry. Cheap to clone and to read.
#[derive(Clone)]
pub(crate) struct Reader {
    current: Arc<ArcSwap<Snapshot>>,
    changes: channel::Receiver<Changes>,
    loading: channel::Receiver<Loading>,
}

impl Reader {
    /// Returns the snapshot that holds now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Returns a reader of the same registry that takes the plugins that are loading from another channel.
    pub(crate) fn with_loading(self, loading: channel::Receiver<Loading>) -> Self {
        Self { loading, ..self }
    }

    /// Returns a channel that announces each change of what is served.
    pub(crate) fn changes(&self) -> channel::Receiver<Changes> {
        self.changes.clone()
    }

    /// Returns a channel that announces which plugins are loading.
    pub(crate) fn loading(&self) -> channel::Receiver<Loading> {
        self.loading.clone()
    }

    /// Waits until lists may be answered, and returns what is still loading. Many clients list the tools once and never
    /// again, so that first-party plugins are waited for, and the others for some seconds.
    pub(crate) async fn wait_listable(&self) -> Loading {
        self.wait_loading(Loading::is_listable).await
    }

    /// Waits until every plugin that was there at start is loaded or refused. Returns the changes that every list has
    /// seen.
    pub(crate) async fn wait_start(&self) -> Changes {
        self.wait_loading(Loading::is_start_over).await.phase.listed().unwrap_or_default()
    }

    /// Waits until `is_reached`. The end of the writer ends every load.
    pub(crate) async fn wait_loading(&self, is_reached: impl Fn(&Loading) -> bool) -> Loading {
        let mut loading = self.loading.clone();
        let reached = loading.wait_for(|loading| is_reached(loading)).await.map(|loading| loading.clone());
        reached.unwrap_or_else(|_| Loading::over(*self.changes.borrow()))
    }

    /// Finds an item. Waits for it as long as a plugin that is loading may bring it.
    ///
    /// # Errors
    /// The plugins that are loading, none of which can bring it.
    pub(crate) async fn find<T>(&self, item: ItemName<'_>, look_up: impl Fn() -> Option<T>) -> Result<T, Loading> {
        let mut loading = self.loading.clone();
        loop {
            // Read before the snapshot: a plugin is served before it counts as loaded.
            let now = loading.borrow_and_update().clone();
            if let Some(found) = look_up() {
                return Ok(found);
            }
            if !now.may_bring(item) || loading.changed().await.is_err() {
                return Err(now);
            }
        }
    }
}

/// The writing end of the registry. Not `Clone`: there is one writer.
pub(crate) struct Writer {
    current: Arc<ArcSwap<Snapshot>>,
    changes: channel::Sender<Changes>,
    loading: channel::Sender<Loading>,
}

/// Makes an empty registry.
pub(crate) fn new() -> (Writer, Reader) {
    let current = Arc::new(ArcSwap::default());
    let (changes, seen_changes) = channel::channel(Changes::default());
    let (loading, seen_loading) = channel::channel(Loading::default());
    let reader = Reader { current: current.clone(), changes: seen_changes, loading: seen_loading };
    (Writer { current, changes, loading }, reader)
}

impl Writer {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Changes what is known of a file, or adds it. What is served stays.
    fn update_entry(&self, name: &Arc<str>, change: impl FnOnce(&mut PluginEntry)) {
        let mut next = Snapshot::clone(&self.snapshot());
        change(next.plugins.entry(name.clone()).or_default());
        self.replace(next, [None, None]);
    }

    fn serving(&self, name: &str) -> Option<Arc<Plugin>> {
        self.snapshot().plugins.get(name).and_then(|entry| entry.serving.clone())
    }

    /// Serves a plugin and returns the version that it replaces.
    ///
    /// # Errors
    /// The name that belongs to another plugin.
    pub(crate) fn publish(&self, plugin: &Arc<Plugin>) -> Result<Option<Arc<Plugin>>, NameConflict> {
        let mut next = Snapshot::clone(&self.snapshot());
        next.check_names(plugin)?;
        let entry = next.plugins.entry(plugin.name.clone()).or_default();
        entry.refused = None;
        let old = entry.serving.replace(plugin.clone());
        self.replace(next, [Some(plugin), old.as_ref()]);
        Ok(old)
    }

    /// Removes a file, and returns the plugin that was served of it.
    fn withdraw(&self, name: &str) -> Option<Arc<Plugin>> {
        let mut next = Snapshot::clone(&self.snapshot());
        let old = next.plugins.remove(name).and_then(|entry| entry.serving);
        self.replace(next, [old.as_ref(), None]);
        old
    }

    /// Stops serving a plugin whose file is still there, and returns it.
    fn stop_serving(&self, name: &str) -> Option<Arc<Plugin>> {
        let mut next = Snapshot::clone(&self.snapshot());
        let old = next.plugins.get_mut(name).and_then(|entry| entry.serving.take())?;
        self.replace(next, [Some(&old), None]);
        Some(old)
    }

    /// Stores a snapshot. It is a new generation if plugins came or went.
    fn replace(&self, mut next: Snapshot, affected: [Option<&Arc<Plugin>>; 2]) {
        let plugins: Vec<_> = affected.into_iter().flatten().collect();
        if !plugins.is_empty() {
            next.generation += 1;
            for plugin in plugins {
                next.changes.record(plugin, next.generation);
            }
            next.index();
        }
        let changes = next.changes;
        self.current.store(Arc::new(next));
        self.changes.send_if_modified(|last| std::mem::replace(last, changes) != changes);
    }

    /// Says which plugins are loading.
    pub(crate) fn set_loading(&self, loading: Loading) {
        self.loading.send_if_modified(|last| {
            let is_changed = *last != loading;
            *last = loading;
            is_changed
        });
    }

    /// Says that nothing is loading: the plugins that are served are all that will be.
    pub(crate) fn end_start(&self) {
        let listed = self.loading.borrow().phase.listed();
        self.set_loading(Loading::over(listed.unwrap_or_else(|| self.snapshot().changes)));
    }
}

impl Changes {
    fn record(&mut self, plugin: &Plugin, generation: u64) {
        let catalog = &plugin.catalog;
        let kinds = [
            (&mut self.tools, catalog.tools.is_empty()),
            (&mut self.prompts, catalog.prompts.is_empty()),
            (&mut self.resources, catalog.resources.is_empty()),
        ];
        for (kind, _) in kinds.into_iter().filter(|(_, is_empty)| !is_empty) {
            *kind = generation;
        }
    }
}

impl Snapshot {
    /// Finds the resource of a URI and its plugin. A resource that is listed as it is wins over a template that fits.
    pub(crate) fn resource(&self, uri: &str) -> Option<(Arc<Plugin>, ResourceMatch)> {
        let (name, path) = plugin::parse_uri(uri)?;
        let plugin = self.plugins.get(name)?.serving.as_ref()?;
        let (templates, listed): (Vec<_>, Vec<_>) = plugin.catalog.resources.iter().partition(|it| it.is_template());
        let found = listed
            .into_iter()
            .chain(templates)
            .find_map(|it| Some(ResourceMatch { resource: it.clone(), variables: it.match_path(path)? }))?;
        Some((plugin.clone(), found))
    }

    fn index(&mut self) {
        let serving: Vec<_> = self.plugins.values().filter_map(|entry| entry.serving.clone()).collect();
        self.tools = index(&serving, |plugin| &plugin.catalog.tools, |_, tool| tool.name.clone());
        self.prompts = index(&serving, |plugin| &plugin.catalog.prompts, |_, prompt| prompt.name.clone());
        let all = index(&serving, |plugin| &plugin.catalog.resources, |plugin, it| it.uri(&plugin.name));
        (self.templates, self.resources) = all.into_iter().partition(|(_, (_, resource))| resource.is_template());
    }
}

fn index<T>(
    plugins: &[Arc<Plugin>],
    items: impl Fn(&Plugin) -> &Vec<Arc<T>>,
    name: impl Fn(&Plugin, &T) -> String,
) -> Served<T> {
    let pairs = plugins.iter().flat_map(|plugin| items(plugin).iter().map(move |item| (plugin, item)));
    pairs.map(|(plugin, item)| (name(plugin, item), (plugin.clone(), item.clone()))).collect()
}
