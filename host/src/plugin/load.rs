//! Bytes → a plugin that is known to be good, or the reason why not: compile, link, describe, validate.
//!
//! What an earlier run found good is served as it was found then, and loaded when it is called.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    breaker::Breaker,
    contract::Surface,
    engine::Engine,
    instance::{Failure, Prepared},
    lazy::Lazy,
    memory::{Key, Known},
    offer::{Checked, Described, Offer, Prompt, Resource, Tool, Variables},
    source::Source,
    wit::{prompts, resources, tools, types},
};
use crate::{
    capability::{Allowances, Call, Phase, Reach, Services},
    config::PluginConfig,
};

/// How long a call may take, unless its tool declares more.
const USUAL: Duration = Duration::from_secs(30);
/// `list-tools` must answer within this, instantiation included.
const DESCRIBE_WITHIN: Duration = Duration::from_secs(2);
/// `start` must answer within this.
const START_WITHIN: Duration = Duration::from_secs(5);
/// `stop` gets this long.
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Longest reason of a plugin's own that is kept, in characters.
const MAX_REASON: usize = 2_000;

/// A plugin that loaded: it may be called. What was checked stays true as long as it lives.
pub(crate) struct Plugin {
    pub(crate) name: Arc<str>,
    /// BLAKE3 of the bytes.
    pub(crate) digest: blake3::Hash,
    pub(crate) offer: Offer,
    /// How long the compiler took, in milliseconds; none if it was found good in an earlier run, and is loaded when it is
    /// called.
    pub(crate) compile_ms: Option<u64>,
    pub(crate) config: Arc<PluginConfig>,
    /// One permit a call.
    pub(crate) slots: Semaphore,
    pub(crate) breaker: Breaker,
    /// Calls that are under way; `stop` waits until there are none.
    pub(crate) calls: tokio_util::task::TaskTracker,
    allowances: Allowances,
    component: Lazy,
    surface: Surface,
    has_lifecycle: bool,
    services: Arc<Services>,
}

/// Bytes that may be a plugin, and what it would reach.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) name: Arc<str>,
    pub(crate) source: Source,
    pub(crate) config: Arc<PluginConfig>,
    pub(crate) services: Arc<Services>,
}

/// Why bytes are not a plugin; for their author and for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0}")]
    NotAComponent(String),
    #[error("{0}")]
    Contract(String),
    #[error("list-tools: {0}")]
    Describe(Failure),
    #[error("{kind} {name:?}: {reason}")]
    Item { kind: &'static str, name: String, reason: String },
    #[error("{0}")]
    Offer(String),
    #[error("start: {0}")]
    Start(String),
    /// The bytes are others by now, or cannot be read any more.
    #[error("{0}")]
    Gone(String),
    #[error("the host failed to load it: {0}")]
    Host(String),
}

impl Plugin {
    /// Compiles, links, describes and validates; calls nothing but `list-tools` and its like.
    pub(crate) async fn load(engine: &Engine, candidate: Candidate) -> Result<Self, LoadError> {
        Self::load_described(engine, candidate).await.map(|(plugin, _)| plugin)
    }

    /// As [`load`](Self::load), and keeps what was found for [`recall`](Self::recall).
    pub(crate) async fn load_and_remember(engine: &Engine, candidate: Candidate) -> Result<Self, LoadError> {
        let (plugin, described) = Self::load_described(engine, candidate).await?;
        let known = Known { surface: plugin.surface.clone(), has_lifecycle: plugin.has_lifecycle, described };
        engine.remember(plugin.key(), known).await;
        Ok(plugin)
    }

    /// The plugin as an earlier run found it, if one did. It is not loaded yet.
    pub(crate) async fn recall(engine: &Engine, candidate: Candidate) -> Option<Self> {
        let plugin = Self::new(engine, candidate).ok()?;
        let known = engine.recall(plugin.key()).await?;
        let offer = Offer::checked(known.described, Checked::Before).await.ok()?;
        Some(Self { offer, surface: known.surface, has_lifecycle: known.has_lifecycle, ..plugin })
    }

