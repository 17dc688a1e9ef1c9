//! What prompts and resources answer, once it is checked: within the plugin's size limit, with whole URIs.

use serde_json::{Map, Value};

use super::{
    Problem,
    answer::{block_size, check_size, complete, contents_size, length, meta, refuse},
};
use crate::plugin::{
    Plugin, Resource, absolute,
    wit::{content, prompts, resources},
};

/// What a part or a message costs as JSON beyond its text, so that a million empty ones are not for nothing.
const BRACKETS: usize = 32;

/// A prompt, filled in.
pub(crate) struct Conversation {
    pub(crate) description: Option<String>,
    pub(crate) messages: Vec<prompts::PromptMessage>,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// What a resource holds.
pub(crate) struct Document {
    pub(crate) parts: Vec<Part>,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// One of the parts of a resource.
pub(crate) struct Part {
    pub(crate) uri: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) contents: content::ResourceContents,
    pub(crate) meta: Option<Map<String, Value>>,
}

impl Conversation {
    pub(super) fn of_output(output: prompts::PromptOutput, plugin: &Plugin) -> Result<Self, Problem> {
        let size = output.messages.iter().map(|message| BRACKETS + block_size(&message.content)).sum::<usize>();
        check_size(size + length(output.description.as_ref()) + length(output.meta.as_ref()), plugin)?;
        Self::checked(output, plugin).map_err(|what| refuse(plugin, &what))
    }

    fn checked(output: prompts::PromptOutput, plugin: &Plugin) -> Result<Self, String> {
        let prompts::PromptOutput { description, mut messages, meta: given } = output;
        if messages.is_empty() {
            return Err("the prompt has no messages".to_owned());
        }
        complete(messages.iter_mut().map(|message| &mut message.content), plugin)?;
        Ok(Self { description, messages, meta: meta(given.as_deref())? })
    }
}

impl Document {
    /// `uri` is what was asked for.
    pub(super) fn of_output(
        output: resources::ResourceOutput,
        resource: &Resource,
        uri: &str,
        plugin: &Plugin,
    ) -> Result<Self, Problem> {
        let size = output.contents.iter().map(part_size).sum::<usize>();
        check_size(size + length(output.meta.as_ref()), plugin)?;
        Self::checked(output, resource, uri, plugin).map_err(|what| refuse(plugin, &what))
    }

    fn checked(
        output: resources::ResourceOutput,
        resource: &Resource,
        uri: &str,
        plugin: &Plugin,
    ) -> Result<Self, String> {
        // MCP forbids it: a resource that is not there is an error.
        if output.contents.is_empty() {
            return Err("the resource has no contents".to_owned());
        }
        let part = |part: resources::ResourcePart| {
            let uri = part.path.as_deref().map_or_else(|| Ok(uri.to_owned()), |path| absolute(&plugin.name, path))?;
            let mime_type = part.mime_type.or_else(|| resource.mime_type.clone());
            Ok::<_, String>(Part { uri, mime_type, contents: part.contents, meta: meta(part.meta.as_deref())? })
        };
        let parts = output.contents.into_iter().map(part).collect::<Result<_, _>>()?;
        Ok(Self { parts, meta: meta(output.meta.as_deref())? })
    }
}

fn part_size(part: &resources::ResourcePart) -> usize {
    let optional = [part.path.as_ref(), part.mime_type.as_ref(), part.meta.as_ref()];
    BRACKETS + contents_size(&part.contents) + optional.into_iter().map(length).sum::<usize>()
}
