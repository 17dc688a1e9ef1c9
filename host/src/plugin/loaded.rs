//! A loaded plugin: each method calls one export of it, in an instance of its own.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use tokio_util::task::TaskTracker;

use super::{
    catalog::{Catalog, Prompt, RawCatalog, Resource, Tool, Validation, Variables},
    circuit_breaker::CircuitBreaker,
    error::PluginError,
    exports::Guest,
    instance::Work,
    lazy_component::LazyComponent,
    toolchain::Toolchain,
};
use crate::{
    capability::{Call, InstanceContext, Phase, RateLimiters, Services},
    config::PluginConfig,
    contract::{Surface, prompts, resources, tools, types::ToolError},
};

/// A call may take this time, unless its tool declares more.
pub(crate) const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// `list-tools` and its like may take this time together, instantiation included.
const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(2);
/// `start` may take this time.
const START_TIMEOUT: Duration = Duration::from_secs(5);
/// `stop` may take this time.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);
/// Limits the characters of a plugin's reason not to start.
const MAX_REASON_CHARS: usize = 2_000;

/// A plugin that loaded and may be called. Its checks hold as long as it lives.
pub(crate) struct Plugin {
    /// Is the name of the file without `.wasm`.
    pub(crate) name: Arc<str>,
    /// Identifies the component by its BLAKE3 digest.
    pub(crate) digest: blake3::Hash,
    /// Lists the tools, prompts and resources.
    pub(crate) catalog: Catalog,
    /// Is the time that the compiler took, in milliseconds. None if the catalog came from the metadata cache, and the
    /// component is loaded with the first call.
    pub(crate) compile_ms: Option<u64>,
    /// Configures the plugin's rights and limits.
    pub(crate) config: Arc<PluginConfig>,
    /// Holds a permit for each call that may run at once.
    pub(crate) slots: Semaphore,
    /// Refuses calls after repeated crashes.
    pub(crate) breaker: CircuitBreaker,
    /// Counts the calls under way; `stop` waits until there are none.
    pub(crate) calls: TaskTracker,
    pub(super) rate_limiters: RateLimiters,
    pub(super) component: LazyComponent,
    pub(super) surface: Surface,
    pub(super) has_lifecycle: bool,
    pub(super) services: Arc<Services>,
}

impl Plugin {
    /// Returns the imports and exports.
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Returns whether the plugin exports `lifecycle`.
    pub(crate) fn has_lifecycle(&self) -> bool {
        self.has_lifecycle
    }

    /// Checks that no tool or prompt has the name of another plugin's. Resources carry their plugin's name.
    ///
    /// # Errors
    /// A name is taken; the error has the first one.
    pub(crate) fn check_collisions(&self, other: &Self) -> Result<(), PluginError> {
        if self.name == other.name {
            return Ok(());
        }
        let taken = self.catalog.names().find(|name| other.catalog.names().any(|other| other == *name));
        match taken {
            Some((kind, name)) => {
                Err(PluginError::NameTaken { kind, name: name.to_owned(), owner: other.name.to_string() })
            }
            None => Ok(()),
        }
    }

    /// Returns the deadline of a call: the time that it declares, up to the plugin's wall limit.
    pub(crate) fn deadline(&self, began: Instant, expected: Option<Duration>) -> Instant {
        began + call_timeout(expected).min(self.config.limits.wall)
    }

    /// Returns whether the call that ended last computed for so long that it must not keep others waiting.
    pub(crate) fn computes_long(&self) -> bool {
        self.component.loaded().is_some_and(|component| component.has_computed())
    }

    /// Returns whether the plugin's wall limit is below the time that a call declares.
    pub(crate) fn is_cut_short(&self, expected: Option<Duration>) -> bool {
        self.config.limits.wall < call_timeout(expected)
    }

    /// Recognises the toolchain that built the component.
    ///
    /// # Errors
    /// The component cannot be loaded, or its bytes cannot be read any more.
    pub(crate) async fn toolchain(&self) -> Result<Toolchain, PluginError> {
        let (bytes, component) = (self.component.source().read().await?, self.component.get().await?);
        Ok(Toolchain::of(&bytes, component.definition()))
    }

    /// Lists the catalog once more.
    ///
    /// # Errors
    /// The plugin did not answer, or its catalog breaks a rule.
    pub(crate) async fn describe_again(&self) -> Result<Catalog, PluginError> {
        Catalog::validate(self.describe().await?, Validation::Full).await
    }

