//! The loader: an actor that keeps the registry as the plugins folder is.
//!
//! settle → read once → compile aside → describe → validate → collisions → `start` → one new snapshot. A file that
//! does not make it changes nothing but its own entry. One job a name at a time; different names side by side.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Writer,
    folder::{self, Found, SETTLE, Stamp},
    job::{self, Done, End, Job, Refusal, Source},
    settings::{Look, Settings},
    watch::Watch,
};
use crate::{
    approval::{Approvals, Verdict},
    capability::Services,
    config::{Config, PluginConfig},
    plugin::{Engine, Plugin},
};

/// A missed event heals within this.
const RESCAN: Duration = Duration::from_secs(2);
/// Deleting and creating within this is a replacement.
const REMOVAL: Duration = Duration::from_millis(500);
/// A file that is written for longer than this is read as it is.
const PATIENCE: Duration = Duration::from_millis(500);
/// The first list of tools waits for the plugins that were there at start, but no longer than this.
const FIRST_LOAD: Duration = Duration::from_secs(5);
/// Bytes that failed for something that may pass are tried again after this, then twice that, and so on.
const RETRY: Duration = Duration::from_secs(5);
const RETRY_AT_MOST: Duration = Duration::from_mins(5);

/// What the loader needs.
pub(crate) struct Loader {
    pub(crate) dir: PathBuf,
    pub(crate) engine: Engine,
    pub(crate) config: Arc<Config>,
    pub(crate) services: Arc<Services>,
    pub(crate) writer: Writer,
    pub(crate) approvals: Approvals,
}

/// The running loader: what it works with, what it knows, what is under way.
struct Running {
    loader: Loader,
    settings: Settings,
    watch: Watch,
    files: BTreeMap<Arc<str>, File>,
    /// Good plugins whose tools belong to others; tried again after every change.
    waiting: BTreeMap<Arc<str>, Arc<Plugin>>,
    /// Good plugins that wait for approval, and the state of the approval that they were held by.
    held: BTreeMap<Arc<str>, (Arc<Plugin>, Option<SystemTime>)>,
    /// Good plugins that start now: their tools are as good as taken.
    starting: BTreeMap<Arc<str>, Arc<Plugin>>,
    first: FirstLoad,
    jobs: JoinSet<Done>,
    busy: BTreeSet<Arc<str>>,
    retired: TaskTracker,
    next_scan: Instant,
}

/// What was there at start: loaded side by side, then let in in order, so that who wins a name is not left to chance.
enum FirstLoad {
    /// The plugins that are loaded so far.
    Loading(Vec<Arc<Plugin>>),
    /// All are let in; some still start.
    Starting,
    Over,
}

/// What is known of a file.
#[derive(Default)]
struct File {
    stamp: Option<Stamp>,
    /// What it was loaded with last.
    config: Option<Arc<PluginConfig>>,
    /// When a change was seen that has not been read yet.
    changed: Option<Instant>,
    missing: Option<Instant>,
    /// When to try the same bytes again, and how long after the last time that is.
    retry: Option<(Instant, Duration)>,
    /// What was said of it last: bytes and reason.
    said: Option<(Option<blake3::Hash>, String)>,
}

impl Loader {
    /// Keeps the registry as the folder is, until told to stop; then lets plugins end.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let watch = Watch::new(&self.dir);
        let mut running = Running {
            settings: Settings::new(self.config.clone()),
            loader: self,
            watch,
            files: BTreeMap::new(),
            waiting: BTreeMap::new(),
            held: BTreeMap::new(),
            starting: BTreeMap::new(),
            first: FirstLoad::Loading(Vec::new()),
            jobs: JoinSet::new(),
            busy: BTreeSet::new(),
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
        let first_load = Instant::now() + FIRST_LOAD;
        loop {
            self.advance_first_load(Instant::now() >= first_load);
            let is_over = matches!(self.first, FirstLoad::Over);
            let wake = if is_over { self.next_scan } else { self.next_scan.min(first_load) };
            tokio::select! {
                () = shutdown.cancelled() => return,
                Some(done) = self.jobs.join_next() => self.finish(done),
                () = self.watch.changed() => self.scan_within(SETTLE),
                () = sleep_until(wake) => self.scan().await,
            }
        }
    }

