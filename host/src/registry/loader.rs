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

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{LoadEvent, Writer, folder::SETTLE_DELAY, settings::Settings, watch::FolderWatcher};
use crate::{approval::Approvals, capability::Services, config::Config, plugin::Engine};
use file::{File, FileState};
use job::JobDone;

/// The first list of tools waits this long for the plugins that were there at start.
const FIRST_LOAD_TIMEOUT: Duration = Duration::from_secs(5);
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
    first_load: FirstLoad,
    jobs: JoinSet<JobDone>,
    /// Replaced and removed plugins that end after their last call.
    retired: TaskTracker,
    next_scan: Instant,
}

/// The load of the files that were there at start. They load in parallel and are admitted in a fixed order, so that
/// chance does not decide who gets a name.
#[derive(PartialEq)]
enum FirstLoad {
    /// Files are loading.
    Loading,
    /// All are admitted; some still start.
    Starting,
    Over,
}

impl Loader {
    /// Keeps the registry in step with the folder until `shutdown`, then lets plugins stop.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut running = Running {
            settings: Settings::new(self.config.clone()),
            watcher: FolderWatcher::new(),
            loader: self,
            files: BTreeMap::new(),
            first_load: FirstLoad::Loading,
            jobs: JoinSet::new(),
            retired: TaskTracker::new(),
            next_scan: Instant::now(),
        };
        running.scan().await;
        running.serve(shutdown).await;
        running.stop().await;
    }
}

impl Running {
    async fn serve(&mut self, shutdown: CancellationToken) {
        let deadline = Instant::now() + FIRST_LOAD_TIMEOUT;
        loop {
            self.advance_first_load(Instant::now() >= deadline);
            let is_over = self.first_load == FirstLoad::Over;
            let wake = if is_over { self.next_scan } else { self.next_scan.min(deadline) };
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(done) = self.jobs.join_next() => self.on_job_done(done),
                () = self.watcher.changed() => self.scan_within(SETTLE_DELAY),
                () = sleep_until(wake) => self.scan().await,
            }
        }
    }

    /// Moves the first load on when none of its files is under way any more, or when it takes too long.
    fn advance_first_load(&mut self, is_overdue: bool) {
        if self.first_load == FirstLoad::Loading && (is_overdue || !self.files.values().any(|it| it.state.is_unread()))
        {
            self.first_load = FirstLoad::Starting;
            self.admit_loaded();
        }
        if self.first_load == FirstLoad::Starting && (is_overdue || !self.files.values().any(|it| it.state.is_busy())) {
            self.first_load = FirstLoad::Over;
            self.loader.writer.end_first_load();
        }
    }

    /// Admits the plugins of the first load: first-party plugins, then the others by name.
    fn admit_loaded(&mut self) {
        let loaded = self.files.values().filter_map(|file| match &file.state {
            FileState::Loaded(plugin) => Some(plugin.clone()),
            _ => None,
        });
        let mut loaded: Vec<_> = loaded.collect();
        loaded.sort_by_key(|plugin| super::admission_rank(&plugin.name));
        for plugin in loaded {
            self.admit(plugin);
        }
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
