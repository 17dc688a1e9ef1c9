//! The exports of a component, in either version of the contract, under one set of methods.

use wasmtime::{
    Store,
    component::{Instance, InstancePre},
};

use super::store::StoreState;
use crate::contract::{
    ContractVersion, draft, lifecycle,
    prompts::{self, Prompt, PromptOutput},
    resources::{self, ResourceInfo, ResourceOutput},
    tools::{self, Tool, ToolOutput},
    types::ToolError,
};

/// An index of an interface's exports, for the version of the contract that the component was built for.
pub(super) enum Versioned<Frozen, Draft> {
    Frozen(Frozen),
    Draft(Draft),
}

/// Holds an index for each interface that the component exports. WIT has no optional exports, so each is probed.
pub(super) struct Exports {
    tools: Versioned<tools::GuestIndices, draft::tools::GuestIndices>,
    lifecycle: Option<Versioned<lifecycle::GuestIndices, draft::lifecycle::GuestIndices>>,
    prompts: Option<Versioned<prompts::GuestIndices, draft::prompts::GuestIndices>>,
    resources: Option<Versioned<resources::GuestIndices, draft::resources::GuestIndices>>,
}

/// Calls a function of an interface, in the version that the component exports.
macro_rules! call {
    ($guest:ident, $interface:expr, $function:ident($($argument:expr),*)) => {
        match $interface {
            Versioned::Frozen(it) => {
                it.load(&mut *$guest.store, &$guest.instance)?.$function(&mut *$guest.store $(, $argument)*).await
            }
            Versioned::Draft(it) => {
                it.load(&mut *$guest.store, &$guest.instance)?.$function(&mut *$guest.store $(, $argument)*).await
            }
        }
    };
}

impl Exports {
    /// Finds the exports of a component that was built for this version.
    ///
    /// # Errors
    /// It does not export `tools` as the version declares it.
    pub(super) fn probe(version: ContractVersion, pre: &InstancePre<StoreState>) -> wasmtime::Result<Self> {
        Ok(match version {
            ContractVersion::Frozen => Self {
                tools: Versioned::Frozen(tools::GuestIndices::new(pre)?),
                lifecycle: lifecycle::GuestIndices::new(pre).ok().map(Versioned::Frozen),
                prompts: prompts::GuestIndices::new(pre).ok().map(Versioned::Frozen),
                resources: resources::GuestIndices::new(pre).ok().map(Versioned::Frozen),
            },
            ContractVersion::Draft => Self {
                tools: Versioned::Draft(draft::tools::GuestIndices::new(pre)?),
                lifecycle: draft::lifecycle::GuestIndices::new(pre).ok().map(Versioned::Draft),
                prompts: draft::prompts::GuestIndices::new(pre).ok().map(Versioned::Draft),
                resources: draft::resources::GuestIndices::new(pre).ok().map(Versioned::Draft),
            },
        })
    }

    /// Returns whether the component wants to be told of loading and unloading.
    pub(super) fn has_lifecycle(&self) -> bool {
        self.lifecycle.is_some()
    }
}

/// An instance that is to be called, with the exports of its component.
pub(super) struct Guest<'s> {
    pub(super) exports: &'s Exports,
    pub(super) store: &'s mut Store<StoreState>,
    pub(super) instance: Instance,
}

impl Guest<'_> {
    pub(super) async fn list_tools(&mut self) -> wasmtime::Result<Vec<Tool>> {
        call!(self, &self.exports.tools, call_list_tools())
    }

    pub(super) async fn call_tool(
        &mut self,
        name: &str,
        arguments: &String,
    ) -> wasmtime::Result<Result<ToolOutput, ToolError>> {
        call!(self, &self.exports.tools, call_call_tool(name, arguments))
    }

    /// Lists the prompts; none if the component does not export any.
    pub(super) async fn list_prompts(&mut self) -> wasmtime::Result<Vec<Prompt>> {
        let Some(prompts) = &self.exports.prompts else { return Ok(Vec::new()) };
        call!(self, prompts, call_list_prompts())
    }

    pub(super) async fn get_prompt(
        &mut self,
        name: &str,
        arguments: &[(String, String)],
    ) -> wasmtime::Result<Result<PromptOutput, ToolError>> {
        let prompts = self.exports.prompts.as_ref().ok_or_else(missing)?;
        call!(self, prompts, call_get_prompt(name, arguments))
    }

    /// Lists the resources; none if the component does not export any.
    pub(super) async fn list_resources(&mut self) -> wasmtime::Result<Vec<ResourceInfo>> {
        let Some(resources) = &self.exports.resources else { return Ok(Vec::new()) };
        call!(self, resources, call_list_resources())
    }

    pub(super) async fn read_resource(
        &mut self,
        path: &str,
        variables: &[(String, String)],
    ) -> wasmtime::Result<Result<ResourceOutput, ToolError>> {
        let resources = self.exports.resources.as_ref().ok_or_else(missing)?;
        call!(self, resources, call_read_resource(path, variables))
    }

    /// Tells the component that it is loaded, if it wants to know. The inner error is its refusal.
    pub(super) async fn start(&mut self) -> wasmtime::Result<Result<(), String>> {
        let Some(lifecycle) = &self.exports.lifecycle else { return Ok(Ok(())) };
        call!(self, lifecycle, call_start())
    }

    /// Tells the component that it is unloaded, if it wants to know.
    pub(super) async fn stop(&mut self) -> wasmtime::Result<()> {
        let Some(lifecycle) = &self.exports.lifecycle else { return Ok(()) };
        call!(self, lifecycle, call_stop())
    }
}

/// Makes the error of an export that this very component had when it listed its catalog.
fn missing() -> wasmtime::Error {
    wasmtime::Error::msg("the export is gone")
}
