//! A component that is loaded when it is first needed. Concurrent callers share one attempt.

use std::sync::Arc;

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;

use super::{component::Component, component_source::ComponentSource, engine::Engine, error::PluginError};

/// An attempt to load, shared by all callers that wait for it.
type Attempt = Shared<BoxFuture<'static, Result<Arc<Component>, PluginError>>>;

/// A component that may be loaded, and its source.
pub(super) struct LazyComponent {
    engine: Engine,
    source: ComponentSource,
    last_attempt: Mutex<Option<Attempt>>,
}

impl LazyComponent {
    /// Makes a component that is not loaded yet.
    pub(super) fn new(engine: Engine, source: ComponentSource) -> Self {
        Self { engine, source, last_attempt: Mutex::default() }
    }

    /// Returns the source of the component's bytes.
    pub(super) fn source(&self) -> &ComponentSource {
        &self.source
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
        let attempt = tokio::spawn(Component::load(self.engine.clone(), self.source.clone()));
        let loaded = attempt.map(|ended| ended.map_err(PluginError::host)?.map(Arc::new));
        loaded.boxed().shared()
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
        (LazyComponent::new(Engine::without_state().expect("an engine"), source), reads)
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
}
