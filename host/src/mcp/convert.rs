//! Conversions from the host's types to MCP's. Whose fault a failure is was decided before, in `calls`.

use std::{ops::Bound, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use lamplighter_report::{is_object_schema, object_schema, object_value};
use rmcp::{
    ErrorData,
    model::{
        Annotations, CacheScope, CallToolResult, ContentBlock, ErrorCode, GetPromptResult, Icon, MetaObject, Prompt,
        PromptArgument, PromptMessage, ProtocolVersion, ReadResourceResult, Resource, ResourceContents,
        ResourceTemplate, Role, Tool, ToolAnnotations,
    },
};
use serde_json::{Map, Value, json};

use crate::{
    calls::{self, CallFailure, PromptMessages, ToolResult},
    config::Publication,
    contract::{content, prompts},
    plugin::{self, portability::published_arguments},
    registry::{Loading, Served},
};

/// The time a client that is not notified of changes may cache a list, in milliseconds.
const TTL_MS: u64 = 5_000;

/// The key under which a result names its server (2026-07-28, basic: `_meta`).
const SERVER_INFO_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// The key under which a list names the plugins that are loading, whose items it may lack.
const LOADING_KEY: &str = "lamplighter/loading";

/// Holds one page of a list.
pub(super) struct Page<M> {
    pub(super) items: Vec<M>,
    /// The cursor of the next page, if there is one.
    pub(super) next: Option<String>,
    /// The plugins that are loading, whose items the list may lack.
    pub(super) loading: Loading,
}

/// The structured results that a client's era allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Results {
    /// Only JSON objects, before 2026-07-28: client libraries refuse the whole list of tools for another schema.
    Objects,
    /// Any JSON, since 2026-07-28.
    Any,
}

impl Results {
    /// Returns what the protocol version of a request allows.
    pub(super) fn of_version(version: Option<&ProtocolVersion>) -> Self {
        match version {
            Some(version) if *version >= ProtocolVersion::V_2026_07_28 => Self::Any,
            _ => Self::Objects,
        }
    }

    fn schema(self, declared: &Arc<Map<String, Value>>) -> Arc<Map<String, Value>> {
        match self {
            Self::Objects if !is_object_schema(declared) => Arc::new(object_schema(Map::clone(declared))),
            _ => declared.clone(),
        }
    }

    fn value(self, value: Value) -> Value {
        match self {
            Self::Objects => object_value(value),
            Self::Any => value,
        }
    }
}

/// Returns one page of the served items, in the order of their names; the cursor is the last name of the page before.
pub(super) fn page<T, M>(
    served: &Served<T>,
    cursor: Option<&str>,
    size: usize,
    item: impl Fn(&str, &T) -> M,
) -> Result<Page<M>, ErrorData> {
    let start = match cursor {
        None | Some("") => Bound::Unbounded,
        Some(cursor) => Bound::Excluded(last_name(cursor)?),
    };
    let mut rest = served.range((start, Bound::Unbounded));
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let next = rest.next().and(page.last()).map(|(name, _)| BASE64_STANDARD.encode(name));
    Ok(Page {
        items: page.into_iter().map(|(name, (_, found))| item(name, found)).collect(),
        next,
        loading: Loading::default(),
    })
}

/// Returns how long a client may cache a list, in milliseconds: not at all while plugins are loading.
pub(super) fn ttl_ms(loading: &Loading) -> u64 {
    if loading.is_empty() { TTL_MS } else { 0 }
}

/// Returns the `_meta` of a list that may lack the items of plugins that are loading.
pub(super) fn loading_meta(loading: &Loading) -> Option<MetaObject> {
    let names = || loading.plugins().map(|name| Value::from(name.as_ref())).collect::<Vec<_>>();
    (!loading.is_empty()).then(|| MetaObject(Map::from_iter([(LOADING_KEY.to_owned(), names().into())])))
}