    // === Looking ===

    fn scan_within(&mut self, wait: Duration) {
        self.next_scan = self.next_scan.min(Instant::now() + wait);
    }

    /// Looks at the folder and begins what is to be done.
    async fn scan(&mut self) {
        self.next_scan = Instant::now() + RESCAN;
        self.watch.renew();
        let dir = self.loader.dir.clone();
        self.look_at_settings();
        self.look_at_held();
        match tokio::task::spawn_blocking(move || folder::list(&dir)).await {
            Ok(Ok(found)) => self.compare(found),
            Ok(Err(error)) => tracing::warn!(
                target: "lamplighter::registry",
                dir = %self.loader.dir.display(),
                %error,
                "the plugins folder cannot be read; what is loaded goes on"
            ),
            Err(error) => tracing::error!(target: "lamplighter::registry", %error, "reading the folder failed"),
        }
    }

    /// The operator may have granted something, or taken it back.
    fn look_at_settings(&mut self) {
        match self.settings.look() {
            Look::Same => {}
            Look::Soon(wait) => self.scan_within(wait),
            Look::Changed => {
                tracing::info!(target: "lamplighter::registry", "the configuration of plugins changed");
                self.reconfigure();
            }
            Look::Bad(error) => tracing::error!(
                target: "lamplighter::registry",
                error,
                "the changed configuration is wrong: what it was before holds"
            ),
        }
    }

    /// Lets files be loaded anew that were loaded with other settings than hold now.
    fn reconfigure(&mut self) {
        for (name, file) in &mut self.files {
            if file.config.as_ref().is_some_and(|config| **config != self.settings.plugin(name)) {
                (file.stamp, file.retry) = (None, None);
            }
        }
    }

    fn compare(&mut self, found: BTreeMap<Arc<str>, Found>) {
        let missing: Vec<_> = self.files.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
        for name in missing {
            self.miss(&name);
        }
        for (name, found) in found {
            self.see(name, found);
        }
    }

    /// A file that was there is not; after a while that is a removal.
    fn miss(&mut self, name: &Arc<str>) {
        let Some(file) = self.files.get_mut(name) else { return };
        let since = *file.missing.get_or_insert_with(Instant::now);
        if since.elapsed() < REMOVAL {
            self.next_scan = self.next_scan.min(since + REMOVAL);
            return;
        }
        if self.is_under_way(name) {
            return self.scan_within(SETTLE);
        }
        self.files.remove(name);
        self.waiting.remove(name);
        self.held.remove(name);
        if let Some(old) = self.loader.writer.withdraw(name) {
            let generation = self.loader.writer.snapshot().generation;
            tracing::info!(target: "lamplighter::registry", plugin = %name, generation, "plugin removed");
            self.retire(old);
            self.try_again();
        }
    }

    fn see(&mut self, name: Arc<str>, found: Found) {
        let under_way = self.is_under_way(&name);
        let file = self.files.entry(name.clone()).or_default();
        file.missing = None;
        let stamp = match found.stamp {
            Ok(stamp) => stamp,
            Err(reason) => {
                (file.stamp, file.changed) = (None, None);
                return self.refuse(&name, Refusal::final_(reason));
            }
        };
        let due = file.retry.is_some_and(|(at, _)| at <= Instant::now());
        if under_way || (file.stamp == Some(stamp) && !due) {
            return;
        }
        let since = *file.changed.get_or_insert_with(Instant::now);
        if stamp.is_hot() && since.elapsed() < PATIENCE {
            return self.scan_within(SETTLE);
        }
        file.changed = None;
        if file.stamp != Some(stamp) {
            file.retry = None;
        }
        self.begin(name, found.path, stamp);
    }

