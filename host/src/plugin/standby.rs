//! Instances that are made before they are called, and wiped after their caller has its answer.
//!
//! Both are done a moment after a call, for all calls of that moment together: waking a thread for each would take from
//! the calls what it saves them. As many stand by as were needed in that moment, and one if nothing happens.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use super::{
    engine::Engine,
    instance::{Fresh, Guest},
};

/// How long what ended waits to be wiped, so that others may join it.
const MOMENT: Duration = Duration::from_millis(1);

/// What stands by of one plugin at most; and what waits to be wiped of it, which takes room in the pool.
const MOST: usize = 8;

/// The instances of one plugin before and after their calls.
pub(super) struct Standby {
    queue: Arc<Mutex<Queue<Standing, Guest>>>,
    /// One for each instance that stands by, of whatever plugin.
    permits: Arc<Semaphore>,
}

type Standing = (Fresh, OwnedSemaphorePermit);

struct Queue<S, E> {
    standing: Vec<S>,
    ended: Vec<E>,
    /// Whether a task looks after the two.
    is_tended: bool,
}

impl Standby {
    pub(super) fn new(engine: &Engine) -> Self {
        Self { queue: Arc::default(), permits: engine.standby() }
    }

    /// An instance for a call, if one stands by.
    pub(super) fn take(&self) -> Option<Fresh> {
        lock(&self.queue).standing.pop().map(|(fresh, _)| fresh)
    }

    /// Takes an instance whose call is over.
    pub(super) fn ended(&self, guest: Guest) {
        let (too_many, begin) = lock(&self.queue).put(guest);
        drop(too_many);
        if begin {
            tokio::spawn(tend(Arc::downgrade(&self.queue), self.permits.clone()));
        }
    }
}

impl<S, E> Queue<S, E> {
    /// Takes what ended, or hands it back if too much waits already; and whether a task must begin to look after it.
    fn put(&mut self, ended: E) -> (Option<E>, bool) {
        let begin = !std::mem::replace(&mut self.is_tended, true);
        if self.ended.len() < MOST {
            self.ended.push(ended);
            return (None, begin);
        }
        (Some(ended), begin)
    }

    /// Hands over what ended. If nothing did, the task is over, and all but one of those that stand by go.
    fn next(&mut self) -> (Vec<E>, Vec<S>) {
        if !self.ended.is_empty() {
            return (std::mem::take(&mut self.ended), Vec::new());
        }
        self.is_tended = false;
        (Vec::new(), self.standing.split_off(self.standing.len().min(1)))
    }
}

impl<S, E> Default for Queue<S, E> {
    fn default() -> Self {
        Self { standing: Vec::new(), ended: Vec::new(), is_tended: false }
    }
}

// A std Mutex: held for a few lines, never across an await, nor while an instance is dropped.
fn lock<T>(queue: &Mutex<T>) -> MutexGuard<'_, T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wipes what ended and makes what will be needed, until nothing ends any more or the plugin is gone.
async fn tend(queue: Weak<Mutex<Queue<Standing, Guest>>>, permits: Arc<Semaphore>) {
    loop {
        sleep(MOMENT).await;
        let Some(queue) = queue.upgrade() else { return };
        let (ended, surplus) = lock(&queue).next();
        drop(surplus);
        let Some(last) = ended.last() else { return };
        let (pattern, wanted) = (last.pattern(), ended.len());
        drop(ended);
        let Some(pattern) = pattern else { continue };
        let standing = lock(&queue).standing.len();
        for _ in standing..wanted {
            let Ok(permit) = permits.clone().try_acquire_owned() else { break };
            let Some(fresh) = Fresh::like(&pattern).await else { break };
            lock(&queue).standing.push((fresh, permit));
        }
        let standing = lock(&queue).standing.len();
        tracing::debug!(plugin = pattern.plugin(), standing, "instances stand by");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<u32, u32> {
        Queue::default()
    }

    #[test]
    fn one_task_looks_after_all_that_ends_until_nothing_does() {
        let mut queue = queue();
        assert_eq!(queue.put(1), (None, true));
        assert_eq!(queue.put(2), (None, false));
        assert_eq!(queue.next(), (vec![1, 2], vec![]));
        assert_eq!(queue.put(3), (None, false));
        assert_eq!(queue.next(), (vec![3], vec![]));
        assert_eq!(queue.next(), (vec![], vec![]));
        assert_eq!(queue.put(4), (None, true));
    }

    #[test]
    fn what_is_too_much_to_wait_is_handed_back() {
        let mut queue = queue();
        for ended in 0..MOST {
            assert_eq!(queue.put(u32::try_from(ended).unwrap()).0, None);
        }
        assert_eq!(queue.put(99).0, Some(99));
    }

    #[test]
    fn one_stands_by_when_nothing_happens() {
        let mut queue = queue();
        queue.standing.extend([1, 2, 3]);
        queue.put(0);
        assert_eq!(queue.next(), (vec![0], vec![]), "something happened");
        assert_eq!(queue.next(), (vec![], vec![2, 3]));
        assert_eq!(queue.standing, [1]);
    }
}
