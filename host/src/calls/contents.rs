//! The checked outputs of prompts and resources: within the plugin's size limit, with whole URIs.

use serde_json::{Map, Value};

use super::{
    output::{OutputError, check_size, complete_uris, read_meta},
    size,
};
use crate::{
    contract::{content, prompts, resources},
    plugin::{Plugin, Resource, absolute_uri},
};

/// A filled-in prompt.
pub(crate) struct PromptMessages {
    pub(crate) description: Option<String>,
    pub(crate) messages: Vec<prompts::PromptMessage>,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// The contents of a resource.
pub(crate) struct ResourceContents {
    pub(crate) parts: Vec<ResourcePart>,
    pub(crate) meta: Option<Map<String, Value>>,
}

/// One part of a resource's contents.
pub(crate) struct ResourcePart {
    pub(crate) uri: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) contents: content::ResourceContents,
    pub(crate) meta: Option<Map<String, Value>>,
}

impl PromptMessages {
    /// Checks a plugin's output.
    pub(super) fn from_output(output: prompts::PromptOutput, plugin: &Plugin) -> Result<Self, OutputError> {
        check_size(size::of_prompt_output(&output), plugin)?;
        let prompts::PromptOutput { description, mut messages, meta } = output;
        if messages.is_empty() {
            return Err(OutputError::NoMessages);
        }
        complete_uris(messages.iter_mut().map(|message| &mut message.content), plugin)?;
        Ok(Self { description, messages, meta: read_meta(meta.as_deref())? })
    }
}

impl ResourceContents {
    /// Checks a plugin's output; `uri` is the one that the client asked for.
    pub(super) fn from_output(
        output: resources::ResourceOutput,
        resource: &Resource,
        uri: &str,
        plugin: &Plugin,
    ) -> Result<Self, OutputError> {
        check_size(size::of_resource_output(&output), plugin)?;
        // MCP forbids an empty list: a resource that is not there is an error.
        if output.contents.is_empty() {
            return Err(OutputError::NoContents);
        }
        let part = |part: resources::ResourcePart| {
            let uri = part.path.as_deref().map_or_else(|| Ok(uri.to_owned()), |path| absolute_uri(&plugin.name, path));
            let uri = uri.map_err(|reason| OutputError::Uri(reason.to_string()))?;
            let mime_type = part.mime_type.or_else(|| resource.mime_type.clone());
            Ok(ResourcePart { uri, mime_type, contents: part.contents, meta: read_meta(part.meta.as_deref())? })
        };
        let parts = output.contents.into_iter().map(part).collect::<Result<_, OutputError>>()?;
        Ok(Self { parts, meta: read_meta(output.meta.as_deref())? })
    }
}
