//! Publishing: admits good plugins to the registry, and says why others are not served.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Running,
    file::{FileState, Report},
    job::Refusal,
};
use crate::{
    approval::Verdict,
    plugin::Plugin,
    registry::{LoadEvent, NameConflict},
};

impl Running {
    /// Starts a good plugin if its names are free and the operator approves it.
    pub(super) fn admit(&mut self, plugin: Arc<Plugin>) {
        if let Err(conflict) = self.check_names(&plugin) {
            return self.collide(plugin, &conflict);
        }
        match self.loader.approvals.judge(&plugin) {
            Verdict::Held(news) => self.hold(plugin, &news),
            Verdict::Free => self.start(plugin),
        }
    }

    /// Checks that the plugin's names are free: of served plugins, and of those that are starting.
    fn check_names(&self, plugin: &Plugin) -> Result<(), NameConflict> {
        self.loader.writer.snapshot().check_names(plugin)?;
        let starting = self.files.values().filter_map(|file| match file.state.current() {
            FileState::Starting(other) => Some(other),
            _ => None,
        });
        Ok(starting.into_iter().try_for_each(|other| plugin.check_collisions(other))?)
    }

    /// Keeps a plugin until the names are free that belong to another one. An older version keeps serving.
    fn collide(&mut self, plugin: Arc<Plugin>, conflict: &NameConflict) {
        let name = plugin.name.clone();
        let report = Report { digest: Some(plugin.digest), reason: conflict.to_string(), approval: None };
        self.file(&name).advance(plugin.digest, FileState::Colliding(plugin));
        self.report_refusal(&name, report);
    }

    /// Admits the plugins whose names have become free.
    pub(super) fn admit_colliding(&mut self) {
        while let Some(plugin) = self.next_free() {
            self.admit(plugin);
        }
    }

    /// A plugin that waited for its names, which are free now. Admitting it ends that state.
    fn next_free(&self) -> Option<Arc<Plugin>> {
        let mut colliding = self.files.values().filter_map(|file| match file.state.current() {
            FileState::Colliding(plugin) => Some(plugin),
            _ => None,
        });
        colliding.find(|plugin| self.check_names(plugin).is_ok()).cloned()
    }

    /// Keeps a plugin until it is approved. The approved bytes are served meanwhile.
    fn hold(&mut self, plugin: Arc<Plugin>, news: &[String]) {
        let (name, digest) = (plugin.name.clone(), plugin.digest);
        let approval = self.loader.approvals.modified(&name);
        let news = news.join("; ");
        let file = self.file(&name);
        file.state = FileState::Held { plugin, approval, approved: None };
        if file.is_news(Report { digest: Some(digest), reason: news.clone(), approval }) {
            tracing::warn!(
                target: "lamplighter::registry",
                plugin = %name,
                %digest,
                new = news,
                "plugin held: review it with `lamplighter plugin approve {name}`"
            );
        }
        self.loader.writer.update_entry(&name, |entry| (entry.held, entry.refused) = (Some(news), None));
        self.withdraw_if_over_granted(&name);
        self.load_approved(&name, digest);
    }

    /// Serves a plugin that has started, and retires the version that it replaces.
    pub(super) fn publish(&mut self, plugin: Arc<Plugin>) {
        let old = match self.loader.writer.publish(&plugin) {
            Ok(old) => old,
            Err(conflict) => return self.collide(plugin, &conflict),
        };
        let file = self.file(&plugin.name);
        file.on_served(plugin.digest);
        if !file.is_held() {
            self.loader.writer.update_entry(&plugin.name, |entry| entry.held = None);
        }
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
        self.send_event(LoadEvent::Served(plugin));
        if let Some(old) = old {
            self.retire(old);
        }
        self.retry_all();
    }

    /// Refuses the bytes that a job loaded, or the file itself. An older version keeps serving.
    pub(super) fn refuse(&mut self, name: &Arc<str>, refusal: Refusal) {
        let Refusal { reason, digest, may_pass } = refusal;
        self.file(name).on_refused(may_pass, Instant::now());
        self.report_refusal(name, Report { digest, reason, approval: None });
    }

    /// Says why bytes of a file are not served, and logs it unless that was the last report.
    fn report_refusal(&mut self, name: &Arc<str>, report: Report) {
        let (digest, reason) = (report.digest, report.reason.clone());
        let file = self.file(name);
        let (is_news, is_held) = (file.is_news(report), file.is_held());
        self.loader.writer.update_entry(name, |entry| {
            entry.refused = Some(reason.clone());
            entry.held = entry.held.take().filter(|_| is_held);
        });
        self.withdraw_if_over_granted(name);
        self.send_event(LoadEvent::Refused { name: name.clone(), digest, reason: reason.clone() });
        if is_news {
            let digest = digest.map(|digest| digest.to_string());
            let serving = self.loader.writer.serving(name).is_some();
            tracing::warn!(target: "lamplighter::registry", plugin = %name, digest, reason, serving, "plugin refused");
        }
    }

    /// Stops serving an older version that was loaded with rights that the operator has taken back.
    fn withdraw_if_over_granted(&mut self, name: &Arc<str>) {
        let current = self.settings.plugin(name);
        let serving = self.loader.writer.serving(name);
        if serving.is_some_and(|plugin| !plugin.config.has_same_rights(&current))
            && let Some(old) = self.loader.writer.stop_serving(name)
        {
            self.retire(old);
        }
    }

    /// Forgets a file and withdraws its plugin.
    pub(super) fn remove(&mut self, name: &Arc<str>) {
        self.files.remove(name);
        if let Some(old) = self.loader.writer.withdraw(name) {
            let generation = self.loader.writer.snapshot().generation;
            tracing::info!(target: "lamplighter::registry", plugin = %name, generation, "plugin removed");
            self.retire(old);
            self.retry_all();
        }
    }

    /// Lets everything be tried again that another plugin may have kept from being served.
    fn retry_all(&mut self) {
        let now = Instant::now();
        self.files.values_mut().for_each(|file| file.retry_now(now));
        self.admit_colliding();
    }

    /// Lets a plugin that is no longer served stop after its last call.
    pub(super) fn retire(&self, old: Arc<Plugin>) {
        self.retired.spawn(async move { old.stop().await });
    }
}
