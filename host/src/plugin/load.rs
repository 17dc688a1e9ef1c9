//! Bytes → a plugin that is known to be good, or the reason why not: compile, link, describe, validate.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::{sync::Semaphore, time::Instant};

use super::{
    breaker::Breaker,
    component::Component,
    contract::Surface,
    engine::Engine,
    instance::{Failure, Prepared},
    schema::{self, Schema},
    wit::{content, tools, types},
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
/// More tools than a client can use.
const MAX_TOOLS: usize = 256;
/// Longest description, title, icons or meta of a tool, in bytes: they are sent with every list.
const MAX_DESCRIPTION: usize = 16 * 1024;
/// Regular expressions in all schemas of a plugin: each takes memory when it is compiled.
const MAX_PATTERNS: usize = 64;
/// Longest reason of a plugin's own that is kept, in characters.
const MAX_REASON: usize = 2_000;

/// A plugin that loaded: it may be called. What was checked stays true as long as it lives.
pub(crate) struct Plugin {
    pub(crate) name: Arc<str>,
    /// BLAKE3 of the bytes.
    pub(crate) digest: blake3::Hash,
    pub(crate) tools: Vec<Arc<Tool>>,
    /// How long the compiler took, in milliseconds.
    pub(crate) compile_ms: u64,
    pub(crate) config: Arc<PluginConfig>,
    /// One permit a call.
    pub(crate) slots: Semaphore,
    pub(crate) breaker: Breaker,
    /// Calls that are under way; `stop` waits until there are none.
    pub(crate) calls: tokio_util::task::TaskTracker,
    allowances: Allowances,
    component: Component,
    services: Arc<Services>,
}

/// A tool, with its schemas compiled.
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) input: Schema,
    pub(crate) output: Option<Schema>,
    pub(crate) hints: tools::Hints,
    pub(crate) expected: Option<Duration>,
    pub(crate) icons: Vec<content::Icon>,
    pub(crate) meta: Option<Map<String, Value>>,
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
    #[error("tool {tool:?}: {reason}")]
    Tool { tool: String, reason: String },
    #[error("{0}")]
    Tools(String),
    #[error("start: {0}")]
    Start(String),
    #[error("the host failed to load it: {0}")]
    Host(String),
}

impl Plugin {
    /// Compiles, links, describes and validates; calls nothing but `list-tools`.
    pub(crate) async fn load(
        engine: &Engine,
        name: Arc<str>,
        bytes: Arc<[u8]>,
        config: Arc<PluginConfig>,
        services: Arc<Services>,
    ) -> Result<Self, LoadError> {
        let digest = blake3::hash(&bytes);
        let engine = engine.with_stack(config.limits.stack_bytes);
        let engine = engine.map_err(|error| LoadError::Host(format!("no engine for its stack: {error:#}")))?;
        let (artifact, compiled) = Component::compile(&engine, digest, bytes).await?;
        let _turn = engine.turn().await;
        let component = Component::new(&engine, digest, artifact).await?;
        let mut plugin = Self {
            name,
            digest,
            tools: Vec::new(),
            compile_ms: u64::try_from(compiled.as_millis()).unwrap_or(u64::MAX),
            slots: Semaphore::new(config.limits.concurrent_calls),
            breaker: Breaker::default(),
            calls: tokio_util::task::TaskTracker::new(),
            allowances: Allowances::new(&config.limits),
            config,
            component,
            services,
        };
        let described = plugin.describe().await.map_err(LoadError::Describe)?;
        plugin.tools = validate(described).await?;
        Ok(plugin)
    }

    /// Lists the tools once more, in an instance of its own.
    ///
    /// # Errors
    /// The answer did not come, or is not good.
    pub(crate) async fn describe_again(&self) -> Result<Vec<Arc<Tool>>, LoadError> {
        validate(self.describe().await.map_err(LoadError::Describe)?).await
    }

    async fn describe(&self) -> Result<Vec<tools::Tool>, Failure> {
        self.prepare(Phase::Describing, Call::internal("describe", DESCRIBE_WITHIN))
            .run(|exports, store, instance| {
                Box::pin(async move { exports.tools.load(&mut *store, &instance)?.call_list_tools(store).await })
            })
            .await
    }

    /// Whether none of its tools is one of another plugin's.
    ///
    /// # Errors
    /// The first tool that is, for the operator.
    pub(crate) fn keeps_clear_of(&self, other: &Self) -> Result<(), String> {
        let taken = |tool: &&Arc<Tool>| other.tools.iter().any(|its| its.name == tool.name);
        match self.tools.iter().find(taken).filter(|_| self.name != other.name) {
            Some(tool) => Err(format!("tool {:?} is already served by the plugin {:?}", tool.name, other.name)),
            None => Ok(()),
        }
    }

    /// What it imports and exports.
    pub(crate) fn surface(&self) -> &Surface {
        self.component.surface()
    }

    /// Whether it wants to be told of loading and unloading.
    pub(crate) fn has_lifecycle(&self) -> bool {
        self.component.has_lifecycle()
    }

    /// Lets the plugin say that it cannot work here; does nothing for plugins without `lifecycle`.
    pub(crate) async fn start(&self) -> Result<(), LoadError> {
        self.prepare(Phase::Serving, Call::internal("start", START_WITHIN))
            .run(|exports, store, instance| {
                Box::pin(async move {
                    let Some(lifecycle) = &exports.lifecycle else { return Ok(Ok(())) };
                    lifecycle.load(&mut *store, &instance)?.call_start(store).await
                })
            })
            .await
            .map_err(|failure| LoadError::Start(failure.to_string()))?
            .map_err(|reason| LoadError::Start(reason.chars().take(MAX_REASON).collect()))
    }

