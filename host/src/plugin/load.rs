//! Loading: from bytes to a plugin whose catalog is valid. Compiles, links, describes and validates.
//!
//! A plugin that loaded in an earlier run comes from the metadata cache, and its component is loaded with the first call.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::{
    catalog::{Catalog, RawCatalog, Validation},
    circuit_breaker::CircuitBreaker,
    component_source::ComponentSource,
    engine::Engine,
    error::PluginError,
    lazy_component::LazyComponent,
    loaded::Plugin,
    metadata_cache::{CachedMetadata, MetadataKey},
};
use crate::{
    capability::{RateLimiters, Services},
    config::PluginConfig,
    contract::{Surface, milliseconds},
};

/// The bytes of a plugin that may be loaded, with its rights.
#[derive(Clone)]
pub(crate) struct PluginCandidate {
    /// Names the plugin.
    pub(crate) name: Arc<str>,
    /// Reads the bytes of its component.
    pub(crate) source: ComponentSource,
    /// Configures its rights and limits.
    pub(crate) config: Arc<PluginConfig>,
    /// Provides the services that it may reach.
    pub(crate) services: Arc<Services>,
}

impl PluginCandidate {
    /// Loads the plugin. Calls no export but `list-tools`, `list-prompts` and `list-resources`.
    ///
    /// # Errors
    /// The bytes are not a valid plugin, or the host failed.
    pub(crate) async fn load(self, engine: &Engine) -> Result<Plugin, PluginError> {
        self.load_with_catalog(engine).await.map(|(plugin, _)| plugin)
    }

    /// Loads the plugin, and keeps its metadata for [`load_cached`](Self::load_cached).
    ///
    /// # Errors
    /// As of [`load`](Self::load).
    pub(crate) async fn load_and_cache(self, engine: &Engine) -> Result<Plugin, PluginError> {
        let (plugin, catalog) = self.load_with_catalog(engine).await?;
        let (surface, has_lifecycle) = (plugin.surface.clone(), plugin.has_lifecycle);
        engine.cache_metadata(key(&plugin), CachedMetadata { surface, has_lifecycle, catalog }).await;
        Ok(plugin)
    }

    /// Returns the plugin as it loaded in an earlier run, if its metadata is in the cache.
    pub(crate) async fn load_cached(self, engine: &Engine) -> Option<Plugin> {
        let plugin = self.into_unloaded(engine).ok()?;
        let metadata = engine.cached_metadata(key(&plugin)).await?;
        let catalog = Catalog::validate(metadata.catalog, Validation::Cached).await.ok()?;
        Some(Plugin { catalog, surface: metadata.surface, has_lifecycle: metadata.has_lifecycle, ..plugin })
    }

    async fn load_with_catalog(self, engine: &Engine) -> Result<(Plugin, RawCatalog), PluginError> {
        let mut plugin = self.into_unloaded(engine)?;
        let component = plugin.component.get().await?;
        (plugin.surface, plugin.has_lifecycle) = (component.surface().clone(), component.has_lifecycle());
        plugin.compile_ms = Some(milliseconds(component.compile_time()));
        let catalog = {
            let _slot = engine.load_slot().await;
            plugin.describe().await?
        };
        plugin.catalog = Catalog::validate(catalog.clone(), Validation::Full).await?;
        Ok((plugin, catalog))
    }

    /// Makes a plugin whose catalog and surface are still empty.
    fn into_unloaded(self, engine: &Engine) -> Result<Plugin, PluginError> {
        let Self { name, source, config, services } = self;
        let engine = engine.with_stack(config.limits.stack_bytes);
        let engine = engine.map_err(|error| PluginError::Host(format!("no engine for its stack: {error:#}")))?;
        Ok(Plugin {
            name,
            digest: source.digest,
            catalog: Catalog::default(),
            compile_ms: None,
            slots: Semaphore::new(config.limits.concurrent_calls),
            breaker: CircuitBreaker::default(),
            calls: TaskTracker::new(),
            rate_limiters: RateLimiters::new(&config.limits),
            config,
            component: LazyComponent::new(engine, source),
            surface: Surface::default(),
            has_lifecycle: false,
            services,
        })
    }
}

fn key(plugin: &Plugin) -> MetadataKey {
    MetadataKey::new(plugin.digest, &plugin.name, &plugin.config)
}
