//! The threads on which calls run.
//!
//! A call that is alone runs on the thread that read its request and will write its answer, so that no thread has to be
//! woken. Calls that come meanwhile run side by side on worker threads. So do the calls of a plugin that computes long,
//! because nothing else happens on a thread while a guest computes.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinError, yield_now},
};
use tokio_util::task::AbortOnDropHandle;

/// The most worker threads, however many processors there are.
const MAX_WORKERS: usize = 8;

/// Runs calls. The worker threads are started when a call first needs one.
#[derive(Default)]
pub(super) struct Workers {
    under_way: AtomicUsize,
    /// Holds none if the threads cannot be started.
    runtime: OnceLock<Option<Runtime>>,
}

/// Counts a call as under way until it is dropped.
struct UnderWay<'a>(&'a AtomicUsize);

impl Workers {
    /// Runs a call to its end. A call that is given up is dropped wherever it runs.
    ///
    /// # Errors
    /// The call panicked on a worker thread, or the program ends.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        computes_long: bool,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let _counted = UnderWay(&self.under_way);
        // Calls whose requests came together are all counted before the first of them begins.
        yield_now().await;
        let is_alone = self.under_way.load(Ordering::Relaxed) == 1;
        match self.runtime(is_alone && !computes_long) {
            Some(runtime) => AbortOnDropHandle::new(runtime.spawn(call)).await,
            None => Ok(call.await),
        }
    }

    /// Returns the runtime of the worker threads; none for a call that runs on this thread.
    fn runtime(&self, runs_here: bool) -> Option<&Runtime> {
        if runs_here { None } else { self.runtime.get_or_init(start).as_ref() }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // To wait for the threads, as a runtime does that is dropped, is not allowed on a thread of another runtime.
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

fn start() -> Option<Runtime> {
    let count = thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS);
    let started = Builder::new_multi_thread().worker_threads(count).thread_name("calls").enable_all().build();
    started.inspect_err(|error| tracing::warn!(%error, "no worker threads: calls run one after the other")).ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread::ThreadId,
    };

    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    async fn thread_of_call(workers: &Workers, computes_long: bool) -> ThreadId {
        workers.run(computes_long, async { thread::current().id() }).await.unwrap()
    }

    #[tokio::test]
    async fn a_call_that_is_alone_runs_on_the_thread_of_its_session_and_starts_no_other() {
        let workers = Workers::default();
        for _ in 0..3 {
            assert_eq!(thread_of_call(&workers, false).await, thread::current().id());
        }
        assert!(workers.runtime.get().is_none());
    }

    #[tokio::test]
    async fn calls_that_come_together_run_side_by_side() {
        let workers = Workers::default();
        let (one, other) = tokio::join!(thread_of_call(&workers, false), thread_of_call(&workers, false));
        assert!(one != thread::current().id() && other != thread::current().id());
    }

    #[tokio::test]
    async fn a_call_that_comes_while_another_waits_runs_on_a_worker_and_the_next_alone_does_not() {
        let workers = Workers::default();
        let (end, ended) = oneshot::channel::<()>();
        let (first, second) = tokio::join!(workers.run(false, ended), async {
            for _ in 0..3 {
                yield_now().await;
            }
            let second = thread_of_call(&workers, false).await;
            end.send(()).unwrap();
            second
        });
        first.unwrap().unwrap();
        assert_ne!(second, thread::current().id());
        assert_eq!(thread_of_call(&workers, false).await, thread::current().id());
    }

    #[tokio::test]
    async fn a_call_that_computes_long_does_not_keep_the_session_waiting() {
        let workers = Workers::default();
        // The call blocks its thread until the session's thread, which must be another one, goes on.
        let (session, call) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (reached, wait) = (call.clone(), session.clone());
        let blocking = workers.run(true, async move {
            reached.wait();
            wait.wait();
        });
        let (ended, ()) = tokio::join!(blocking, async {
            // The call is handed over after the first of these.
            for _ in 0..3 {
                yield_now().await;
            }
            call.wait();
            session.wait();
        });
        ended.unwrap();
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_is_dropped_on_its_worker() {
        let workers = Workers::default();
        let (held, dropped) = oneshot::channel::<()>();
        let given_up = workers.run(true, async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        let mut given_up = Box::pin(given_up);
        assert!((&mut given_up).now_or_never().is_none());
        yield_now().await;
        assert!((&mut given_up).now_or_never().is_none(), "it never ends");
        drop(given_up);
        assert!(dropped.await.is_err());
        assert_eq!(workers.under_way.load(Ordering::Relaxed), 0);
    }
}