    /// Tells the plugin that it will not be called again, after its last call ended.
    pub(crate) async fn stop(&self) {
        self.calls.close();
        self.calls.wait().await;
        if !self.has_lifecycle() {
            return;
        }
        let stopped = self
            .prepare(Phase::Serving, Call::internal("stop", STOP_WITHIN))
            .run(|exports, store, instance| {
                Box::pin(async move {
                    let Some(lifecycle) = &exports.lifecycle else { return Ok(()) };
                    lifecycle.load(&mut *store, &instance)?.call_stop(store).await
                })
            })
            .await;
        if let Err(failure) = stopped {
            tracing::warn!(plugin = %self.name, %failure, "stop failed");
        }
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
            .run(move |exports, store, instance| {
                Box::pin(async move {
                    exports.tools.load(&mut *store, &instance)?.call_call_tool(store, &name, &arguments).await
                })
            })
            .await
    }

    fn prepare(&self, phase: Phase, call: Call) -> Prepared<'_> {
        let (config, services) = (self.config.clone(), self.services.clone());
        let reach = Reach::new(self.name.clone(), phase, call, config, services, self.allowances.clone());
        Prepared::new(&self.component, reach, &self.config.limits)
    }

    /// When a call of this tool that begins now must have ended.
    pub(crate) fn deadline(&self, tool: &Tool) -> Instant {
        Instant::now() + tool.wants().min(self.config.limits.wall)
    }

    /// Whether the plugin's wall limit allows this tool less than it wants.
    pub(crate) fn is_cut_short(&self, tool: &Tool) -> bool {
        self.config.limits.wall < tool.wants()
    }
}

impl Tool {
    /// The time it declares, and the usual time at least.
    fn wants(&self) -> Duration {
        self.expected.map_or(USUAL, |expected| expected.max(USUAL))
    }
}

/// Checks what the plugin says of its tools. Compiling schemas takes time that a plugin chooses, so not here.
async fn validate(described: Vec<tools::Tool>) -> Result<Vec<Arc<Tool>>, LoadError> {
    if described.is_empty() {
        return Err(LoadError::Tools("it has no tools".to_owned()));
    }
    if described.len() > MAX_TOOLS {
        return Err(LoadError::Tools(format!("it has {} tools; at most {MAX_TOOLS} are allowed", described.len())));
    }
    tokio::task::spawn_blocking(move || {
        let mut tools = Vec::new();
        let mut patterns = 0;
        for described in described {
            let tool = validate_tool(described)?;
            patterns += tool.input.patterns() + tool.output.as_ref().map_or(0, Schema::patterns);
            if patterns > MAX_PATTERNS {
                let reason = format!("its schemas have more than {MAX_PATTERNS} regular expressions");
                return Err(LoadError::Tools(reason));
            }
            tools.push(tool);
        }
        unique(&tools)?;
        Ok(tools)
    })
    .await
    .map_err(|error| LoadError::Host(error.to_string()))?
}

fn validate_tool(described: tools::Tool) -> Result<Arc<Tool>, LoadError> {
    let name = described.name.clone();
    tool(described).map(Arc::new).map_err(|reason| LoadError::Tool { tool: shown(&name), reason })
}

fn tool(described: tools::Tool) -> Result<Tool, String> {
    if !is_tool_name(&described.name) {
        return Err("a name has 1 to 64 of a-z, A-Z, 0-9, _ and -".to_owned());
    }
    let icons = described.icons.iter().map(|icon| icon.src.len()).sum();
    let (title, meta) = (described.title.as_ref(), described.meta.as_ref());
    let parts = [
        ("description", described.description.len()),
        ("title", title.map_or(0, String::len)),
        ("icons", icons),
        ("meta", meta.map_or(0, String::len)),
    ];
    if let Some((part, size)) = parts.iter().find(|(_, size)| *size > MAX_DESCRIPTION) {
        return Err(format!("its {part} has {size} bytes; at most {MAX_DESCRIPTION} are allowed"));
    }
    let input = Schema::of_arguments(&described.input_schema).map_err(|e| format!("input schema: {e}"))?;
    let output = described.output_schema.as_deref().map(Schema::of_result).transpose();
    Ok(Tool {
        input,
        output: output.map_err(|e| format!("output schema: {e}"))?,
        meta: described.meta.as_deref().map(schema::read_object).transpose().map_err(|e| format!("meta: {e}"))?,
        expected: described.expected_ms.map(Duration::from_millis),
        name: described.name,
        title: described.title,
        description: described.description,
        hints: described.hints,
        icons: described.icons,
    })
}

fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn unique(tools: &[Arc<Tool>]) -> Result<(), LoadError> {
    let mut seen = std::collections::HashSet::new();
    match tools.iter().find(|tool| !seen.insert(tool.name.as_str())) {
        Some(twice) => {
            Err(LoadError::Tool { tool: twice.name.clone(), reason: "it is listed more than once".to_owned() })
        }
        None => Ok(()),
    }
}

/// A name as it may stand in a message, whatever it is.
fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_names_are_those_every_client_takes() {
        assert!(is_tool_name("hue_list-Lights2"));
        for name in ["", "a b", "a.b", "ä", &"x".repeat(65)] {
            assert!(!is_tool_name(name), "{name}");
        }
    }
}
