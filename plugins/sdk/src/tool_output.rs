//! The types that a tool may return.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ContentBlock, ToolError, ToolOutput, schema};

/// Stands for the arguments of a tool that has none.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArguments {}

/// A type that a tool may return.
///
/// The crate implements it for text (`String`, `&str`), [`Reply`], [`Json`], [`TextWithData`] and
/// [`Report`](crate::Report), the result that all first-party tools share.
pub trait IntoToolOutput {
    /// Returns the JSON Schema of the structured content, if the type has one.
    fn schema() -> Option<Value> {
        None
    }

    /// Converts the value into the contract's type.
    fn into_tool_output(self) -> Result<ToolOutput, ToolError>;
}

/// A result that is built by hand from any content blocks and any JSON.
#[derive(Debug, Default)]
pub struct Reply {
    content: Vec<ContentBlock>,
    structured: Option<Value>,
    is_error: bool,
    meta: Option<Value>,
}

impl Reply {
    /// Returns a result with one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::default().and_text(text)
    }

    /// Returns a result with structured content alone. The host adds the same JSON as text.
    pub fn json(value: Value) -> Self {
        Self::default().structured(value)
    }

    /// Adds a text.
    #[must_use]
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.block(ContentBlock::Text(text.into()))
    }

    /// Adds a block of any kind.
    #[must_use]
    pub fn block(mut self, block: ContentBlock) -> Self {
        self.content.push(block);
        self
    }

    /// Sets the structured content beside the text.
    #[must_use]
    pub fn structured(mut self, value: Value) -> Self {
        self.structured = Some(value);
        self
    }

    /// Marks the result as an error: the tool did not do what was asked, although it returns something.
    #[must_use]
    pub fn error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// Sets the result's MCP `_meta`, a JSON object.
    #[must_use]
    pub fn meta(mut self, meta: Value) -> Self {
        self.meta = Some(meta);
        self
    }
}

impl IntoToolOutput for Reply {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput {
            content: self.content,
            structured: self.structured.map(|value| value.to_string()),
            is_error: self.is_error,
            meta: self.meta.map(|value| value.to_string()),
        })
    }
}

/// A serializable value as structured content, with the schema of its type.
///
/// MCP's clients expect an object. A value of another kind, such as a list or a number, is answered as
/// `{"result": …}`, and so says the schema.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(
    /// The value.
    pub T,
);

impl<T: Serialize + JsonSchema> IntoToolOutput for Json<T> {
    fn schema() -> Option<Value> {
        Some(schema::result_schema::<T>())
    }

    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput { content: Vec::new(), structured: Some(to_json(&self.0)?), is_error: false, meta: None })
    }
}

/// Pairs a text for the model with a serializable value, whose type gives the schema.
#[derive(Debug, Clone)]
pub struct TextWithData<T> {
    text: String,
    value: T,
    is_error: bool,
}

impl<T> TextWithData<T> {
    /// Combines a text with a value. One that is no JSON object is wrapped as in [`Json`].
    pub fn new(text: impl Into<String>, value: T) -> Self {
        Self { text: text.into(), value, is_error: false }
    }

    /// Marks the result as an error: the tool did not do what was asked, although it returns something.
    #[must_use]
    pub fn error(self) -> Self {
        Self { is_error: true, ..self }
    }
}

impl<T: Serialize + JsonSchema> IntoToolOutput for TextWithData<T> {
    fn schema() -> Option<Value> {
        Some(schema::result_schema::<T>())
    }

    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        text_with_data(self.text, &self.value, self.is_error)
    }
}

/// The result of a tool that may fail.
impl<T: IntoToolOutput, E: Into<ToolError>> IntoToolOutput for Result<T, E> {
    fn schema() -> Option<Value> {
        T::schema()
    }

    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        self.map_err(Into::into)?.into_tool_output()
    }
}

impl IntoToolOutput for String {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        Reply::text(self).into_tool_output()
    }
}

impl IntoToolOutput for &str {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        Reply::text(self).into_tool_output()
    }
}

/// Builds a result of a text and structured content.
pub(crate) fn text_with_data<T: Serialize>(text: String, value: &T, is_error: bool) -> Result<ToolOutput, ToolError> {
    let content = vec![ContentBlock::Text(text)];
    Ok(ToolOutput { content, structured: Some(to_json(value)?), is_error, meta: None })
}

/// Writes a result as JSON text, without a tree of values, which would cost more than the rest of a call.
///
/// Fails for a map whose keys are not strings, and for a hand-written `Serialize` that fails.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, ToolError> {
    serde_json::to_string(value).map_err(|error| ToolError::failed(format!("The result is not JSON: {error}")))
}