    /// Lists the catalog and does not check it.
    pub(super) async fn describe(&self) -> Result<RawCatalog, PluginError> {
        let call = Call::internal("describe", DESCRIBE_TIMEOUT);
        let described = self.run(Phase::Describing, call, |mut guest| {
            Box::pin(async move {
                Ok(RawCatalog {
                    tools: guest.list_tools().await?,
                    prompts: guest.list_prompts().await?,
                    resources: guest.list_resources().await?,
                })
            })
        });
        described.await.map_err(|error| PluginError::Describe(Box::new(error)))
    }

    /// Calls `start`, in which a plugin may refuse to work. Does nothing for plugins without `lifecycle`.
    ///
    /// # Errors
    /// The component cannot be loaded, or `start` refused or failed.
    pub(crate) async fn start(&self) -> Result<(), PluginError> {
        // The component is loaded before the time of `start` begins.
        self.component.get().await?;
        let call = Call::internal("start", START_TIMEOUT);
        let started = self.run(Phase::Serving, call, |mut guest| Box::pin(async move { guest.start().await }));
        let started = started.await.map_err(|error| PluginError::Start(error.to_string()))?;
        started.map_err(|reason| PluginError::Start(reason.chars().take(MAX_REASON_CHARS).collect()))
    }

    /// Calls `stop` after the last call ended. Does nothing for plugins without `lifecycle`.
    pub(crate) async fn stop(&self) {
        self.calls.close();
        self.calls.wait().await;
        if !self.has_lifecycle() {
            return;
        }
        let call = Call::internal("stop", STOP_TIMEOUT);
        let stopped = self.run(Phase::Serving, call, |mut guest| Box::pin(async move { guest.stop().await }));
        if let Err(error) = stopped.await {
            tracing::warn!(plugin = %self.name, %error, "stop failed");
        }
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// The tool answered with an error, or did not answer.
    pub(crate) async fn call_tool(
        &self,
        tool: &Tool,
        arguments: String,
        call: Call,
    ) -> Result<tools::ToolOutput, PluginError> {
        let name = tool.name.clone();
        self.serve(call, move |mut guest| Box::pin(async move { guest.call_tool(&name, &arguments).await })).await
    }

    /// Gets the messages of a prompt.
    ///
    /// # Errors
    /// As of [`call_tool`](Self::call_tool).
    pub(crate) async fn get_prompt(
        &self,
        prompt: &Prompt,
        arguments: Vec<(String, String)>,
        call: Call,
    ) -> Result<prompts::PromptOutput, PluginError> {
        let name = prompt.name.clone();
        self.serve(call, move |mut guest| Box::pin(async move { guest.get_prompt(&name, &arguments).await })).await
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// As of [`call_tool`](Self::call_tool).
    pub(crate) async fn read_resource(
        &self,
        resource: &Resource,
        variables: Variables,
        call: Call,
    ) -> Result<resources::ResourceOutput, PluginError> {
        let path = resource.path.clone();
        self.serve(call, move |mut guest| Box::pin(async move { guest.read_resource(&path, &variables).await })).await
    }

    /// Runs an export that answers with the contract's tool error.
    async fn serve<T>(
        &self,
        call: Call,
        work: impl for<'s> FnOnce(Guest<'s>) -> Work<'s, Result<T, ToolError>>,
    ) -> Result<T, PluginError> {
        self.run(Phase::Serving, call, work).await?.map_err(PluginError::Tool)
    }

    /// Runs work on an instance of its own. Loading the component takes from the call's time. It goes on for the next call
    /// if it takes longer, or the caller gives up.
    async fn run<T>(
        &self,
        phase: Phase,
        call: Call,
        work: impl for<'s> FnOnce(Guest<'s>) -> Work<'s, T>,
    ) -> Result<T, PluginError> {
        let component = tokio::select! {
            // Most calls find it loaded.
            biased;
            loaded = timeout_at(call.deadline, self.component.get()) => loaded.map_err(|_| PluginError::StillCompiling)?,
            () = call.cancelled.cancelled() => return Err(PluginError::Cancelled),
        };
        let component = component.map_err(PluginError::into_host_error)?;
        let (config, services) = (self.config.clone(), self.services.clone());
        let context =
            InstanceContext::new(self.name.clone(), phase, call, config, services, self.rate_limiters.clone());
        component.run(context, work).await
    }
}

/// Returns the time that is declared, and the default time at least.
fn call_timeout(expected: Option<Duration>) -> Duration {
    expected.map_or(DEFAULT_CALL_TIMEOUT, |expected| expected.max(DEFAULT_CALL_TIMEOUT))
}
