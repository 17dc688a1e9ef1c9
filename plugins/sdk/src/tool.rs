//! Defines [`Tool`]: a name, a description for models, and a function.

mod schemas;

use std::fmt;
use std::time::Duration;

use lamplighter_report::object_text;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bindings::exports::lamplighter::plugin::tools as wit;
use crate::metadata::{Metadata, metadata_setters};
use crate::{IntoToolOutput, ToolError, ToolOutput, arguments};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use schemas::DerivedSchemas;
use schemas::Schemas;
pub use schemas::StaticSchemas;

type Handler = Box<dyn Fn(&str) -> Result<ToolOutput, ToolError>>;

/// One tool of a plugin.
///
/// MCP's defaults hold for hints that are not set: a client assumes that a tool changes things, perhaps destructively.
/// [`read_only`](Self::read_only), [`not_destructive`](Self::not_destructive) and [`idempotent`](Self::idempotent) say
/// otherwise.
pub struct Tool {
    name: String,
    metadata: Metadata,
    description: String,
    schemas: Schemas,
    input_override: Option<Value>,
    output_override: Option<Value>,
    hints: wit::Hints,
    expected_duration: Option<Duration>,
    handler: Handler,
}

impl Tool {
    /// Makes a tool whose schemas follow from the function's types. The function takes its arguments as one `A` and
    /// returns an [`IntoToolOutput`], or a `Result` of one.
    ///
    /// `name` is 1-64 of `[a-zA-Z0-9_-]`. `description` tells a model what the tool does, when to use it, and what it
    /// returns. Doc comments on the fields of `A` become the descriptions of the arguments.
    pub fn new<A, R, F>(name: &str, description: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoToolOutput,
        F: Fn(A) -> R + 'static,
    {
        Self::build(name, description, Schemas::derived::<A, R>(), function)
    }

    /// Makes a tool like [`new`](Self::new), with schemas that were written before the plugin was built. The component is
    /// then about three fifths as large, since it has no code to derive them.
    ///
    /// [`testing::check_schemas`](crate::testing::check_schemas) writes them, and checks that they follow from the types.
    pub fn with_schemas<A, R, F>(name: &str, description: &str, schemas: StaticSchemas, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema,
        R: IntoToolOutput,
        F: Fn(A) -> R + 'static,
    {
        Self::build(name, description, Schemas::written::<A, R>(schemas), function)
    }

    fn build<A, R, F>(name: &str, description: &str, schemas: Schemas, function: F) -> Self
    where
        A: DeserializeOwned,
        R: IntoToolOutput,
        F: Fn(A) -> R + 'static,
    {
        Self {
            name: name.to_owned(),
            metadata: Metadata::default(),
            description: description.to_owned(),
            schemas,
            input_override: None,
            output_override: None,
            hints: wit::Hints { read_only: None, destructive: None, idempotent: None, open_world: Some(false) },
            expected_duration: None,
            handler: Box::new(move |text| function(arguments::parse(text)?).into_tool_output()),
        }
    }

    /// Declares that the tool changes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.hints.read_only = Some(true);
        self.not_destructive().idempotent()
    }

    /// Declares that the tool may destroy something that cannot be restored.
    #[must_use]
    pub fn destructive(mut self) -> Self {
        self.hints.destructive = Some(true);
        self
    }

    /// Declares that every change of the tool can be undone.
    #[must_use]
    pub fn not_destructive(mut self) -> Self {
        self.hints.destructive = Some(false);
        self
    }

    /// Declares that a second call with the same arguments changes nothing more.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.hints.idempotent = Some(true);
        self
    }

    /// Declares that the tool reaches beyond the home. Without this, the SDK declares that it does not.
    #[must_use]
    pub fn open_world(mut self) -> Self {
        self.hints.open_world = Some(true);
        self
    }

    /// Declares the longest time that a call may need, if that is more than the host's default of 30 s.
    #[must_use]
    pub fn expected_duration(mut self, time: Duration) -> Self {
        self.expected_duration = Some(time);
        self
    }

    /// Replaces the schema of the arguments, for rules that types cannot express.
    #[must_use]
    pub fn input_schema(mut self, schema: Value) -> Self {
        self.input_override = Some(schema);
        self
    }

    /// Sets the schema of the structured content. Without this it follows from the result's type: without descriptions,
    /// and as an outline if it is long. Neither the schema nor the result is wrapped, so its root should be
    /// `"type": "object"`.
    #[must_use]
    pub fn output_schema(mut self, schema: Value) -> Self {
        self.output_override = Some(schema);
        self
    }

