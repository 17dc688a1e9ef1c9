//! A pool of warm instances per plugin: made before their call, and wiped after their caller has its answer.
//!
//! Both happen a moment after a call, for all calls of that moment together: waking a thread for each would cost the
//! calls the time that it saves them. The pool grows to the number of calls in that moment, and shrinks to one when
//! idle.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use super::instance::{Instance, WarmInstance};

/// A used instance waits this time to be wiped, so that others may join it.
const WIPE_DELAY: Duration = Duration::from_millis(1);

/// The most used instances of one plugin that wait to be wiped: they hold places in the allocator's pool. So this is also
/// the most warm instances of one plugin.
const MAX_USED_INSTANCES: usize = 8;

/// Holds the instances of one plugin that are warm, and those that are used.
pub(super) struct WarmPool {
    queue: Arc<Mutex<Queue<PermittedInstance, Instance>>>,
    /// Has one permit for each warm instance of all plugins.
    permits: Arc<Semaphore>,
}

type PermittedInstance = (WarmInstance, OwnedSemaphorePermit);

struct Queue<W, U> {
    warm: Vec<W>,
    used: Vec<U>,
    /// Is set while a task maintains the queue.
    is_maintained: bool,
}

impl WarmPool {
    /// Makes an empty pool.
    pub(super) fn new(permits: Arc<Semaphore>) -> Self {
        Self { queue: Arc::default(), permits }
    }

    /// Takes a warm instance, if there is one.
    pub(super) fn take(&self) -> Option<WarmInstance> {
        self.queue.lock().warm.pop().map(|(instance, _)| instance)
    }

    /// Takes an instance whose call ended. It is wiped and replaced later.
    pub(super) fn recycle(&self, instance: Instance) {
        // The lock is not held while an instance is dropped.
        let (surplus, is_first) = self.queue.lock().push_used(instance);
        drop(surplus);
        if is_first {
            tokio::spawn(maintain(Arc::downgrade(&self.queue), self.permits.clone()));
        }
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

    /// Takes all used instances. If there is none, the task ends, and all warm instances but one are taken.
    fn take_used(&mut self) -> (Vec<U>, Vec<W>) {
        if !self.used.is_empty() {
            return (std::mem::take(&mut self.used), Vec::new());
        }
        self.is_maintained = false;
        (Vec::new(), self.warm.split_off(self.warm.len().min(1)))
    }
}

impl<W, U> Default for Queue<W, U> {
    fn default() -> Self {
        Self { warm: Vec::new(), used: Vec::new(), is_maintained: false }
    }
}

/// Wipes used instances and makes warm ones, until no call ends any more or the plugin is gone.
async fn maintain(queue: Weak<Mutex<Queue<PermittedInstance, Instance>>>, permits: Arc<Semaphore>) {
    loop {
        sleep(WIPE_DELAY).await;
        let Some(queue) = queue.upgrade() else { return };
        let (used, surplus) = queue.lock().take_used();
        drop(surplus);
        let Some(last) = used.last() else { return };
        let (template, wanted) = (last.template(), used.len());
        drop(used);
        let Some(template) = template else { continue };
        let warm = queue.lock().warm.len();
        for _ in warm..wanted {
            let Ok(permit) = permits.clone().try_acquire_owned() else { break };
            let Some(instance) = template.instantiate().await else { break };
            queue.lock().warm.push((instance, permit));
        }
        let warm = queue.lock().warm.len();
        tracing::debug!(plugin = template.plugin(), warm, "warm instances are ready");
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
        assert_eq!(queue.take_used(), (vec![1, 2], vec![]));
        assert_eq!(queue.push_used(3), (None, false));
        assert_eq!(queue.take_used(), (vec![3], vec![]));
        assert_eq!(queue.take_used(), (vec![], vec![]));
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

    #[test]
    fn one_instance_stays_warm_when_idle() {
        let mut queue = queue();
        queue.warm.extend([1, 2, 3]);
        queue.push_used(0);
        assert_eq!(queue.take_used(), (vec![0], vec![]), "a call ended");
        assert_eq!(queue.take_used(), (vec![], vec![2, 3]));
        assert_eq!(queue.warm, [1]);
    }
}
