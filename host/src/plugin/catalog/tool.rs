//! A tool that was checked, with its schemas.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{check_common_parts, check_name};
use crate::{
    contract::{Invalid, content, tools},
    plugin::schema::Schema,
};

/// A tool that may be called.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Is the name, which no other plugin may use.
    pub(crate) name: String,
    /// Is the name that people see.
    pub(crate) title: Option<String>,
    /// Is the description that the model sees.
    pub(crate) description: String,
    /// Constrains the arguments.
    pub(crate) input: Schema,
    /// Constrains the structured output.
    pub(crate) output: Option<Schema>,
    /// Holds MCP's hints.
    pub(crate) hints: tools::Hints,
    /// Is the time that a call may need.
    pub(crate) expected: Option<Duration>,
    /// Lists the icons.
    pub(crate) icons: Vec<content::Icon>,
    /// Holds MCP's `_meta`.
    pub(crate) meta: Option<Map<String, Value>>,
}

impl Tool {
    /// Checks a tool as the plugin lists it.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(super) fn check(raw: tools::Tool) -> Result<Self, Invalid> {
        check_name(&raw.name)?;
        let meta = check_common_parts(raw.title.as_ref(), Some(&raw.description), &raw.icons, raw.meta.as_ref())?;
        let output = raw.output_schema.as_deref().map(Schema::for_result).transpose();
        Ok(Self {
            input: Schema::for_arguments(&raw.input_schema).map_err(in_input)?,
            output: output.map_err(in_output)?,
            meta,
            expected: raw.expected_ms.map(Duration::from_millis),
            name: raw.name,
            title: raw.title,
            description: raw.description,
            hints: raw.hints,
            icons: raw.icons,
        })
    }

    /// Checks that the schemas can be compiled, which takes time that the plugin chooses.
    ///
    /// # Errors
    /// One cannot.
    pub(super) fn compile_schemas(&self) -> Result<(), Invalid> {
        self.input.check().map_err(in_input)?;
        self.output.as_ref().map_or(Ok(()), Schema::check).map_err(in_output)
    }
}

fn in_input(error: Invalid) -> Invalid {
    error.in_part("input schema")
}

fn in_output(error: Invalid) -> Invalid {
    error.in_part("output schema")
}