    fn is_under_way(&self, name: &str) -> bool {
        let is_first = match &self.first {
            FirstLoad::Loading(loaded) => loaded.iter().any(|plugin| *plugin.name == *name),
            FirstLoad::Starting | FirstLoad::Over => false,
        };
        is_first || self.busy.contains(name)
    }

    // === Loading ===

    /// Reads and loads a file aside.
    fn begin(&mut self, name: Arc<str>, path: PathBuf, stamp: Stamp) {
        let serving = self.loader.writer.serving(&name);
        let held = self.held.get(&name).map(|(plugin, _)| plugin);
        let newest = held.or_else(|| self.waiting.get(&name)).or(serving.as_ref());
        let newest = newest.filter(|plugin| *plugin.config == self.settings.plugin(&name));
        let known = newest.map(|plugin| plugin.digest).into_iter().collect();
        self.spawn(name, Source::File(path, stamp), known);
    }

    /// Loads what is approved, since what the file holds is not; nothing if that is just what is `held`.
    fn begin_approved(&mut self, name: &Arc<str>, held: blake3::Hash) {
        let approval = match self.loader.approvals.read(name) {
            Ok(Some(approval)) => approval,
            Ok(None) => return,
            Err(error) => {
                return tracing::warn!(
                    target: "lamplighter::registry",
                    plugin = %name,
                    error = format!("{error:#}"),
                    "the approval cannot be read"
                );
            }
        };
        let is_approved = |digest: blake3::Hash| digest.to_hex().as_str() == approval.digest;
        let is_served =
            |plugin: Arc<Plugin>| is_approved(plugin.digest) && *plugin.config == self.settings.plugin(name);
        if is_approved(held) || self.loader.writer.serving(name).is_some_and(is_served) {
            return;
        }
        self.spawn(name.clone(), Source::Approved(self.loader.approvals.clone(), approval), Vec::new());
    }

    fn spawn(&mut self, name: Arc<str>, source: Source, known: Vec<blake3::Hash>) {
        let config = Arc::new(self.settings.plugin(&name));
        self.file(&name).config = Some(config.clone());
        let job = Job {
            source,
            known,
            may_recall: !matches!(self.first, FirstLoad::Over),
            engine: self.loader.engine.clone(),
            config,
            services: self.loader.services.clone(),
            name: name.clone(),
        };
        self.loader.writer.note(&name, |entry| entry.loading = true);
        self.busy.insert(name);
        self.jobs.spawn(job.load());
    }

    fn finish(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let Done { name, end } = match done {
            Ok(done) => done,
            // A job catches its panics; only a runtime that shuts down ends one from outside.
            Err(error) => return tracing::error!(target: "lamplighter::registry", %error, "a load ended early"),
        };
        self.busy.remove(&name);
        self.starting.remove(&name);
        self.loader.writer.note(&name, |entry| entry.loading = false);
        match end {
            End::Again => self.file(&name).changed = Some(Instant::now()),
            End::Same(stamp, digest) => self.same(&name, stamp, digest),
            End::Loaded(plugin, stamp) => self.loaded(plugin, stamp),
            End::Kept(plugin) => self.admit(plugin),
            End::Started(plugin) => self.publish(plugin),
            End::Refused(refusal) => self.refuse(&name, refusal),
        }
        // What was under way may have begun with settings that hold no more.
        self.reconfigure();
        // Who was busy may have been in the way of another.
        self.try_again_waiting();
        self.scan_within(SETTLE);
    }

    /// The file holds what is served, or what waits: nothing to do, and nothing is wrong with what is served.
    fn same(&mut self, name: &Arc<str>, stamp: Stamp, digest: blake3::Hash) {
        let file = self.file(name);
        (file.stamp, file.retry, file.said) = (Some(stamp), None, None);
        if self.loader.writer.serving(name).is_some_and(|plugin| plugin.digest == digest) {
            self.loader.writer.note(name, |entry| entry.refused = None);
        }
    }

    fn file(&mut self, name: &Arc<str>) -> &mut File {
        self.files.entry(name.clone()).or_default()
    }

