//! The only writer of the mirror: applies events to the resources and publishes snapshots.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::{sync::watch, time::Instant};

use super::{
    Connection, Snapshot,
    merge::{is_plausible, merge_update},
};
use crate::{
    clip::{Change, Event},
    home::{Id, build},
};

/// Publishes snapshots. It is not `Clone`: two writers would overwrite each other's snapshots.
pub(super) struct SnapshotWriter {
    resources: build::Resources,
    current: Snapshot,
    published: Arc<ArcSwap<Snapshot>>,
    revision: watch::Sender<u64>,
}

impl SnapshotWriter {
    pub(super) fn new(published: Arc<ArcSwap<Snapshot>>, revision: watch::Sender<u64>) -> Self {
        Self { resources: build::Resources::new(), current: Snapshot::default(), published, revision }
    }

    /// Returns the snapshot published last.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.current
    }

    /// Replaces all resources.
    pub(super) fn replace_all(&mut self, resources: Vec<Value>) {
        self.resources = resources.into_iter().filter_map(with_id).collect();
        self.current.confirmed = Some(Instant::now());
        self.rebuild_home();
    }

    pub(super) fn set_connection(&mut self, connection: Connection) {
        let was_live = self.current.connection == Connection::Live;
        if was_live {
            self.current.confirmed = self.current.confirmed.map(|_| Instant::now());
        } else if connection == Connection::Live && self.current.connection != Connection::Connecting {
            self.current.reconnects += 1;
        }
        self.current.connection = connection;
        self.publish();
    }

    /// Applies the events of one frame as one change. Returns false if part of a frame made no sense: the bridge may
    /// have meant something else.
    pub(super) fn apply(&mut self, events: &[Event]) -> bool {
        let mut is_plausible = true;
        for event in events {
            for value in &event.data {
                is_plausible &= self.apply_change(event.change, value);
            }
        }
        if !events.is_empty() {
            self.current.confirmed = Some(Instant::now());
            self.rebuild_home();
        }
        is_plausible
    }

    fn apply_change(&mut self, change: Change, value: &Value) -> bool {
        let Some(id) = value["id"].as_str().map(ToOwned::to_owned) else { return false };
        match change {
            Change::Add => {
                let added = with_id(value.clone()).filter(|(_, resource)| is_plausible(resource));
                let was_added = added.is_some();
                self.resources.extend(added);
                return was_added;
            }
            Change::Update => {
                if let Some(resource) = self.resources.get_mut(&id) {
                    return merge_update(resource, value);
                }
                // Firmware sends events of resource types that it does not list.
                tracing::debug!(id, "event for an unknown resource");
            }
            Change::Delete => {
                self.resources.remove(&id);
            }
            Change::Other => tracing::debug!(%value, "event of an unknown type"),
        }
        true
    }

    fn rebuild_home(&mut self) {
        let home = build::home(&self.resources);
        let next = self.current.revision + 1;
        let changed = home.lights.iter().filter(|light| self.current.home.light(&light.id) != Some(*light));
        let changed: Vec<Id> = changed.map(|light| light.id.clone()).collect();
        if !changed.is_empty() {
            let revisions = Arc::make_mut(&mut self.current.light_revisions);
            revisions.extend(changed.into_iter().map(|id| (id, next)));
            revisions.retain(|id, _| home.light(id).is_some());
        }
        self.current.home = Arc::new(home);
        self.publish();
    }

    fn publish(&mut self) {
        self.current.revision += 1;
        self.published.store(Arc::new(self.current.clone()));
        self.revision.send_replace(self.current.revision);
    }
}

/// Pairs a resource with its id; `None` if it has no type or no id.
fn with_id(value: Value) -> Option<(String, Value)> {
    value["type"].as_str()?;
    let id = value["id"].as_str().filter(|id| !id.is_empty())?.to_owned();
    Some((id, value))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
