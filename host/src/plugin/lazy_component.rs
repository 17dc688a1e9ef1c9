//! A component that is loaded when it is first needed, and whose code is optimised later. Concurrent callers share one
//! attempt to load.

use std::{
    future::ready,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    code_settings::Tier, component::Component, component_source::ComponentSource, engine::Engine, error::PluginError,
};

/// The time from the end of quick compilation to the beginning of optimisation. Other plugins that load meanwhile, and the
/// first calls, have the processor for themselves; and a file that is replaced at once is not optimised in vain.
const OPTIMISE_DELAY: Duration = Duration::from_secs(1);

/// An attempt to load, shared by all callers that wait for it.
type Attempt = Shared<BoxFuture<'static, Result<Arc<Component>, PluginError>>>;

/// The last attempt to load, or the optimised component in its place.
type LastAttempt = Mutex<Option<Attempt>>;

/// A component that may be loaded, and its source. Dropping it ends its optimisation.
pub(super) struct LazyComponent {
    loader: Loader,
    last_attempt: Arc<LastAttempt>,
    _optimisation: DropGuard,
}

/// What is needed to load the component, once or again.
#[derive(Clone)]
struct Loader {
    plugin: Arc<str>,
    engine: Engine,
    source: ComponentSource,
    /// Is cancelled when the component is no longer wanted.
    dropped: CancellationToken,
}

impl LazyComponent {
    /// Makes a component that is not loaded yet.
    pub(super) fn new(plugin: Arc<str>, engine: Engine, source: ComponentSource) -> Self {
        let dropped = CancellationToken::new();
        let loader = Loader { plugin, engine, source, dropped: dropped.clone() };
        Self { loader, last_attempt: Arc::default(), _optimisation: dropped.drop_guard() }
    }

    /// Returns the source of the component's bytes.
    pub(super) fn source(&self) -> &ComponentSource {
        &self.loader.source
    }

    /// Returns the component, and loads it if it never was.
    ///
    /// # Errors
    /// It cannot be loaded. The next caller tries again.
    pub(super) async fn get(&self) -> Result<Arc<Component>, PluginError> {
        let attempt = self.attempt();
        attempt.await
    }

    /// Returns the component if it is loaded.
    pub(super) fn loaded(&self) -> Option<Arc<Component>> {
        self.last_attempt.lock().as_ref()?.peek()?.as_ref().ok().cloned()
    }

    /// Returns the last attempt if it succeeded or is under way, or a new one.
    fn attempt(&self) -> Attempt {
        let mut last = self.last_attempt.lock();
        match &*last {
            Some(attempt) if !attempt.peek().is_some_and(Result::is_err) => attempt.clone(),
            _ => last.insert(self.begin()).clone(),
        }
    }

    /// Begins an attempt in a task of its own. It goes on when its caller gives up: otherwise a component that takes
    /// longer to compile than a call may last would never be compiled.
    fn begin(&self) -> Attempt {
        let attempt = tokio::spawn(self.loader.clone().load(Arc::downgrade(&self.last_attempt)));
        attempt.map(|ended| ended.map_err(PluginError::host)?).boxed().shared()
    }
}

impl Loader {
    /// Loads the component. If its code is quick, its optimisation follows.
    async fn load(self, last_attempt: Weak<LastAttempt>) -> Result<Arc<Component>, PluginError> {
        let component = Component::load(self.engine.clone(), self.source.clone()).await?;
        if component.tier() == Tier::Quick {
            tokio::spawn(self.optimise(last_attempt));
        }
        Ok(Arc::new(component))
    }

    /// Puts the optimised component in the place of the quick one. The calls under way end on the quick one.
    async fn optimise(self, last_attempt: Weak<LastAttempt>) {
        let Self { plugin, engine, source, dropped } = self;
        let work = async {
            sleep(OPTIMISE_DELAY).await;
            Component::compile(engine, source, Tier::Optimised).await
        };
        match dropped.run_until_cancelled(work).await {
            None => {}
            Some(Err(error)) => tracing::warn!(%plugin, %error, "its code cannot be optimised, and stays slower"),
            Some(Ok(component)) => {
                let ms = component.compile_time().as_millis();
                tracing::info!(%plugin, ms, "optimised code is in place");
                if let Some(last_attempt) = last_attempt.upgrade() {
                    *last_attempt.lock() = Some(ready(Ok(Arc::new(component))).boxed().shared());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Makes a component whose bytes are not a component, and counts how often they are read.
    fn invalid_component() -> (LazyComponent, Arc<AtomicUsize>) {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = reads.clone();
        let source = ComponentSource::new(blake3::hash(b"bad"), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok((*b"bad").into())
        });
        (LazyComponent::new("bad".into(), Engine::without_state().expect("an engine"), source), reads)
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_attempt_and_the_next_one_tries_again() {
        let (lazy, reads) = invalid_component();
        let (one, other) = tokio::join!(lazy.get(), lazy.get());
        assert!(matches!(one.err(), Some(PluginError::NotAComponent(_))));
        assert!(other.is_err());
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        assert!(lazy.get().await.is_err());
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_attempt_goes_on_when_its_caller_gives_up() {
        let (lazy, reads) = invalid_component();
        drop(lazy.attempt());
        assert!(lazy.get().await.is_err());
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    /// Makes a component that loads, and counts how often its bytes are read.
    fn valid_component(engine: Engine) -> (LazyComponent, Arc<AtomicUsize>) {
        let bytes: Arc<[u8]> = lamplighter_tests::guest("echo").expect("a guest").into();
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = reads.clone();
        let source = ComponentSource::new(blake3::hash(&bytes), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(bytes.clone())
        });
        (LazyComponent::new("echo".into(), engine, source), reads)
    }

    #[tokio::test(start_paused = true)]
    async fn optimised_code_takes_the_place_of_quick_code_and_is_kept_for_the_next_start() {
        let engine = Engine::without_state().unwrap();
        let (lazy, _) = valid_component(engine.clone());
        let first = lazy.get().await.unwrap();
        assert_eq!(first.tier(), Tier::Quick);
        while Arc::ptr_eq(&lazy.get().await.unwrap(), &first) {
            sleep(OPTIMISE_DELAY).await;
        }
        assert_eq!(lazy.get().await.unwrap().tier(), Tier::Optimised);

        let (next_start, reads) = valid_component(engine);
        assert_eq!(next_start.get().await.unwrap().tier(), Tier::Optimised);
        assert_eq!(reads.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_component_that_is_dropped_is_not_optimised() {
        let (lazy, reads) = valid_component(Engine::without_state().unwrap());
        lazy.get().await.unwrap();
        drop(lazy);
        let read_for_quick_code = reads.load(Ordering::SeqCst);
        sleep(OPTIMISE_DELAY * 10).await;
        assert_eq!(reads.load(Ordering::SeqCst), read_for_quick_code);
    }
}
