//! A component that is loaded when it is first needed, once, whoever waits for it and whoever gives up.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

use super::{component::Component, engine::Engine, load::LoadError, source::Source};

/// How long the compiler took, in the end.
type Loading = Shared<BoxFuture<'static, Result<Duration, LoadError>>>;

/// A component, or what it takes to have it.
pub(super) struct Lazy {
    engine: Engine,
    source: Source,
    component: Arc<OnceLock<Component>>,
    /// The last attempt. A std Mutex: never held across an await.
    loading: Mutex<Option<Loading>>,
}

impl Lazy {
    pub(super) fn new(engine: Engine, source: Source) -> Self {
        Self { engine, source, component: Arc::default(), loading: Mutex::default() }
    }

    /// The component, loaded now if it never was: compiled, if what was compiled before is gone or not what it was.
    ///
    /// # Errors
    /// It does not load. The next one to ask tries again.
    pub(super) async fn get(&self) -> Result<&Component, LoadError> {
        if let Some(component) = self.component.get() {
            return Ok(component);
        }
        self.load().await?;
        self.component.get().ok_or_else(|| LoadError::Host("it was loaded, and is not there".to_owned()))
    }

    /// Loads it if it never was; answers how long the compiler took.
    pub(super) async fn load(&self) -> Result<Duration, LoadError> {
        let loading = self.attempt();
        loading.await
    }

    /// The attempt that is under way, or a new one if none is or the last one failed.
    fn attempt(&self) -> Loading {
        let mut last = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(loading) if !loading.peek().is_some_and(Result::is_err) => loading.clone(),
            _ => last.insert(self.begin()).clone(),
        }
    }

    /// In a task: a call that gives up must not make the next one begin anew, or what takes longer to compile than a
    /// call may last would never be compiled.
    fn begin(&self) -> Loading {
        let (engine, source, component) = (self.engine.clone(), self.source.clone(), self.component.clone());
        let loading = tokio::spawn(async move {
            let (loaded, compiled) = Component::load(&engine, &source).await?;
            // Nobody else sets it: there is one attempt at a time, and none after one that was good.
            let _ = component.set(loaded);
            Ok(compiled)
        });
        let ended = loading.map(|ended| ended.unwrap_or_else(|error| Err(LoadError::Host(error.to_string()))));
        ended.boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts how often its bytes are asked for, which are no component.
    fn bad() -> (Lazy, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let source = Source::new(blake3::hash(b"bad"), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok((*b"bad").into())
        });
        (Lazy::new(Engine::without_state().expect("an engine"), source), asked)
    }

    #[tokio::test]
    async fn who_waits_together_shares_one_attempt_and_the_next_one_tries_again() {
        let (lazy, asked) = bad();
        let (one, other) = tokio::join!(lazy.get(), lazy.get());
        assert!(matches!(one.err(), Some(LoadError::NotAComponent(_))));
        assert!(other.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert!(lazy.get().await.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn an_attempt_goes_on_when_who_asked_for_it_gives_up() {
        let (lazy, asked) = bad();
        drop(lazy.attempt());
        assert!(lazy.get().await.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