    async fn load_described(engine: &Engine, candidate: Candidate) -> Result<(Self, Described), LoadError> {
        let mut plugin = Self::new(engine, candidate)?;
        let compiled = plugin.component.load().await?;
        let component = plugin.component.get().await?;
        (plugin.surface, plugin.has_lifecycle) = (component.surface().clone(), component.has_lifecycle());
        plugin.compile_ms = Some(u64::try_from(compiled.as_millis()).unwrap_or(u64::MAX));
        let described = {
            let _turn = engine.turn().await;
            plugin.describe().await.map_err(LoadError::Describe)?
        };
        plugin.offer = Offer::checked(described.clone(), Checked::Never).await?;
        Ok((plugin, described))
    }

    /// Of which nothing but its bytes is known.
    fn new(engine: &Engine, candidate: Candidate) -> Result<Self, LoadError> {
        let Candidate { name, source, config, services } = candidate;
        let engine = engine.with_stack(config.limits.stack_bytes);
        let engine = engine.map_err(|error| LoadError::Host(format!("no engine for its stack: {error:#}")))?;
        Ok(Self {
            name,
            digest: source.digest,
            offer: Offer::default(),
            compile_ms: None,
            slots: Semaphore::new(config.limits.concurrent_calls),
            breaker: Breaker::default(),
            calls: tokio_util::task::TaskTracker::new(),
            allowances: Allowances::new(&config.limits),
            config,
            component: Lazy::new(engine, source),
            surface: Surface::default(),
            has_lifecycle: false,
            services,
        })
    }

    fn key(&self) -> Key {
        Key::new(self.digest, &self.name, &self.config)
    }

    /// Asks once more what it offers, in an instance of its own.
    ///
    /// # Errors
    /// The answer did not come, or is not good.
    pub(crate) async fn describe_again(&self) -> Result<Offer, LoadError> {
        Offer::checked(self.describe().await.map_err(LoadError::Describe)?, Checked::Never).await
    }

    async fn describe(&self) -> Result<Described, Failure> {
        self.prepare(Phase::Describing, Call::internal("describe", DESCRIBE_WITHIN))
            .await?
            .run(|exports, store, instance| {
                Box::pin(async move {
                    let tools = exports.tools.load(&mut *store, &instance)?.call_list_tools(&mut *store).await?;
                    let prompts = match &exports.prompts {
                        Some(it) => it.load(&mut *store, &instance)?.call_list_prompts(&mut *store).await?,
                        None => Vec::new(),
                    };
                    let resources = match &exports.resources {
                        Some(it) => it.load(&mut *store, &instance)?.call_list_resources(&mut *store).await?,
                        None => Vec::new(),
                    };
                    Ok(Described { tools, prompts, resources })
                })
            })
            .await
    }

    /// Whether none of its tools and prompts is one of another plugin's. Its resources cannot be.
    ///
    /// # Errors
    /// The first that is, for the operator.
    pub(crate) fn keeps_clear_of(&self, other: &Self) -> Result<(), String> {
        if self.name == other.name {
            return Ok(());
        }
        let (own, its) = (&self.offer, &other.offer);
        let tool = own.tools.iter().find(|tool| its.tools.iter().any(|it| it.name == tool.name));
        let prompt = own.prompts.iter().find(|prompt| its.prompts.iter().any(|it| it.name == prompt.name));
        let taken = tool.map(|tool| ("tool", &tool.name)).or(prompt.map(|prompt| ("prompt", &prompt.name)));
        match taken {
            Some((kind, name)) => Err(format!("{kind} {name:?} is already served by the plugin {:?}", other.name)),
            None => Ok(()),
        }
    }

