//! A component that is linked for one allocator and whose exports are known.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{
    Store,
    component::{self, InstancePre},
};

use super::{allocator::Allocator, error::PluginError, store::StoreState};
use crate::contract::{CONTRACT_VERSION, Invalid, Surface, lifecycle, prompts, resources, tools};

/// A component that can be instantiated. wasmtime binds it, and the indices of its exports, to the allocator's engine.
pub(super) struct ReadyComponent {
    /// Is the linked component.
    pub(super) pre: InstancePre<StoreState>,
    /// Describes the imports and exports.
    pub(super) surface: Surface,
    /// Holds an index for each export that the component has.
    pub(super) exports: Exports,
    pool_permits: Option<Arc<Semaphore>>,
}

/// Holds an index for each export that the component has. WIT has no optional exports, so each is probed.
pub(super) struct Exports {
    pub(super) tools: tools::GuestIndices,
    pub(super) lifecycle: Option<lifecycle::GuestIndices>,
    pub(super) prompts: Option<prompts::GuestIndices>,
    pub(super) resources: Option<resources::GuestIndices>,
}

/// A place in the pool, held as long as its instance lives; none for an instance on demand.
pub(super) type PoolPermit = Option<OwnedSemaphorePermit>;

/// An instance that is to be called, with the exports of its component.
pub(super) struct Guest<'s> {
    pub(super) exports: &'s Exports,
    pub(super) store: &'s mut Store<StoreState>,
    pub(super) instance: component::Instance,
}

impl ReadyComponent {
    /// Links a component.
    ///
    /// # Errors
    /// It imports a function that this host does not have, or does not export `tools` as the contract declares it.
    pub(super) fn link(allocator: &Allocator, component: &component::Component) -> Result<Self, PluginError> {
        let surface = Surface::from_component(component);
        surface.check_version()?;
        surface.check_packages()?;
        let pre = allocator.linker.instantiate_pre(component).map_err(|error| {
            Invalid::new(format!("it does not fit the contract lamplighter:plugin@{CONTRACT_VERSION}: {error:#}"))
        })?;
        let exports = Exports {
            tools: tools::GuestIndices::new(&pre)
                .map_err(|error| surface.explain_missing_tools(&format!("{error:#}")))?,
            lifecycle: lifecycle::GuestIndices::new(&pre).ok(),
            prompts: prompts::GuestIndices::new(&pre).ok(),
            resources: resources::GuestIndices::new(&pre).ok(),
        };
        Ok(Self { pre, surface, exports, pool_permits: allocator.pool_permits.clone() })
    }

    /// Takes a place for one instance; none if this is the pool and it is full.
    pub(super) fn try_reserve(&self) -> Option<PoolPermit> {
        match &self.pool_permits {
            None => Some(None),
            Some(permits) => permits.clone().try_acquire_owned().ok().map(Some),
        }
    }
}
