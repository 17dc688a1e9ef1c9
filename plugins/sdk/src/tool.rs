//! A tool: a name, what a model reads about it, and the function behind it.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::exports::lamplighter::plugin::tools as wit;
use crate::metadata::{Metadata, metadata_setters};
use crate::{IntoToolOutput, ToolError, ToolOutput, arguments, schema};

type Handler = Box<dyn Fn(&str) -> Result<ToolOutput, ToolError>>;

/// One tool of a plugin.
///
/// What is not said of it is left to MCP's own defaults: a tool is taken to change things, perhaps destructively,
/// until [`read_only`](Self::read_only), [`not_destructive`](Self::not_destructive) or
/// [`idempotent`](Self::idempotent) say otherwise.
pub struct Tool {
    name: String,
    metadata: Metadata,
    description: String,
    input: fn() -> Value,
    output: fn() -> Option<Value>,
    input_override: Option<Value>,
    output_override: Option<Value>,
    hints: wit::Hints,
    expected_duration: Option<Duration>,
    handler: Handler,
}

impl Tool {
    /// A tool whose schemas follow from the function's types: it takes its arguments as one `A`, and answers any
    /// [`IntoToolOutput`], or a `Result` of one.
    ///
    /// `name` is 1-64 of `[a-zA-Z0-9_-]`. `description` is for a model: what the tool does, when to use it, and what
    /// it answers. Doc comments on the fields of `A` become the descriptions of the arguments.
    pub fn new<A, R, F>(name: &str, description: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoToolOutput,
        F: Fn(A) -> R + 'static,
    {
        Self {
            name: name.to_owned(),
            metadata: Metadata::default(),
            description: description.to_owned(),
            input: schema::arguments_schema::<A>,
            output: R::schema,
            input_override: None,
            output_override: None,
            hints: wit::Hints { read_only: None, destructive: None, idempotent: None, open_world: Some(false) },
            expected_duration: None,
            handler: Box::new(move |text| function(arguments::parse(text)?).into_tool_output()),
        }
    }

    /// It changes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.hints.read_only = Some(true);
        self.not_destructive().idempotent()
    }

    /// It may destroy something that cannot be brought back.
    #[must_use]
    pub fn destructive(mut self) -> Self {
        self.hints.destructive = Some(true);
        self
    }

    /// What it changes can be changed back.
    #[must_use]
    pub fn not_destructive(mut self) -> Self {
        self.hints.destructive = Some(false);
        self
    }

    /// Calling it twice with the same arguments is as calling it once.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.hints.idempotent = Some(true);
        self
    }

    /// It reaches beyond the home. Without this it is said not to.
    #[must_use]
    pub fn open_world(mut self) -> Self {
        self.hints.open_world = Some(true);
        self
    }

    /// The time it may need, where that is more than the host's default of 30 s.
    #[must_use]
    pub fn expected_duration(mut self, time: Duration) -> Self {
        self.expected_duration = Some(time);
        self
    }

    /// Replaces the schema of the arguments, for rules that types cannot say.
    #[must_use]
    pub fn input_schema(mut self, schema: Value) -> Self {
        self.input_override = Some(schema);
        self
    }

    /// Replaces the schema of the structured result, or gives one to a tool whose result type has none.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.output_override = Some(schema);
        self
    }

    /// The name it is called by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tool as the contract describes it.
    #[must_use]
    pub(crate) fn describe(&self) -> wit::Tool {
        wit::Tool {
            name: self.name.clone(),
            title: self.metadata.title.clone(),
            description: self.description.clone(),
            input_schema: self.input_override.clone().unwrap_or_else(self.input).to_string(),
            output_schema: self.output_override.clone().or_else(self.output).map(|schema| schema.to_string()),
            hints: self.hints,
            expected_ms: self.expected_duration.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            icons: self.metadata.icons.clone(),
            meta: self.metadata.meta_text(),
        }
    }

    /// Runs it with a JSON object.
    pub(crate) fn call(&self, arguments: &str) -> Result<ToolOutput, ToolError> {
        (self.handler)(arguments)
    }
}

metadata_setters!(Tool);

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}