    /// What it imports and exports.
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }

    /// Whether it wants to be told of loading and unloading.
    pub(crate) fn has_lifecycle(&self) -> bool {
        self.has_lifecycle
    }

    /// Lets the plugin say that it cannot work here; does nothing for plugins without `lifecycle`.
    pub(crate) async fn start(&self) -> Result<(), LoadError> {
        // Before its time begins.
        self.component.get().await?;
        self.say_start()
            .await
            .map_err(|failure| LoadError::Start(failure.to_string()))?
            .map_err(|reason| LoadError::Start(reason.chars().take(MAX_REASON).collect()))
    }

    async fn say_start(&self) -> Result<Result<(), String>, Failure> {
        self.prepare(Phase::Serving, Call::internal("start", START_WITHIN))
            .await?
            .run(|exports, store, instance| {
                Box::pin(async move {
                    let Some(lifecycle) = &exports.lifecycle else { return Ok(Ok(())) };
                    lifecycle.load(&mut *store, &instance)?.call_start(store).await
                })
            })
            .await
    }

    /// Tells the plugin that it will not be called again, after its last call ended.
    pub(crate) async fn stop(&self) {
        self.calls.close();
        self.calls.wait().await;
        if !self.has_lifecycle() {
            return;
        }
        if let Err(failure) = self.say_stop().await {
            tracing::warn!(plugin = %self.name, %failure, "stop failed");
        }
    }

    async fn say_stop(&self) -> Result<(), Failure> {
        self.prepare(Phase::Serving, Call::internal("stop", STOP_WITHIN))
            .await?
            .run(|exports, store, instance| {
                Box::pin(async move {
                    let Some(lifecycle) = &exports.lifecycle else { return Ok(()) };
                    lifecycle.load(&mut *store, &instance)?.call_stop(store).await
                })
            })
            .await
    }

    /// Runs one tool in an instance of its own.
    pub(crate) async fn call(
        &self,
        tool: &Tool,
        arguments: String,
        call: Call,
    ) -> Result<Result<tools::ToolOutput, types::ToolError>, Failure> {
        let name = tool.name.clone();
        self.prepare(Phase::Serving, call)
            .await?
            .run(move |exports, store, instance| {
                Box::pin(async move {
                    exports.tools.load(&mut *store, &instance)?.call_call_tool(store, &name, &arguments).await
                })
            })
            .await
    }

    /// Fills in one prompt in an instance of its own.
    pub(crate) async fn prompt(
        &self,
        prompt: &Prompt,
        arguments: Vec<(String, String)>,
        call: Call,
    ) -> Result<Result<prompts::PromptOutput, types::ToolError>, Failure> {
        let name = prompt.name.clone();
        self.prepare(Phase::Serving, call)
            .await?
            .run(move |exports, store, instance| {
                Box::pin(async move {
                    let prompts = exports.prompts.as_ref().ok_or_else(no_such_export)?;
                    prompts.load(&mut *store, &instance)?.call_get_prompt(store, &name, &arguments).await
                })
            })
            .await
    }

    /// Reads one resource in an instance of its own.
    pub(crate) async fn read(
        &self,
        resource: &Resource,
        variables: Variables,
        call: Call,
    ) -> Result<Result<resources::ResourceOutput, types::ToolError>, Failure> {
        let path = resource.path.clone();
        self.prepare(Phase::Serving, call)
            .await?
            .run(move |exports, store, instance| {
                Box::pin(async move {
                    let resources = exports.resources.as_ref().ok_or_else(no_such_export)?;
                    resources.load(&mut *store, &instance)?.call_read_resource(store, &path, &variables).await
                })
            })
            .await
    }

    /// An instance to be. If the component is loaded for it, that takes of the call's time; and goes on for the next one
    /// if it takes longer, or its caller gives up.
    async fn prepare(&self, phase: Phase, call: Call) -> Result<Prepared<'_>, Failure> {
        let component = tokio::select! {
            // Most find it loaded.
            biased;
            loaded = timeout_at(call.deadline, self.component.get()) => loaded.map_err(|_| Failure::NotLoaded)?,
            () = call.cancelled.cancelled() => return Err(Failure::Cancelled),
        };
        let component = component.map_err(|error| Failure::Host(error.to_string()))?;
        let (config, services) = (self.config.clone(), self.services.clone());
        let reach = Reach::new(self.name.clone(), phase, call, config, services, self.allowances.clone());
        Ok(Prepared::new(component, reach))
    }

    /// When a call that begins now must have ended: what it declares to need, up to the plugin's wall limit.
    pub(crate) fn deadline(&self, expected: Option<Duration>) -> Instant {
        Instant::now() + wanted(expected).min(self.config.limits.wall)
    }

    /// Whether the plugin's wall limit allows such a call less than it wants.
    pub(crate) fn is_cut_short(&self, expected: Option<Duration>) -> bool {
        self.config.limits.wall < wanted(expected)
    }
}

/// The time that is declared, and the usual time at least.
fn wanted(expected: Option<Duration>) -> Duration {
    expected.map_or(USUAL, |expected| expected.max(USUAL))
}

/// What was listed was exported by this very component.
fn no_such_export() -> wasmtime::Error {
    wasmtime::Error::msg("the export is gone")
}
