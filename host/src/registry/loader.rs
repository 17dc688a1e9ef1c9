//! The loader: an actor that keeps the registry in step with the plugins folder.
//!
//! Each file of the folder has a state ([`file::FileState`]). [`scan`] looks at the folder and decides what is due,
//! [`load`] runs jobs that read and check one file each ([`job`]), and [`publish`] admits good plugins to the registry.
//! A file that fails changes nothing but its own entry. Each name has at most one job; different names load in parallel.

mod file;
mod job;
mod load;
mod publish;
mod scan;
mod start;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    LoadEvent, Writer, admission_rank, folder::SETTLE_DELAY, is_first_party, loading::Loading, settings::Settings,
    watch::FolderWatcher,
};
use crate::{
    approval::Approvals,
    capability::Services,
    config::Config,
    plugin::{Engine, Plugin},
};
use file::{File, FileState};
use job::JobDone;
use start::Start;

/// At shutdown, all plugins together have this long to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// The parts that the loader works with.
pub(crate) struct Loader {
    /// The folder that is watched for plugins.
    pub(crate) dir: PathBuf,
    pub(crate) engine: Engine,
    pub(crate) config: Arc<Config>,
    pub(crate) services: Arc<Services>,
    pub(crate) writer: Writer,
    pub(crate) approvals: Approvals,
    /// Receives what becomes of each file, if an observer wants it.
    pub(crate) events: Option<mpsc::UnboundedSender<LoadEvent>>,
}

/// The loader while it runs.
struct Running {
    loader: Loader,
    settings: Settings,
    watcher: FolderWatcher,
    /// Holds the files of the folder, keyed by their names without `.wasm`.
    files: BTreeMap<Arc<str>, File>,
    start: Start,
    jobs: JoinSet<JobDone>,
    /// Replaced and removed plugins that end after their last call.
    retired: TaskTracker,
    next_scan: Instant,
}

impl Loader {
    /// Keeps the registry in step with the folder until `shutdown`, then lets plugins stop.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut running = Running {
            settings: Settings::new(self.config.clone()),
            watcher: FolderWatcher::new(),
            loader: self,
            files: BTreeMap::new(),
            start: Start::new(Instant::now()),
            jobs: JoinSet::new(),
            retired: TaskTracker::new(),
            next_scan: Instant::now(),
        };
        running.scan().await;
        running.start.begin(running.files.keys().cloned());
        running.serve(shutdown).await;
        running.stop().await;
    }
}

impl Running {
    async fn serve(&mut self, shutdown: CancellationToken) {
        loop {
            self.advance_start(Instant::now());
            let wake = self.start.deadline().map_or(self.next_scan, |deadline| self.next_scan.min(deadline));
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(done) = self.jobs.join_next() => self.on_job_done(done),
                () = self.watcher.changed() => self.scan_within(SETTLE_DELAY),
                () = sleep_until(wake) => self.scan().await,
            }
        }
    }

    /// Admits the plugins of the start whose turn it is, and says which plugins are loading.
    fn advance_start(&mut self, now: Instant) {
        if self.start.is_ordered() {
            self.admit_in_order();
            if self.start.is_listable(now, &self.loading()) {
                self.admit_loaded();
            }
        }
        let loading = self.loading();
        let is_late = self.start.advance(now, &loading, self.loader.writer.snapshot().changes);
        let plugins = loading.into_iter().map(|plugin| {
            let has_hue_names = self.settings.plugin(&plugin).grants.hue_names();
            (plugin, has_hue_names)
        });
        let loading = Loading::new(self.start.phase(), plugins);
        if is_late {
            tracing::warn!(target: "lamplighter::registry", plugins = %loading, "plugins are still loading, the start takes long");
        }
        self.loader.writer.set_loading(loading);
    }

    /// Returns the plugins whose present bytes are neither served nor refused yet.
    fn loading(&self) -> BTreeSet<Arc<str>> {
        let loading = self.files.iter().filter(|(name, file)| {
            // A slow machine may keep a plugin from describing itself in time.
            let is_tried_again = || is_first_party(name) && self.start.is_pending(name) && file.awaits_first_retry();
            file.state.is_loading() || is_tried_again()
        });
        loading.map(|(name, _)| name.clone()).collect()
    }

    /// Admits the loaded plugins that no unread one precedes: first-party plugins, then the others by name.
    fn admit_in_order(&mut self) {
        let unread = self.files.iter().filter(|(_, file)| file.state.is_unread()).map(|(name, _)| admission_rank(name));
        let first_unread = unread.min();
        let mut loaded = self.loaded();
        loaded.retain(|plugin| first_unread.as_ref().is_none_or(|unread| admission_rank(&plugin.name) < *unread));
        for plugin in loaded {
            self.admit(plugin);
        }
    }

    /// Admits all loaded plugins.
    fn admit_loaded(&mut self) {
        for plugin in self.loaded() {
            self.admit(plugin);
        }
    }

    /// Returns the plugins that wait for their turn, in its order.
    fn loaded(&self) -> Vec<Arc<Plugin>> {
        let loaded = self.files.values().filter_map(|file| match &file.state {
            FileState::Loaded(plugin) => Some(plugin.clone()),
            _ => None,
        });
        let mut loaded: Vec<_> = loaded.collect();
        loaded.sort_by_key(|plugin| admission_rank(&plugin.name));
        loaded
    }

    /// Tells the observer, if there is one.
    fn send_event(&self, event: LoadEvent) {
        if let Some(events) = &self.loader.events {
            // An error means that the observer is gone.
            let _ = events.send(event);
        }
    }

    async fn stop(self) {
        self.retired.close();
        for entry in self.loader.writer.snapshot().plugins.values() {
            if let Some(plugin) = entry.serving.clone() {
                self.retire(plugin);
            }
        }
        if timeout(STOP_TIMEOUT, self.retired.wait()).await.is_err() {
            tracing::warn!(target: "lamplighter::registry", "some plugins did not stop within {STOP_TIMEOUT:?}");
        }
    }
}
