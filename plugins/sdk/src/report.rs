//! The result that all first-party tools share.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer;
use crate::{Answer, Timestamp, ToolError, ToolOutput, schema};

/// What a tool did, in one shape for every tool.
///
/// `success` is true only if everything that was asked for was done. A partial success is not an error to MCP, a
/// failure is. A model reads the message and the lines below it; a program reads the rest.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report<T> {
    /// Whether everything that was asked for was done.
    pub success: bool,
    /// Whether all of it, some of it or none of it was done.
    pub status: Status,
    /// What happened, in one or two sentences.
    pub message: String,
    /// Number of lights that were changed.
    pub lights_affected: u32,
    /// What the tool found or did; null if it failed before there was anything.
    pub data: Option<T>,
    /// What was not done, and why.
    pub errors: Vec<Problem>,
    /// When this was true: RFC 3339, UTC.
    pub timestamp: Timestamp,
    #[serde(skip)]
    lines: Vec<String>,
}

/// How much of what was asked for was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All of it.
    Success,
    /// Some of it.
    Partial,
    /// None of it.
    Failed,
}

/// One thing that was not done.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: Code,
    /// What happened, and what can be done about it.
    pub message: String,
    /// Which light, which field, or whatever else a program needs to know.
    pub details: Option<Map<String, Value>>,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(inline)]
pub enum Code {
    #[allow(missing_docs)]
    ValidationError,
    #[allow(missing_docs)]
    NotFound,
    #[allow(missing_docs)]
    Ambiguous,
    #[allow(missing_docs)]
    Denied,
    #[allow(missing_docs)]
    RateLimited,
    #[allow(missing_docs)]
    Timeout,
    #[allow(missing_docs)]
    BridgeUnavailable,
    #[allow(missing_docs)]
    ApiError,
    #[allow(missing_docs)]
    Unknown,
}

impl<T> Report<T> {
    /// Everything was done.
    pub fn success(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Success, message.into(), Some(data))
    }

    /// Some of it was done.
    pub fn partial(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Partial, message.into(), Some(data))
    }

    /// Nothing was done, and there is something to show for it. Where there is not, a tool answers a [`ToolError`].
    pub fn failed(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Failed, message.into(), Some(data))
    }

    /// Says how many lights were changed.
    #[must_use]
    pub fn affecting(mut self, lights: usize) -> Self {
        self.lights_affected = u32::try_from(lights).unwrap_or(u32::MAX);
        self
    }

    /// Adds something that was not done.
    #[must_use]
    pub fn problem(mut self, code: Code, message: impl Into<String>, details: &[(&str, Value)]) -> Self {
        let details: Map<_, _> = details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let details = (!details.is_empty()).then_some(details);
        self.errors.push(Problem { code, message: message.into(), details });
        self
    }

    /// Adds lines for the model to read below the message.
    #[must_use]
    pub fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// The text a model reads: the message and the lines below it.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for line in &self.lines {
            text.push('\n');
            text.push_str(line);
        }
        text
    }

    fn new(status: Status, message: String, data: Option<T>) -> Self {
        Self {
            success: status == Status::Success,
            status,
            message,
            lights_affected: 0,
            data,
            errors: Vec::new(),
            timestamp: Timestamp::now(),
            lines: Vec::new(),
        }
    }
}

impl<T: Serialize + JsonSchema> Answer for Report<T> {
    fn schema() -> Option<Value> {
        Some(schema::of_answer::<Self>())
    }

    fn into_output(self) -> Result<ToolOutput, ToolError> {
        answer::said(self.text(), &self, self.status == Status::Failed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Level {
        /// Percent.
        level: u8,
    }

    fn structured(output: &ToolOutput) -> Value {
        serde_json::from_str(output.structured.as_deref().expect("a report is structured")).expect("it is JSON")
    }

    #[test]
    fn a_partial_success_is_no_error_and_a_failure_is() {
        let partial = Report::partial("Half.", Level { level: 1 }).into_output().expect("it serializes");
        let failed = Report::failed("None.", Level { level: 1 }).into_output().expect("it serializes");
        assert!(!partial.is_error);
        assert!(failed.is_error);
        assert_eq!(structured(&partial)["status"], "partial");
        assert_eq!(structured(&failed)["success"], false);
    }

    #[test]
    fn problems_carry_their_code_and_details() {
        let report =
            Report::partial("Half.", Level { level: 1 }).problem(Code::ApiError, "No.", &[("light", json!("a"))]);
        let value = structured(&report.into_output().expect("it serializes"));
        assert_eq!(value["errors"], json!([{"code": "API_ERROR", "message": "No.", "details": {"light": "a"}}]));
    }

    #[test]
    fn the_schema_allows_a_report_without_data() {
        let schema = Report::<Level>::schema().expect("a report has a schema");
        assert_eq!(schema["properties"]["data"]["type"], json!(["object", "null"]));
        assert_eq!(schema["properties"]["timestamp"]["type"], "string");
        assert!(!schema.to_string().contains("$ref"), "{schema}");
    }
}