    fn loaded(&mut self, plugin: Arc<Plugin>, stamp: Stamp) {
        self.waiting.remove(&plugin.name);
        self.release(&plugin.name);
        self.file(&plugin.name).stamp = Some(stamp);
        match &mut self.first {
            FirstLoad::Loading(loaded) => loaded.push(plugin),
            FirstLoad::Starting | FirstLoad::Over => self.admit(plugin),
        }
    }

    /// Goes on with the first load when nothing of it is under way any more, or when it took too long.
    fn advance_first_load(&mut self, hurry: bool) {
        if let FirstLoad::Loading(loaded) = &mut self.first
            && (hurry || (self.busy.is_empty() && self.files.values().all(|file| file.changed.is_none())))
        {
            let loaded = std::mem::take(loaded);
            self.first = FirstLoad::Starting;
            self.admit_in_order(loaded);
        }
        if matches!(self.first, FirstLoad::Starting) && (hurry || self.busy.is_empty()) {
            self.first = FirstLoad::Over;
            self.loader.writer.settle();
        }
    }

    fn admit_in_order(&mut self, mut plugins: Vec<Arc<Plugin>>) {
        plugins.sort_by_key(|plugin| super::rank(&plugin.name));
        for plugin in plugins {
            self.admit(plugin);
        }
    }

    // === Publishing ===

    /// Lets a good plugin start, if its tools are free and the operator approves.
    fn admit(&mut self, plugin: Arc<Plugin>) {
        if let Err(reason) = self.is_admitted(&plugin) {
            return self.wait(plugin, reason);
        }
        match self.loader.approvals.judge(&plugin) {
            Verdict::Held(new) => self.hold(plugin, &new),
            Verdict::Free => {
                if self.held.get(&plugin.name).is_some_and(|(held, _)| held.digest == plugin.digest) {
                    self.release(&plugin.name);
                }
                self.start(plugin);
            }
        }
    }

    /// Nothing under this name waits for approval any more.
    fn release(&mut self, name: &Arc<str>) {
        self.held.remove(name);
        self.loader.writer.note(name, |entry| entry.held = None);
    }

    /// Keeps a plugin back until it is approved; what was approved before is served.
    fn hold(&mut self, plugin: Arc<Plugin>, new: &[String]) {
        let (name, shown, digest) = (plugin.name.clone(), new.join("; "), plugin.digest);
        tracing::warn!(
            target: "lamplighter::registry",
            plugin = %name,
            digest = %plugin.digest,
            new = shown,
            "plugin held: look at it and run `lamplighter plugin approve {name}`"
        );
        self.waiting.remove(&name);
        self.loader.writer.note(&name, |entry| (entry.held, entry.refused) = (Some(shown), None));
        self.held.insert(name.clone(), (plugin, self.loader.approvals.stamp(&name)));
        self.withdraw_what_reaches_too_far(&name);
        self.begin_approved(&name, digest);
    }

    /// What was held may have been approved meanwhile, by another process.
    fn look_at_held(&mut self) {
        let approvals = &self.loader.approvals;
        let changed = self.held.iter().filter(|(name, (_, stamp))| approvals.stamp(name) != *stamp);
        let changed: Vec<_> = changed.map(|(_, (plugin, _))| plugin.clone()).collect();
        for plugin in changed {
            if !self.is_under_way(&plugin.name) {
                self.admit(plugin);
            }
        }
    }

    fn start(&mut self, plugin: Arc<Plugin>) {
        if !plugin.has_lifecycle() {
            return self.publish(plugin);
        }
        self.busy.insert(plugin.name.clone());
        self.starting.insert(plugin.name.clone(), plugin.clone());
        self.jobs.spawn(job::start(plugin));
    }

    /// Whether its tools are free: of those that are served, and of those that are about to be.
    fn is_admitted(&self, plugin: &Plugin) -> Result<(), String> {
        self.loader.writer.snapshot().admits(plugin)?;
        self.starting.values().try_for_each(|other| plugin.check_collisions(other)).map_err(|error| error.to_string())
    }

