//! `notifications/tools/list_changed`, to every client in its own way.
//!
//! Legacy (≤ 2025-11-25): on the connection. Modern (2026-07-28): only on the streams that the client opened with
//! `subscriptions/listen`.

use std::{
    collections::HashMap,
    sync::Arc,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rmcp::{
    RoleServer,
    service::{Peer, SubscriptionSink},
};
use tokio::sync::watch;

/// Everybody who wants to know.
#[derive(Default)]
pub(super) struct Subscribers {
    // A std Mutex: held to clone out, never across an await.
    peers: Mutex<HashMap<u64, Subscriber>>,
    next: AtomicU64,
}

#[derive(Clone)]
enum Subscriber {
    Legacy(Peer<RoleServer>),
    Modern(SubscriptionSink),
}

/// A subscription; ends when it is dropped.
pub(super) struct Subscription {
    subscribers: Arc<Subscribers>,
    key: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscribers.peers().remove(&self.key);
    }
}

impl Subscribers {
    /// Tells a client that began with `initialize`, for as long as its connection lasts.
    pub(super) fn add_legacy(&self, peer: Peer<RoleServer>) {
        self.add(Subscriber::Legacy(peer));
    }

    /// Tells a client that listens, until the subscription is dropped.
    pub(super) fn add_modern(self: &Arc<Self>, sink: SubscriptionSink) -> Subscription {
        Subscription { subscribers: self.clone(), key: self.add(Subscriber::Modern(sink)) }
    }

    fn add(&self, subscriber: Subscriber) -> u64 {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        self.peers().insert(key, subscriber);
        key
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<u64, Subscriber>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell_all(&self) {
        let all: Vec<_> = self.peers().iter().map(|(key, subscriber)| (*key, subscriber.clone())).collect();
        for (key, subscriber) in all {
            if let Err(error) = subscriber.tell().await {
                tracing::debug!(%error, "a client could not be told that the tools changed");
                self.peers().remove(&key);
            }
        }
    }
}

impl Subscriber {
    async fn tell(&self) -> anyhow::Result<()> {
        match self {
            Self::Legacy(peer) => Ok(peer.notify_tool_list_changed().await?),
            Self::Modern(sink) => Ok(sink.notify_tool_list_changed().await?),
        }
    }
}

/// Tells everybody of each new generation. Several that come at once are told as one: the list is read after it.
pub(super) async fn run(subscribers: Arc<Subscribers>, mut generations: watch::Receiver<u64>) {
    while generations.changed().await.is_ok() {
        subscribers.tell_all().await;
    }
}
