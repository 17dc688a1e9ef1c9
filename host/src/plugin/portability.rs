//! Portability of tools: what client families demand of names and argument schemas beyond the protocol.
//!
//! The protocol allows more than many model interfaces take, and most of them refuse a whole request for one tool. A tool
//! is served as its plugin declares it; `plugin check` and the health report tell what is refused by whom, and
//! `serve --portable-schemas` rewrites it.
//! - [`rules`]: the demands, each with its families and sources;
//! - [`find`]: where a tool breaks them;
//! - [`rewrite`]: the same arguments in portable words.

mod find;
mod rewrite;
mod rules;

pub(crate) use find::Finding;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Tool;
use crate::config::Publication;

/// Returns the schema of a tool's arguments as clients see it, or `None` if the tool is left out of their lists.
pub(crate) fn published_arguments(tool: &Tool, publication: Publication) -> Option<Arc<Map<String, Value>>> {
    let declared = &tool.input.document;
    if publication == Publication::Declared || find::refusals(tool).is_empty() {
        return Some(declared.clone());
    }
    rewrite::to_portable(declared).filter(|_| find::is_name_taken(&tool.name)).map(Arc::new)
}

/// Describes what the operator should know of a tool that some client family refuses.
pub(crate) fn problem(plugin: &str, tool: &Tool, publication: Publication) -> Option<String> {
    let findings = find::refusals(tool);
    let (name, first) = (&tool.name, findings.first()?);
    match publication {
        Publication::Declared => Some(format!(
            "the tool {name} of the plugin {plugin} is not portable: {first}. Start the server with \
             --portable-schemas, or tell the plugin's author"
        )),
        Publication::Portable if published_arguments(tool, publication).is_some() => None,
        Publication::Portable => Some(format!(
            "the tool {name} of the plugin {plugin} is left out of the list, since --portable-schemas cannot rewrite \
             it: {first}. Tell the plugin's author"
        )),
    }
}

/// Finds the demands that the tools of a plugin break.
pub(crate) fn findings(plugin: &str, tools: &[Arc<Tool>]) -> Vec<Finding> {
    let of_tools = tools.iter().flat_map(|tool| find::in_tool(tool));
    find::in_count(plugin, tools.len()).into_iter().chain(of_tools).collect()
}
