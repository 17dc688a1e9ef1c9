//! Everything that the parts of one running bridge share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::Method;
use serde_json::Value;

use crate::clip;
use crate::events::Events;
use crate::faults::Faults;
use crate::limits::{Limits, Slots};
use crate::pairing::Pairing;
use crate::reply::Reply;
use crate::requests::Requests;
use crate::store::{self, Store};
use crate::{group, scene};

/// One bridge: its document, and what surrounds it.
pub(crate) struct Bridge {
    pub(crate) id: String,
    pub(crate) events: Events,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) pairing: Pairing,
    pub(crate) requests: Requests,
    pub(crate) slots: Arc<Slots>,
    /// A std mutex: no work on the document ever waits for anything.
    store: Mutex<Store>,
}

impl Bridge {
    pub(crate) fn new(id: String, store: Store, events: Events, limits: Limits, pairing: Pairing) -> Self {
        Self {
            id,
            events,
            faults: Faults::new(),
            limits,
            pairing,
            requests: Requests::default(),
            slots: Arc::default(),
            store: Mutex::new(store),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request below `/clip/v2/resource` and tells the event streams what it changed.
    pub(crate) fn clip(&self, method: &Method, path: &[&str], body: &[u8]) -> Reply {
        let mut store = self.store();
        let answer = clip::answer(&mut store, method, path, body);
        if method != Method::GET {
            self.publish(&mut store, answer.together);
        }
        answer.reply
    }

    /// Changes the document from outside, as somebody at a wall switch does.
    pub(crate) fn set_resource(&self, resource: &Value) {
        let mut store = self.store();
        let (rtype, id) = (resource["type"].as_str().unwrap_or_default(), store::id(resource));
        if store.edit(rtype, &id, |old| store::merge(old, resource)).is_none() {
            store.insert(resource.clone());
        }
        if rtype == "light" {
            scene::lights_changed(&mut store, &[id]);
        }
        self.publish(&mut store, false);
    }

    /// Moves a light in or out of reach of the radio; false if there is no such light, or it has no radio.
    pub(crate) fn set_reachable(&self, light: &str, reachable: bool) -> bool {
        let mut store = self.store();
        let radio = store.get("light", light).and_then(|light| group::radio(&store, light)).map(store::id);
        let Some(radio) = radio else { return false };
        let status = if reachable { "connected" } else { "connectivity_issue" };
        store.edit("zigbee_connectivity", &radio, |radio| radio["status"] = status.into());
        self.publish(&mut store, false);
        true
    }

    /// Sent while the document is locked, so that the order of events is the order of changes.
    fn publish(&self, store: &mut Store, together: bool) {
        let mut now = store.take_changes();
        if now.is_empty() {
            return;
        }
        group::refresh(store);
        let mut later = store.take_changes();
        if together {
            now.append(&mut later);
        }
        self.events.publish(now, later);
    }
}