    fn wait(&mut self, plugin: Arc<Plugin>, reason: String) {
        let digest = Some(plugin.digest);
        self.refuse(&plugin.name, Refusal { digest, ..Refusal::final_(reason) });
        self.waiting.insert(plugin.name.clone(), plugin);
    }

    fn publish(&mut self, plugin: Arc<Plugin>) {
        let old = match self.loader.writer.publish(&plugin) {
            Ok(old) => old,
            Err(reason) => return self.wait(plugin, reason),
        };
        self.waiting.remove(&plugin.name);
        let file = self.file(&plugin.name);
        (file.retry, file.said) = (None, None);
        tracing::info!(
            target: "lamplighter::registry",
            plugin = %plugin.name,
            digest = %plugin.digest,
            generation = self.loader.writer.snapshot().generation,
            tools = plugin.catalog.tools.len(),
            prompts = plugin.catalog.prompts.len(),
            resources = plugin.catalog.resources.len(),
            recalled = plugin.compile_ms.is_none(),
            compile_ms = plugin.compile_ms,
            "plugin loaded"
        );
        if let Some(old) = old {
            self.retire(old);
        }
        self.try_again();
    }

    /// Says why a file is not served. An older version of it goes on.
    fn refuse(&mut self, name: &Arc<str>, refusal: Refusal) {
        let Refusal { reason, digest, stamp, may_pass } = refusal;
        self.waiting.remove(name);
        let file = self.file(name);
        file.stamp = stamp.or(file.stamp);
        file.retry = may_pass.then(|| {
            let pause = file.retry.map_or(RETRY, |(_, pause)| (pause * 2).min(RETRY_AT_MOST));
            (Instant::now() + pause, pause)
        });
        // The same bytes for the same reason are said once, however often they are looked at.
        let said = Some((digest, reason.clone()));
        let is_news = file.said != said;
        file.said = said;
        self.loader.writer.note(name, |entry| entry.refused = Some(reason.clone()));
        self.withdraw_what_reaches_too_far(name);
        if !is_news {
            return;
        }
        let digest = digest.map(|digest| digest.to_string());
        let serving = self.loader.writer.serving(name).is_some();
        tracing::warn!(target: "lamplighter::registry", plugin = %name, digest, reason, serving, "plugin refused");
    }

    /// A version that goes on although the file is refused does so with the rights it was loaded with: not after the
    /// operator took some back.
    fn withdraw_what_reaches_too_far(&mut self, name: &Arc<str>) {
        let wanted = self.settings.plugin(name);
        let is_too_far = |plugin: &Arc<Plugin>| !plugin.config.has_the_rights_of(&wanted);
        if self.loader.writer.serving(name).is_some_and(|plugin| is_too_far(&plugin))
            && let Some(old) = self.loader.writer.stop_serving(name)
        {
            self.retire(old);
        }
    }

    /// After a change, what was refused because of others may be good.
    fn try_again(&mut self) {
        for file in self.files.values_mut() {
            if let Some((at, _)) = &mut file.retry {
                *at = Instant::now();
            }
        }
        self.try_again_waiting();
    }

    fn try_again_waiting(&mut self) {
        for plugin in self.waiting.values().cloned().collect::<Vec<_>>() {
            if !self.is_under_way(&plugin.name) && self.is_admitted(&plugin).is_ok() {
                self.waiting.remove(&plugin.name);
                self.admit(plugin);
            }
        }
    }

    /// Lets a version that is no longer served end after its last call.
    fn retire(&self, old: Arc<Plugin>) {
        self.retired.spawn(async move { old.stop().await });
    }

    async fn stop(self) {
        self.retired.close();
        for entry in self.loader.writer.snapshot().plugins.values() {
            if let Some(plugin) = entry.serving.clone() {
                self.retire(plugin);
            }
        }
        if timeout(Duration::from_secs(3), self.retired.wait()).await.is_err() {
            tracing::warn!(target: "lamplighter::registry", "some plugins did not stop in time");
        }
    }
}
