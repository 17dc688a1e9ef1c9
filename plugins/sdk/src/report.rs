//! The result that all first-party tools share, with its text for the model.

use std::ops::Deref;
use std::time::SystemTime;

use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::tool_output;
use crate::{IntoToolOutput, ToolError, ToolOutput, schema};

/// The result of a call: a message and lines as text for the model, and a [`ReportBody`] as structured content.
///
/// `success` is true only if everything that was asked for was done. A failed report is an error to MCP; a partial one
/// is not.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Report<T> {
    pub(crate) body: ReportBody<T>,
    #[serde(skip)]
    lines: Vec<String>,
}

impl<T> Report<T> {
    /// Reports that everything was done.
    pub fn success(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Success, message, data)
    }

    /// Reports that some of it was done.
    pub fn partial(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Partial, message, data)
    }

    /// Reports that nothing was done, with data. A tool without data to show returns a [`ToolError`] instead.
    pub fn failed(message: impl Into<String>, data: T) -> Self {
        Self::new(Status::Failed, message, data)
    }

    /// Replaces the message.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.body.message = message.into();
        self
    }

    /// Sets the number of lights that were changed.
    #[must_use]
    pub fn affecting(mut self, lights: usize) -> Self {
        self.body.lights_affected = u32::try_from(lights).unwrap_or(u32::MAX);
        self
    }

    /// Adds an error: one part of the request that was not done.
    #[must_use]
    pub fn error(mut self, code: ErrorCode, message: impl Into<String>, details: &[(&str, Value)]) -> Self {
        let details: Map<_, _> = details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let details = (!details.is_empty()).then_some(details);
        self.body.errors.push(ReportError { code, message: message.into(), details });
        self
    }

    /// Adds lines for the model to read below the message.
    #[must_use]
    pub fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.lines.extend(lines);
        self
    }

    /// Returns the text for a model: the message and the lines below it.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for line in &self.lines {
            text.push('\n');
            text.push_str(line);
        }
        text
    }

    pub(crate) fn new(status: Status, message: impl Into<String>, data: T) -> Self {
        let timestamp = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        Self { body: ReportBody::new(status, message, Some(data), timestamp), lines: Vec::new() }
    }
}

/// Gives read access to the fields of the [`ReportBody`].
impl<T> Deref for Report<T> {
    type Target = ReportBody<T>;

    fn deref(&self) -> &ReportBody<T> {
        &self.body
    }
}

impl<T: Serialize + JsonSchema> IntoToolOutput for Report<T> {
    fn schema() -> Option<Value> {
        Some(schema::result_schema::<Self>())
    }

    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        tool_output::text_with_data(self.text(), &self, self.status == Status::Failed)
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
        let partial = Report::partial("Half.", Level { level: 1 }).into_tool_output().expect("it serializes");
        let failed = Report::failed("None.", Level { level: 1 }).into_tool_output().expect("it serializes");
        assert!(!partial.is_error);
        assert!(failed.is_error);
        assert_eq!(structured(&partial)["status"], "partial");
        assert_eq!(structured(&failed)["success"], false);
    }

    #[test]
    fn errors_carry_their_code_and_details() {
        let report =
            Report::partial("Half.", Level { level: 1 }).error(ErrorCode::ApiError, "No.", &[("light", json!("a"))]);
        let value = structured(&report.into_tool_output().expect("it serializes"));
        assert_eq!(value["errors"], json!([{"code": "API_ERROR", "message": "No.", "details": {"light": "a"}}]));
    }

    #[test]
    fn the_schema_allows_a_report_without_data() {
        let schema = Report::<Level>::schema().expect("a report has a schema");
        assert_eq!(schema["properties"]["data"]["type"], json!(["object", "null"]));
        assert_eq!(schema["properties"]["data"]["properties"]["level"]["type"], "integer");
        assert_eq!(schema["properties"]["status"]["enum"], json!(["success", "partial", "failed"]));
        assert!(!schema.to_string().contains("$ref"), "{schema}");
    }
}
