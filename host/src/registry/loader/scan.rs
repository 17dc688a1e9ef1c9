//! Scans: compare the folder, the configuration and the approvals with what the loader knows, and begin what is due.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Running,
    file::{Action, File, FileState},
    job::Refusal,
};
use crate::registry::{
    folder::{self, ListedFile},
    settings::SettingsChange,
};

/// The longest time between two scans: a missed event of the watcher heals within it.
const RESCAN_INTERVAL: Duration = Duration::from_secs(2);

impl Running {
    /// Lets the next scan begin within this time.
    pub(super) fn scan_within(&mut self, wait: Duration) {
        self.next_scan = self.next_scan.min(Instant::now() + wait);
    }

    /// Looks at the configuration, the approvals and the folder, and begins what is due.
    pub(super) async fn scan(&mut self) {
        self.next_scan = Instant::now() + RESCAN_INTERVAL;
        self.watcher.watch([self.loader.dir.clone()]);
        self.check_settings();
        self.check_approvals();
        let dir = self.loader.dir.clone();
        match tokio::task::spawn_blocking(move || folder::list_files(&dir)).await {
            Ok(Ok(found)) => self.compare(found),
            Ok(Err(error)) => tracing::warn!(
                target: "lamplighter::registry",
                dir = %self.loader.dir.display(),
                %error,
                "cannot read the plugins folder; loaded plugins keep serving"
            ),
            Err(error) => {
                tracing::error!(target: "lamplighter::registry", %error, "reading the plugins folder panicked");
            }
        }
    }

    /// Applies grants, limits and settings that the operator changed.
    fn check_settings(&mut self) {
        match self.settings.check() {
            SettingsChange::None => {}
            SettingsChange::Settling(wait) => self.scan_within(wait),
            SettingsChange::Changed => {
                tracing::info!(target: "lamplighter::registry", "the plugin configuration changed");
                self.reconfigure();
            }
            SettingsChange::Invalid(error) => tracing::error!(
                target: "lamplighter::registry",
                %error,
                "the changed configuration is wrong; the previous one stays in force"
            ),
        }
    }

    /// Lets the next scan load the files again that were loaded with another configuration.
    pub(super) fn reconfigure(&mut self) {
        for (name, file) in &mut self.files {
            file.reconfigure(|| self.settings.plugin(name));
        }
    }

    /// Admits held plugins whose approval another process changed.
    fn check_approvals(&mut self) {
        let changed = self.files.iter().filter_map(|(name, file)| match &file.state {
            FileState::Held { plugin, approval, .. } => {
                let is_changed = self.loader.approvals.modified(name) != *approval;
                (is_changed && !file.state.is_busy()).then(|| plugin.clone())
            }
            _ => None,
        });
        for plugin in changed.collect::<Vec<_>>() {
            self.admit(plugin);
        }
    }

    fn compare(&mut self, found: BTreeMap<Arc<str>, ListedFile>) {
        let now = Instant::now();
        let missing: Vec<_> = self.files.keys().filter(|name| !found.contains_key(*name)).cloned().collect();
        for name in missing {
            match self.files.get_mut(&name).and_then(|file| file.on_missing(now)) {
                Some(wait) => self.scan_within(wait),
                None => self.remove(&name),
            }
        }
        for (name, ListedFile { path, stamp }) in found {
            let file = self.files.entry(name.clone()).or_insert_with(|| File::new(now));
            match file.on_present(stamp, now) {
                Action::Rest => {}
                Action::ScanWithin(wait) => self.scan_within(wait),
                Action::Load(stamp) => self.load_file(&name, path, stamp),
                Action::Refuse(reason) => self.refuse(&name, Refusal::permanent(reason)),
            }
        }
    }
}
