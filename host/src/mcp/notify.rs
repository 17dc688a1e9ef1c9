//! The `list_changed` notifications of tools, prompts and resources, sent to every client in its era's way.
//!
//! Legacy clients (≤ 2025-11-25) get them on the connection. Modern clients (2026-07-28) get them only on the streams
//! that they opened with `subscriptions/listen`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rmcp::{
    RoleServer,
    service::{Peer, ServiceError, SubscriptionSendError, SubscriptionSink},
};

use crate::registry::{Changes, Reader};

/// The clients that are notified of changed lists.
#[derive(Default)]
pub(super) struct Subscribers {
    // A std Mutex: held to clone out, never across an await.
    subscribers: Mutex<HashMap<u64, Subscriber>>,
    next_key: AtomicU64,
}

#[derive(Clone)]
enum Subscriber {
    /// A client that has not said `initialized` yet, and the lists that changed since it said `initialize`.
    Opening(Peer<RoleServer>, ChangedLists),
    Legacy(Peer<RoleServer>),
    Modern(SubscriptionSink),
}

/// A subscription, which ends when it is dropped.
pub(super) struct Subscription {
    subscribers: Arc<Subscribers>,
    key: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscribers.lock().remove(&self.key);
    }
}

impl Subscribers {
    /// Subscribes a client that began with `initialize`, for as long as its connection lasts. It is told nothing before
    /// the handshake has ended.
    pub(super) fn add_legacy(&self, peer: Peer<RoleServer>) {
        self.lock().retain(|_, subscriber| matches!(subscriber, Subscriber::Modern(_)));
        self.add(Subscriber::Opening(peer, ChangedLists::default()));
    }

    /// Takes the client's `initialized`, and tells it of the lists that changed during the handshake.
    pub(super) async fn end_handshake(&self) {
        let opened = self.lock().values_mut().find_map(Subscriber::open);
        if let Some((peer, missed)) = opened
            && let Err(error) = notify_legacy(&peer, missed).await
        {
            tracing::debug!(%error, "client not notified of a changed list");
        }
    }

    /// Subscribes a client that listens, until the subscription is dropped.
    pub(super) fn add_modern(self: &Arc<Self>, sink: SubscriptionSink) -> Subscription {
        Subscription { subscribers: self.clone(), key: self.add(Subscriber::Modern(sink)) }
    }

    fn add(&self, subscriber: Subscriber) -> u64 {
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(key, subscriber);
        key
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Subscriber>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn notify_all(&self, changed: ChangedLists) {
        let all: Vec<_> =
            self.lock().iter_mut().map(|(key, subscriber)| (*key, subscriber.take_note(changed))).collect();
        for (key, subscriber) in all {
            if let Err(error) = subscriber.notify(changed).await {
                tracing::debug!(%error, "client not notified of a changed list");
                self.lock().remove(&key);
            }
        }
    }
}

impl Subscriber {
    /// Notes a change for a client that cannot be told yet. Returns a copy of the subscriber.
    fn take_note(&mut self, changed: ChangedLists) -> Self {
        if let Self::Opening(_, missed) = self {
            missed.add(changed);
        }
        self.clone()
    }

    /// Ends the handshake of a legacy client. Returns the client, and the lists that changed meanwhile.
    fn open(&mut self) -> Option<(Peer<RoleServer>, ChangedLists)> {
        let Self::Opening(peer, missed) = self else { return None };
        let (peer, missed) = (peer.clone(), *missed);
        *self = Self::Legacy(peer.clone());
        Some((peer, missed))
    }

    async fn notify(&self, changed: ChangedLists) -> anyhow::Result<()> {
        match self {
            Self::Opening(..) => {}
            Self::Legacy(peer) => notify_legacy(peer, changed).await?,
            Self::Modern(sink) => notify_modern(sink, changed).await?,
        }
        Ok(())
    }
}

async fn notify_legacy(peer: &Peer<RoleServer>, changed: ChangedLists) -> Result<(), ServiceError> {
    if changed.tools {
        peer.notify_tool_list_changed().await?;
    }
    if changed.prompts {
        peer.notify_prompt_list_changed().await?;
    }
    if changed.resources {
        peer.notify_resource_list_changed().await?;
    }
    Ok(())
}

/// Sends only the notifications that the client asked for.
async fn notify_modern(sink: &SubscriptionSink, changed: ChangedLists) -> Result<(), SubscriptionSendError> {
    let accepted = sink.accepted();
    if changed.tools && accepted.tools_list_changed == Some(true) {
        sink.notify_tool_list_changed().await?;
    }
    if changed.prompts && accepted.prompts_list_changed == Some(true) {
        sink.notify_prompt_list_changed().await?;
    }
    if changed.resources && accepted.resources_list_changed == Some(true) {
        sink.notify_resource_list_changed().await?;
    }
    Ok(())
}

/// The lists that changed.
#[derive(Clone, Copy, Default)]
struct ChangedLists {
    tools: bool,
    prompts: bool,
    resources: bool,
}

impl ChangedLists {
    fn add(&mut self, other: Self) {
        self.tools |= other.tools;
        self.prompts |= other.prompts;
        self.resources |= other.resources;
    }

    fn between(before: Changes, now: Changes) -> Self {
        Self {
            tools: before.tools != now.tools,
            prompts: before.prompts != now.prompts,
            resources: before.resources != now.resources,
        }
    }
}

/// Notifies all clients of each change since the first list. Changes that come at once are one notification: the list is
/// read after it. So are all changes of the start.
pub(super) async fn notify_changes(subscribers: Arc<Subscribers>, registry: Reader) {
    let mut changes = registry.changes();
    let mut notified = registry.wait_start().await;
    loop {
        let now = *changes.borrow_and_update();
        if now != notified {
            let before = std::mem::replace(&mut notified, now);
            subscribers.notify_all(ChangedLists::between(before, now)).await;
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}
