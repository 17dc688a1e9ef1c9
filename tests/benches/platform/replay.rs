//! The answers of this project that other servers give too, from memory.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use crate::process::Process;

/// A tool and the arguments of its calls.
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    pub(crate) arguments: Value,
}

/// A list of tools and the result of each, as JSON.
pub(crate) struct Replay(pub(crate) Value);

impl Call {
    pub(crate) fn new(tool: &'static str, arguments: Value) -> Self {
        Self { tool, arguments }
    }
}

impl Replay {
    /// Records what a server answers to these calls.
    pub(crate) fn record(process: &mut Process, calls: &[&Call]) -> Result<Self> {
        let tools: Vec<_> = process.list()?;
        let mut results = BTreeMap::new();
        for call in calls {
            results.insert(call.tool, process.call(call.tool, &call.arguments)?);
        }
        Ok(Self(json!({"tools": tools, "results": results})))
    }

    /// Returns the tools that have a result, each with it.
    pub(crate) fn answered(&self) -> impl Iterator<Item = (&str, &Value, &Value)> {
        self.0["tools"].as_array().into_iter().flatten().filter_map(|tool| {
            let name = tool["name"].as_str()?;
            Some((name, tool, self.0["results"].get(name)?))
        })
    }
}
