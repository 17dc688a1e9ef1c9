//! Loading: begins one job per file and passes on what it found.

use std::{path::PathBuf, sync::Arc};

use tokio::{task::JoinError, time::Instant};

use super::{
    Running,
    file::{File, FileState},
    job::{self, Job, JobDone, LoadOutcome},
};
use crate::{
    config::PluginConfig,
    plugin::Plugin,
    registry::folder::{FileStamp, SETTLE_DELAY},
};

impl Running {
    /// Begins to read and load a file. Bytes that are served with the present configuration are not loaded again.
    pub(super) fn load_file(&mut self, name: &Arc<str>, path: PathBuf, stamp: FileStamp) {
        let config = Arc::new(self.settings.plugin(name));
        let serving = self.loader.writer.serving(name).filter(|plugin| plugin.config == config);
        self.file(name).begin_load(stamp, config.clone());
        self.loader.writer.update_entry(name, |_| {});
        let job = self.job(name, config);
        self.jobs.spawn(job.load_file(path, serving.map(|plugin| plugin.digest)));
    }

    /// Begins to load the approved bytes of a held file, unless they are `held` themselves or are served already.
    pub(super) fn load_approved(&mut self, name: &Arc<str>, held: blake3::Hash) {
        let approval = match self.loader.approvals.read(name) {
            Ok(Some(approval)) => approval,
            Ok(None) => return,
            Err(error) => {
                return tracing::warn!(target: "lamplighter::registry", plugin = %name, %error, "cannot read the approval");
            }
        };
        let config = Arc::new(self.settings.plugin(name));
        let is_approved = |digest: blake3::Hash| digest.to_hex().as_str() == approval.digest;
        let is_served = |plugin: Arc<Plugin>| is_approved(plugin.digest) && plugin.config == config;
        if is_approved(held) || self.loader.writer.serving(name).is_some_and(is_served) {
            return;
        }
        self.file(name).begin_load_approved(config.clone());
        let job = self.job(name, config);
        self.jobs.spawn(job.load_approved(self.loader.approvals.clone(), approval));
    }

    fn job(&self, name: &Arc<str>, config: Arc<PluginConfig>) -> Job {
        Job {
            name: name.clone(),
            // Later, the author of a dropped file wants to know that it works before it replaces what does.
            may_recall: self.start.is_pending(name),
            engine: self.loader.engine.clone(),
            config,
            services: self.loader.services.clone(),
        }
    }

    /// Lets a plugin start, beside everything else.
    pub(super) fn start(&mut self, plugin: Arc<Plugin>) {
        if !plugin.has_lifecycle() {
            return self.publish(plugin);
        }
        self.file(&plugin.name).advance(plugin.digest, FileState::Starting(plugin.clone()));
        self.jobs.spawn(job::start(plugin));
    }

    /// A job has ended.
    pub(super) fn on_job_done(&mut self, done: Result<JobDone, JoinError>) {
        let JobDone { name, outcome } = match done {
            Ok(done) => done,
            // A job catches its panics; only a runtime that shuts down ends one from outside.
            Err(error) => return tracing::error!(target: "lamplighter::registry", %error, "a load ended early"),
        };
        match outcome {
            LoadOutcome::Unchanged(digest) => self.on_unchanged(&name, digest),
            LoadOutcome::Loaded(plugin) => self.on_loaded(plugin),
            LoadOutcome::LoadedApproved(plugin) => self.admit(plugin),
            LoadOutcome::Started(plugin) => self.publish(plugin),
            LoadOutcome::Refused(refusal) => self.refuse(&name, refusal),
            LoadOutcome::Retry => self.file(&name).state = FileState::Settling { since: Instant::now() },
        }
        // The configuration may have changed since the job began.
        self.reconfigure();
        // Names that the job held may be free now.
        self.admit_colliding();
        self.scan_within(SETTLE_DELAY);
    }

    /// The file holds the bytes that are served.
    fn on_unchanged(&mut self, name: &Arc<str>, digest: blake3::Hash) {
        self.file(name).on_served(digest);
        self.loader.writer.update_entry(name, |entry| (entry.refused, entry.held) = (None, None));
    }

    fn on_loaded(&mut self, plugin: Arc<Plugin>) {
        if self.start.is_ordered() {
            self.file(&plugin.name).state = FileState::Loaded(plugin.clone());
        } else {
            self.admit(plugin);
        }
    }

    /// The file of this name. A file with a job is never removed.
    pub(super) fn file(&mut self, name: &Arc<str>) -> &mut File {
        self.files.entry(name.clone()).or_insert_with(|| File::new(Instant::now()))
    }
}
