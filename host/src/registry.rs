//! Which plugins there are, and what they offer: one value that is replaced as a whole.
//!
//! [`reload`] is the only writer; everybody else reads a [`Snapshot`]. A call keeps the snapshot's plugin it began on.

pub(crate) mod folder;
mod job;
pub(crate) mod reload;
mod settings;
mod status;
pub(crate) mod watch;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;

use crate::plugin::{self, Plugin, Prompt, Resource, Tool, Variables};

pub(crate) use status::StatusReporter;

/// The plugins that come with the host: they come first at start, when names collide.
pub(crate) const FIRST_PARTY: [&str; 4] = ["lights", "rooms", "scenes", "health"];

/// The order in which plugins are let in at start: first-party, then by name.
pub(crate) fn rank(plugin: &Arc<str>) -> (usize, Arc<str>) {
    let place = FIRST_PARTY.iter().position(|name| **name == **plugin);
    (place.unwrap_or(FIRST_PARTY.len()), plugin.clone())
}

/// All plugins and what they offer at one moment. Consistent: who serves something is in `plugins`.
#[derive(Clone, Default)]
pub(crate) struct Snapshot {
    /// Grows when what is served, or what serves it, changes.
    pub(crate) generation: u64,
    /// When each kind changed last.
    changes: Changes,
    /// By file name without `.wasm`: the loaded and the refused.
    pub(crate) plugins: BTreeMap<Arc<str>, Entry>,
    /// By name: MCP asks for a deterministic order.
    pub(crate) tools: Served<Tool>,
    pub(crate) prompts: Served<Prompt>,
    /// By URI: those that are no templates.
    pub(crate) resources: Served<Resource>,
    /// By the template of their URIs.
    pub(crate) templates: Served<Resource>,
}

/// What is served, by the name that clients know it by, and by whom.
pub(crate) type Served<T> = BTreeMap<String, (Arc<Plugin>, Arc<T>)>;

/// A resource that is to be read, and the values of its variables.
pub(crate) struct Reading {
    pub(crate) resource: Arc<Resource>,
    pub(crate) variables: Variables,
}

/// The generations in which what is served of each kind, or what serves it, changed last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) tools: u64,
    pub(crate) prompts: u64,
    pub(crate) resources: u64,
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
    changes: tokio::sync::watch::Receiver<Changes>,
    settled: tokio::sync::watch::Receiver<bool>,
}

impl Reader {
    /// The plugins and tools as they are now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Tells of each change.
    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<Changes> {
        self.changes.clone()
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
    changes: tokio::sync::watch::Sender<Changes>,
    settled: tokio::sync::watch::Sender<bool>,
}

/// An empty registry.
pub(crate) fn new() -> (Writer, Reader) {
    let current = Arc::new(ArcSwap::default());
    let (changes, seen) = tokio::sync::watch::channel(Changes::default());
    let (settled, is_settled) = tokio::sync::watch::channel(false);
    (Writer { current: current.clone(), changes, settled }, Reader { current, changes: seen, settled: is_settled })
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

    /// Serves a plugin in place of what served under its name, if none of its names belongs to another.
    ///
    /// # Errors
    /// Which name collides with which plugin's.
    pub(crate) fn publish(&self, plugin: &Arc<Plugin>) -> Result<Option<Arc<Plugin>>, String> {
        let present = self.snapshot();
        present.admits(plugin)?;
        let mut next = Snapshot::clone(&present);
        let entry = next.plugins.entry(plugin.name.clone()).or_default();
        let old = entry.serving.replace(plugin.clone());
        *entry = Entry { serving: entry.serving.take(), held: entry.held.take(), ..Entry::default() };
        self.replace(next, [Some(plugin), old.as_ref()]);
        Ok(old)
    }

    /// Serves nothing under this name any more.
    fn withdraw(&self, name: &str) -> Option<Arc<Plugin>> {
        let mut next = Snapshot::clone(&self.snapshot());
        let old = next.plugins.remove(name).and_then(|entry| entry.serving);
        if old.is_some() {
            self.replace(next, [old.as_ref(), None]);
        } else {
            self.current.store(Arc::new(next));
        }
        old
    }

    /// Serves nothing of a file that is still there.
    fn stop_serving(&self, name: &str) -> Option<Arc<Plugin>> {
        let mut next = Snapshot::clone(&self.snapshot());
        let old = next.plugins.get_mut(name).and_then(|entry| entry.serving.take())?;
        self.replace(next, [Some(&old), None]);
        Some(old)
    }

    /// A new generation, in which these plugins came and went.
    fn replace(&self, mut next: Snapshot, touched: [Option<&Arc<Plugin>>; 2]) {
        next.generation += 1;
        for plugin in touched.into_iter().flatten() {
            next.changes.note(plugin, next.generation);
        }
        next.index();
        let changes = next.changes;
        self.current.store(Arc::new(next));
        self.changes.send_replace(changes);
    }

    /// Serves a plugin that [`Snapshot::admits`]; for those who look at plugins without keeping a registry.
    pub(crate) fn serve(&self, plugin: &Arc<Plugin>) {
        // What is admitted is published.
        let _ = self.publish(plugin);
        self.settle();
    }

    /// Lets the first list of tools wait no longer than this for what is still to come.
    pub(crate) fn settle_within(&self, wait: std::time::Duration) {
        let settled = self.settled.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            settled.send_replace(true);
        });
    }

    fn settle(&self) {
        self.settled.send_replace(true);
    }
}