    /// Returns the tool's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Converts the description into the contract's type.
    #[must_use]
    pub(crate) fn describe(&self) -> wit::Tool {
        wit::Tool {
            name: self.name.clone(),
            title: self.metadata.title.clone(),
            description: self.description.clone(),
            input_schema: self.input_override.as_ref().map_or_else(|| self.schemas.arguments(), Value::to_string),
            output_schema: self.output_override.as_ref().map(Value::to_string).or_else(|| self.schemas.result()),
            hints: self.hints,
            expected_ms: self.expected_duration.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            icons: self.metadata.icons.clone(),
            meta: self.metadata.meta_text(),
        }
    }

    /// Returns the schemas that follow from the tool's types.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn derived_schemas(&self) -> DerivedSchemas {
        self.schemas.derived_from_types()
    }

    /// Runs the tool with a JSON object of arguments. A result whose schema follows from its type is wrapped as that
    /// schema says.
    pub(crate) fn call(&self, arguments: &str) -> Result<ToolOutput, ToolError> {
        let mut output = (self.handler)(arguments)?;
        if self.output_override.is_none() {
            output.structured = output.structured.map(object_text);
        }
        Ok(output)
    }
}

metadata_setters!(Tool);

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::{StaticSchemas, Tool};
    use crate::{IntoToolOutput, Json, NoArguments, Reply, TextWithData};

    #[derive(Serialize, JsonSchema)]
    struct Lamp {
        name: &'static str,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Place {
        Room { lamps: u8 },
        Zone,
    }

    /// Returns the schema that a tool lists and the structured content that it answers.
    fn told<R: IntoToolOutput + 'static>(tool: impl FnOnce(Tool) -> Tool, answer: fn() -> R) -> (Value, Value) {
        let tool = tool(Tool::new("t", "Tells.", move |_: NoArguments| answer()));
        let parse = |text: String| serde_json::from_str(&text).expect("JSON");
        let schema = tool.describe().output_schema.map_or(Value::Null, parse);
        let output = tool.call("{}").expect("it answers");
        (schema, output.structured.map_or(Value::Null, parse))
    }

    #[test]
    fn a_result_that_is_no_object_is_wrapped_with_its_schema() {
        let names = told(|it| it, || Json(vec![Lamp { name: "Desk" }]));
        let count = told(|it| it, || Json(3_u8));
        let maybe = told(|it| it, || Json(None::<Lamp>));
        let nothing = told(|it| it, || TextWithData::new("Nothing.", ()));
        let by_hand = told(|it| it, || Reply::json(json!([1, 2])));
        assert_eq!(names.0["properties"]["result"]["type"], "array");
        assert_eq!(names.1, json!({"result": [{"name": "Desk"}]}));
        assert_eq!(count.1, json!({"result": 3}));
        for (schema, structured) in [names, count, maybe, nothing] {
            assert_eq!(schema["type"], "object", "{schema:#}");
            assert!(structured.get("result").is_some(), "{structured}");
        }
        assert_eq!(by_hand.1, json!({"result": [1, 2]}));
    }

    #[test]
    fn a_result_that_is_an_object_stays_as_it_is() {
        let lamp = told(|it| it, || Json(Lamp { name: "Desk" }));
        let some = told(|it| it, || Json(Some(Lamp { name: "Desk" })));
        let place = told(|it| it, || Json(Place::Room { lamps: 2 }));
        let any = told(|it| it, || Json(json!({"name": "Desk"})));
        for (schema, structured) in [lamp, some, place, any] {
            assert_eq!(schema["type"], "object", "{schema:#}");
            assert_eq!(structured.get("result"), None, "{structured}");
        }
    }

    #[test]
    fn an_authors_own_schema_is_taken_at_its_word() {
        let own = json!({"type": "array", "items": {"type": "integer"}});
        let schema = own.clone();
        assert_eq!(told(move |it| it.output_schema(schema), || Json(vec![1, 2])), (own, json!([1, 2])));
    }

    #[test]
    fn written_schemas_are_listed_as_they_are_and_the_derived_ones_stay_known() {
        let written = StaticSchemas { arguments: r#"{"type":"object"}"#, result: r#"{"minProperties":1}"# };
        let answer = |_: NoArguments| Json(Lamp { name: "Desk" });
        let tool = Tool::with_schemas("t", "Tells.", written, answer);
        let listed = tool.describe();
        assert_eq!(
            (listed.input_schema.as_str(), listed.output_schema.as_deref()),
            (written.arguments, Some(written.result))
        );
        let derived = Tool::new("t", "Tells.", answer).describe();
        let schemas = tool.derived_schemas();
        assert_eq!((schemas.arguments(), schemas.result()), (derived.input_schema, derived.output_schema));
    }
}