fn last_name(cursor: &str) -> Result<String, ErrorData> {
    BASE64_STANDARD
        .decode(cursor)
        .ok()
        .and_then(|name| String::from_utf8(name).ok())
        .ok_or_else(|| ErrorData::invalid_params("this cursor is not one of this server's: list from the start", None))
}

/// Converts a tool for `tools/list`, with its result's schema as the client's era takes it. Returns `None` for a tool that
/// is not published.
pub(super) fn tool(found: &plugin::Tool, publication: Publication, results: Results) -> Option<Tool> {
    let hints = &found.hints;
    let annotations = ToolAnnotations::from_raw(
        found.title.clone(),
        hints.read_only,
        hints.destructive,
        hints.idempotent,
        hints.open_world,
    );
    let description = found.description.clone();
    let mut tool = Tool::new(found.name.clone(), description, published_arguments(found, publication)?)
        .with_annotations(annotations);
    tool.title.clone_from(&found.title);
    tool.output_schema = found.output.as_ref().map(|schema| results.schema(&schema.document));
    tool.meta = found.meta.clone().map(MetaObject);
    tool.icons = icons(&found.icons);
    Some(tool)
}

/// Converts a prompt for `prompts/list`.
pub(super) fn prompt(found: &plugin::Prompt) -> Prompt {
    let arguments: Vec<_> = found.arguments.iter().map(argument).collect();
    let arguments = (!arguments.is_empty()).then_some(arguments);
    let mut prompt = Prompt::new(found.name.clone(), Some(found.description.clone()), arguments);
    prompt.title.clone_from(&found.title);
    prompt.icons = icons(&found.icons);
    prompt.meta = found.meta.clone().map(MetaObject);
    prompt
}

fn argument(argument: &prompts::PromptArgument) -> PromptArgument {
    let mut converted = PromptArgument::new(argument.name.clone()).with_required(argument.required);
    converted.title.clone_from(&argument.title);
    converted.description.clone_from(&argument.description);
    converted
}

/// Converts a resource for `resources/list`.
pub(super) fn resource(uri: &str, found: &plugin::Resource) -> Resource {
    let mut resource = Resource::new(uri, found.name.clone());
    resource.title.clone_from(&found.title);
    resource.description.clone_from(&found.description);
    resource.mime_type.clone_from(&found.mime_type);
    resource.size = found.size;
    resource.icons = icons(&found.icons);
    resource.annotations = annotations(found);
    resource.meta = found.meta.clone().map(MetaObject);
    resource
}

/// Converts a resource with variables for `resources/templates/list`.
pub(super) fn template(uri: &str, found: &plugin::Resource) -> ResourceTemplate {
    let mut template = ResourceTemplate::new(uri, found.name.clone());
    template.title.clone_from(&found.title);
    template.description.clone_from(&found.description);
    template.mime_type.clone_from(&found.mime_type);
    template.icons = icons(&found.icons);
    template.annotations = annotations(found);
    template.meta = found.meta.clone().map(MetaObject);
    template
}

/// Returns `None` if the plugin gave no annotations, or ones that MCP does not know.
fn annotations(found: &plugin::Resource) -> Option<Annotations> {
    serde_json::from_value(Value::Object(found.annotations.clone()?)).ok()
}

fn icons(icons: &[content::Icon]) -> Option<Vec<Icon>> {
    (!icons.is_empty()).then(|| icons.iter().map(icon).collect())
}

fn icon(icon: &content::Icon) -> Icon {
    let mut converted = Icon::new(icon.src.clone());
    converted.mime_type.clone_from(&icon.mime_type);
    converted.sizes = (!icon.sizes.is_empty()).then(|| icon.sizes.clone());
    converted
}

/// Converts the result of a tool, as the client's era takes it.
pub(super) fn tool_result(tool: ToolResult, results: Results, server: &Value) -> CallToolResult {
    let content = blocks(tool.content);
    let mut result = if tool.is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = tool.structured.map(|value| results.value(value));
    result.meta = Some(meta(tool.meta, server));
    result
}

