//! A tool, with its schemas.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{check_name, check_sizes, icons_size, object, size};
use crate::plugin::{
    schema::Schema,
    wit::{content, tools},
};

/// A tool that may be called.
#[derive(Debug)]
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

impl Tool {
    /// # Errors
    /// What is wrong with it, for the plugin's author.
    pub(super) fn check(described: tools::Tool) -> Result<Self, String> {
        check_name(&described.name)?;
        check_sizes(&[
            ("description", described.description.len()),
            ("title", size(described.title.as_ref())),
            ("icons", icons_size(&described.icons)),
            ("meta", size(described.meta.as_ref())),
        ])?;
        let input = Schema::of_arguments(&described.input_schema).map_err(|e| format!("input schema: {e}"))?;
        let output = described.output_schema.as_deref().map(Schema::of_result).transpose();
        Ok(Self {
            input,
            output: output.map_err(|e| format!("output schema: {e}"))?,
            meta: object("meta", described.meta.as_deref())?,
            expected: described.expected_ms.map(Duration::from_millis),
            name: described.name,
            title: described.title,
            description: described.description,
            hints: described.hints,
            icons: described.icons,
        })
    }

    /// Whether its schemas can be compiled. Takes time that the plugin chooses.
    ///
    /// # Errors
    /// What is wrong with them, for the plugin's author.
    pub(super) fn compile(&self) -> Result<(), String> {
        self.input.check().map_err(|e| format!("input schema: {e}"))?;
        self.output.as_ref().map_or(Ok(()), Schema::check).map_err(|e| format!("output schema: {e}"))
    }
}