impl Changes {
    fn note(&mut self, plugin: &Plugin, generation: u64) {
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
    /// Whether the names of the plugin's tools and prompts are free, or its own.
    ///
    /// # Errors
    /// The first that is not.
    pub(crate) fn admits(&self, plugin: &Plugin) -> Result<(), String> {
        let reserved = plugin.catalog.names().find(|(_, name)| name.starts_with("hue_"));
        if let Some((kind, name)) = reserved.filter(|_| !plugin.config.grants.hue_names()) {
            return Err(format!(
                "{kind} {name:?}: names that begin with hue_ belong to the plugins lights, rooms, scenes and health; \
                 to allow it, add to config.toml:\n[plugins.{}]\nhue_names = true",
                plugin.name
            ));
        }
        let tools = plugin.catalog.tools.iter().filter_map(|tool| Some(&self.tools.get(&tool.name)?.0));
        let prompts = plugin.catalog.prompts.iter().filter_map(|prompt| Some(&self.prompts.get(&prompt.name)?.0));
        tools.chain(prompts).try_for_each(|owner| plugin.check_collisions(owner)).map_err(|error| error.to_string())
    }

    /// The resource of a URI: who reads it, what it is in the plugin's list, and the values of its variables.
    pub(crate) fn resource(&self, uri: &str) -> Option<(Arc<Plugin>, Reading)> {
        let (name, path) = plugin::parse_uri(uri)?;
        let plugin = self.plugins.get(name)?.serving.as_ref()?;
        // What is listed as it is comes before what fits a template.
        let (templates, listed): (Vec<_>, Vec<_>) = plugin.catalog.resources.iter().partition(|it| it.is_template());
        let found = listed
            .into_iter()
            .chain(templates)
            .find_map(|it| Some(Reading { resource: it.clone(), variables: it.match_path(path)? }))?;
        Some((plugin.clone(), found))
    }

    fn index(&mut self) {
        let serving: Vec<_> = self.plugins.values().filter_map(|entry| entry.serving.clone()).collect();
        self.tools = served(&serving, |plugin| by(&plugin.catalog.tools, |tool| tool.name.clone()));
        self.prompts = served(&serving, |plugin| by(&plugin.catalog.prompts, |prompt| prompt.name.clone()));
        let all = served(&serving, |plugin| by(&plugin.catalog.resources, |resource| resource.uri(&plugin.name)));
        (self.templates, self.resources) = all.into_iter().partition(|(_, (_, resource))| resource.is_template());
    }
}

fn served<T>(plugins: &[Arc<Plugin>], items: impl Fn(&Plugin) -> Vec<(String, Arc<T>)>) -> Served<T> {
    let of_one = |plugin: &Arc<Plugin>| {
        let plugin = plugin.clone();
        items(&plugin).into_iter().map(move |(name, item)| (name, (plugin.clone(), item)))
    };
    plugins.iter().flat_map(of_one).collect()
}

fn by<T>(items: &[Arc<T>], name: impl Fn(&T) -> String) -> Vec<(String, Arc<T>)> {
    items.iter().map(|item| (name(item), item.clone())).collect()
}
