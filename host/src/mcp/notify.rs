//! `notifications/tools/list_changed` and the like for prompts and resources, to every client in its own way.
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
    service::{Peer, ServiceError, SubscriptionSendError, SubscriptionSink},
};
use tokio::sync::watch;

use crate::registry::Changes;

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

    async fn tell_all(&self, news: News) {
        let all: Vec<_> = self.peers().iter().map(|(key, subscriber)| (*key, subscriber.clone())).collect();
        for (key, subscriber) in all {
            if let Err(error) = subscriber.tell(news).await {
                tracing::debug!(%error, "a client could not be told of a change");
                self.peers().remove(&key);
            }
        }
    }
}

impl Subscriber {
    async fn tell(&self, news: News) -> anyhow::Result<()> {
        match self {
            Self::Legacy(peer) => tell_legacy(peer, news).await?,
            Self::Modern(sink) => tell_modern(sink, news).await?,
        }
        Ok(())
    }
}

async fn tell_legacy(peer: &Peer<RoleServer>, news: News) -> Result<(), ServiceError> {
    if news.tools {
        peer.notify_tool_list_changed().await?;
    }
    if news.prompts {
        peer.notify_prompt_list_changed().await?;
    }
    if news.resources {
        peer.notify_resource_list_changed().await?;
    }
    Ok(())
}

/// Only what the client asked to be told.
async fn tell_modern(sink: &SubscriptionSink, news: News) -> Result<(), SubscriptionSendError> {
    let accepted = sink.accepted();
    if news.tools && accepted.tools_list_changed == Some(true) {
        sink.notify_tool_list_changed().await?;
    }
    if news.prompts && accepted.prompts_list_changed == Some(true) {
        sink.notify_prompt_list_changed().await?;
    }
    if news.resources && accepted.resources_list_changed == Some(true) {
        sink.notify_resource_list_changed().await?;
    }
    Ok(())
}

/// Which lists are other ones.
#[derive(Clone, Copy)]
struct News {
    tools: bool,
    prompts: bool,
    resources: bool,
}

impl News {
    fn between(before: Changes, now: Changes) -> Self {
        Self {
            tools: before.tools != now.tools,
            prompts: before.prompts != now.prompts,
            resources: before.resources != now.resources,
        }
    }
}

/// Tells everybody of each change. Several that come at once are told as one: the list is read after it.
pub(super) async fn run(subscribers: Arc<Subscribers>, mut changes: watch::Receiver<Changes>) {
    let mut told = *changes.borrow();
    while changes.changed().await.is_ok() {
        let now = *changes.borrow_and_update();
        subscribers.tell_all(News::between(std::mem::replace(&mut told, now), now)).await;
    }
}
