//! A component that is linked for one allocator and whose exports are known.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{self, InstancePre};

use super::{allocator::Allocator, error::PluginError, exports::Exports, store::StoreState};
use crate::contract::{Invalid, Surface};

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

/// A place in the pool, held as long as its instance lives; none for an instance on demand.
pub(super) type PoolPermit = Option<OwnedSemaphorePermit>;

impl ReadyComponent {
    /// Links a component.
    ///
    /// # Errors
    /// It imports a function that this host does not have, or does not export `tools` as the contract declares it.
    pub(super) fn link(allocator: &Allocator, component: &component::Component) -> Result<Self, PluginError> {
        let surface = Surface::from_component(component);
        let version = surface.check_version()?;
        surface.check_packages()?;
        let pre = allocator.linker.instantiate_pre(component).map_err(|error| {
            Invalid::new(format!("it does not fit the contract lamplighter:plugin@{}: {error:#}", version.number()))
        })?;
        let exports = Exports::probe(version, &pre)
            .map_err(|error| surface.explain_missing_tools(version, &format!("{error:#}")))?;
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
