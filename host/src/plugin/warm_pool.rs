//! A warm instance per plugin: made before its call, while the used one is wiped.
//!
//! Both happen once the answer is on its way, on the thread that sent it: waking another thread would cost the calls more
//! than it saves them.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
};

use super::instance::{Instance, WarmInstance};

/// The most used instances of one plugin that wait to be wiped: they hold places in the allocator's pool.
const MAX_USED_INSTANCES: usize = 8;

/// Holds the warm instance of one plugin, and its used ones.
pub(super) struct WarmPool {
    queue: Arc<Mutex<Queue<PermittedInstance, Instance>>>,
    /// Has one permit for each warm instance of all plugins.
    permits: Arc<Semaphore>,
    has_computed: AtomicBool,
}

type PermittedInstance = (WarmInstance, OwnedSemaphorePermit);

struct Queue<W, U> {
    warm: Option<W>,
    used: Vec<U>,
    /// Is set while a task maintains the queue.
    is_maintained: bool,
}

impl WarmPool {
    /// Makes an empty pool.
    pub(super) fn new(permits: Arc<Semaphore>) -> Self {
        Self { queue: Arc::default(), permits, has_computed: AtomicBool::new(false) }
    }

    /// Takes the warm instance, if there is one.
    pub(super) fn take(&self) -> Option<WarmInstance> {
        self.queue.lock().warm.take().map(|(instance, _)| instance)
    }

    /// Takes an instance whose call ended. It is wiped and replaced later.
    pub(super) fn recycle(&self, instance: Instance) {
        self.has_computed.store(instance.has_computed(), Ordering::Relaxed);
        // The lock is not held while an instance is dropped.
        let (surplus, is_first) = self.queue.lock().push_used(instance);
        drop(surplus);
        if is_first {
            tokio::spawn(maintain(Arc::downgrade(&self.queue), self.permits.clone()));
        }
    }

    /// Returns whether the call that ended last computed through a tick of the epoch.
    pub(super) fn has_computed(&self) -> bool {
        self.has_computed.load(Ordering::Relaxed)
    }
}

impl<W, U> Queue<W, U> {
    /// Queues a used instance, or hands it back if too many wait. Returns whether the caller must start the task.
    fn push_used(&mut self, instance: U) -> (Option<U>, bool) {
        let is_first = !std::mem::replace(&mut self.is_maintained, true);
        if self.used.len() < MAX_USED_INSTANCES {
            self.used.push(instance);
            return (None, is_first);
        }
        (Some(instance), is_first)
    }

    /// Takes all used instances. If there is none, the task ends.
    fn take_used(&mut self) -> Vec<U> {
        self.is_maintained = !self.used.is_empty();
        std::mem::take(&mut self.used)
    }
}

impl<W, U> Default for Queue<W, U> {
    fn default() -> Self {
        Self { warm: None, used: Vec::new(), is_maintained: false }
    }
}

/// Wipes used instances and makes a warm one, until no call ends any more or the plugin is gone.
async fn maintain(queue: Weak<Mutex<Queue<PermittedInstance, Instance>>>, permits: Arc<Semaphore>) {
    // Answers that are ready are sent first, and requests that have come are read.
    yield_now().await;
    loop {
        let Some(queue) = queue.upgrade() else { return };
        let used = queue.lock().take_used();
        let Some(last) = used.last() else { return };
        let template = last.template();
        drop(used);
        let is_warm = queue.lock().warm.is_some();
        let Some(template) = template.filter(|_| !is_warm) else { continue };
        let Ok(permit) = permits.clone().try_acquire_owned() else { continue };
        let Some(instance) = template.instantiate().await else { continue };
        queue.lock().warm = Some((instance, permit));
        tracing::debug!(plugin = template.plugin(), warm = 1, "warm instances are ready");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<u32, u32> {
        Queue::default()
    }

    #[test]
    fn one_task_maintains_the_queue_until_no_call_ends() {
        let mut queue = queue();
        assert_eq!(queue.push_used(1), (None, true));
        assert_eq!(queue.push_used(2), (None, false));
        assert_eq!(queue.take_used(), [1, 2]);
        assert_eq!(queue.push_used(3), (None, false));
        assert_eq!(queue.take_used(), [3]);
        assert!(queue.take_used().is_empty());
        assert_eq!(queue.push_used(4), (None, true));
    }

    #[test]
    fn a_used_instance_beyond_the_limit_is_handed_back() {
        let mut queue = queue();
        for used in 0..MAX_USED_INSTANCES {
            assert_eq!(queue.push_used(u32::try_from(used).unwrap()).0, None);
        }
        assert_eq!(queue.push_used(99).0, Some(99));
    }
}