/// Converts a filled-in prompt.
pub(super) fn prompt_result(filled: PromptMessages, server: &Value) -> GetPromptResult {
    let messages = filled.messages.into_iter().filter_map(|message| {
        let role = match message.role {
            prompts::Role::User => Role::User,
            prompts::Role::Assistant => Role::Assistant,
        };
        Some(PromptMessage::new(role, block(message.content)?))
    });
    let mut result = GetPromptResult::new(messages.collect());
    result.description = filled.description;
    result.meta = Some(meta(filled.meta, server));
    result
}

/// Converts the contents of a resource, which clients may not cache.
pub(super) fn resource_result(read: calls::ResourceContents, server: &Value) -> ReadResourceResult {
    let contents = read.parts.into_iter().map(|part| {
        let meta = part.meta.map(MetaObject);
        contents(part.uri, part.mime_type, part.contents, meta)
    });
    let mut result = ReadResourceResult::new(contents.collect());
    result.ttl_ms = Some(0);
    result.cache_scope = Some(CacheScope::Private);
    result.meta = Some(meta(read.meta, server));
    result
}

/// Converts a failure where MCP's result has no room for one.
pub(super) fn error(failure: CallFailure) -> ErrorData {
    let code = match failure.code {
        calls::ErrorCode::ValidationError | calls::ErrorCode::NotFound | calls::ErrorCode::Ambiguous => {
            ErrorCode::INVALID_PARAMS
        }
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let data = json!({"code": failure.code.as_str(), "errors": failure.errors});
    ErrorData::new(code, failure.message, Some(data))
}

/// Says that there is no such resource; rmcp chooses the code of the client's era.
pub(super) fn resource_not_found(message: String, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(message, Some(json!({"uri": uri})))
}

/// Adds the server's name, as 2026-07-28 requires.
fn meta(given: Option<Map<String, Value>>, server: &Value) -> MetaObject {
    let mut meta = MetaObject(given.unwrap_or_default());
    meta.insert(SERVER_INFO_KEY.to_owned(), server.clone());
    meta
}

fn blocks(given: Vec<content::ContentBlock>) -> Vec<ContentBlock> {
    let all = given.len();
    let known: Vec<_> = given.into_iter().filter_map(block).collect();
    if known.len() < all {
        tracing::warn!(blocks = all - known.len(), "content blocks that MCP does not know were left out");
    }
    known
}

/// Returns `None` for a block that MCP does not know.
fn block(block: content::ContentBlock) -> Option<ContentBlock> {
    Some(match block {
        content::ContentBlock::Text(text) => ContentBlock::text(text),
        content::ContentBlock::Image(blob) => ContentBlock::image(BASE64_STANDARD.encode(blob.data), blob.mime_type),
        content::ContentBlock::Audio(blob) => ContentBlock::audio(BASE64_STANDARD.encode(blob.data), blob.mime_type),
        content::ContentBlock::ResourceLink(link) => {
            let mut resource = Resource::new(link.uri, link.name);
            resource.title = link.title;
            resource.description = link.description;
            resource.mime_type = link.mime_type;
            ContentBlock::resource_link(resource)
        }
        content::ContentBlock::Resource(embedded) => {
            ContentBlock::resource(contents(embedded.uri, embedded.mime_type, embedded.contents, None))
        }
        content::ContentBlock::Other(json) => return serde_json::from_str(&json).ok(),
    })
}

fn contents(
    uri: String,
    mime_type: Option<String>,
    contents: content::ResourceContents,
    meta: Option<MetaObject>,
) -> ResourceContents {
    match contents {
        content::ResourceContents::Text(text) => ResourceContents::TextResourceContents { uri, mime_type, text, meta },
        content::ResourceContents::Bytes(bytes) => {
            let blob = BASE64_STANDARD.encode(bytes);
            ResourceContents::BlobResourceContents { uri, mime_type, blob, meta }
        }
    }
}
