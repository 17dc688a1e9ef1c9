//! Between what the host has and what MCP says. Whose failure something is was decided before it comes here.

use std::ops::Bound;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rmcp::{
    ErrorData,
    model::{
        CacheScope, CallToolResult, ContentBlock, Icon, Implementation, ListToolsResult, MetaObject, Resource,
        ResourceContents, Tool, ToolAnnotations,
    },
};

use crate::{
    calls::Answer,
    plugin::{self, wit::content},
    registry::Snapshot,
};

/// How long a client that is not told of changes may believe a list, in milliseconds.
const TTL_MS: u64 = 5_000;

/// Where a result says whose it is (2026-07-28, basic: `_meta`).
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// One page of the tools, in the order of their names; the cursor is the last name of the page before.
pub(super) fn page(snapshot: &Snapshot, cursor: Option<&str>, size: usize) -> Result<ListToolsResult, ErrorData> {
    let start = match cursor {
        None | Some("") => Bound::Unbounded,
        Some(cursor) => Bound::Excluded(last_name(cursor)?),
    };
    let mut rest = snapshot.tools.range((start, Bound::Unbounded));
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let next_cursor = rest.next().and(page.last()).map(|(name, _)| BASE64_STANDARD.encode(name));
    let tools = page.into_iter().map(|(_, (_, found))| tool(found)).collect();
    let mut result = ListToolsResult::with_all_items(tools).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Private);
    result.next_cursor = next_cursor;
    Ok(result)
}

fn last_name(cursor: &str) -> Result<String, ErrorData> {
    BASE64_STANDARD
        .decode(cursor)
        .ok()
        .and_then(|name| String::from_utf8(name).ok())
        .ok_or_else(|| ErrorData::invalid_params("this cursor is not one of this server's: list from the start", None))
}

/// A tool as MCP lists it.
pub(super) fn tool(found: &plugin::Tool) -> Tool {
    let hints = &found.hints;
    let annotations = ToolAnnotations::from_raw(
        found.title.clone(),
        hints.read_only,
        hints.destructive,
        hints.idempotent,
        hints.open_world,
    );
    let description = found.description.clone();
    let mut tool =
        Tool::new(found.name.clone(), description, found.input.document.clone()).with_annotations(annotations);
    tool.title.clone_from(&found.title);
    tool.output_schema = found.output.as_ref().map(|schema| schema.document.clone());
    tool.meta = found.meta.clone().map(MetaObject);
    if !found.icons.is_empty() {
        tool.icons = Some(found.icons.iter().map(icon).collect());
    }
    tool
}

fn icon(icon: &content::Icon) -> Icon {
    let mut converted = Icon::new(icon.src.clone());
    converted.mime_type.clone_from(&icon.mime_type);
    converted.sizes = (!icon.sizes.is_empty()).then(|| icon.sizes.clone());
    converted
}

/// An answer as MCP's result, with the server's name in its `_meta` as 2026-07-28 asks.
pub(super) fn result(answer: Answer, server: &Implementation) -> CallToolResult {
    let blocks = answer.content.len();
    let content: Vec<_> = answer.content.into_iter().filter_map(block).collect();
    if content.len() < blocks {
        tracing::warn!(blocks = blocks - content.len(), "content blocks that MCP does not know were left out");
    }
    let mut result = if answer.is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = answer.structured;
    let mut meta = MetaObject(answer.meta.unwrap_or_default());
    if let Ok(server) = serde_json::to_value(server) {
        meta.insert(SERVER_INFO.to_owned(), server);
    }
    result.meta = Some(meta);
    result
}

/// None for a block that MCP does not know.
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
        content::ContentBlock::Resource(embedded) => ContentBlock::resource(contents(embedded)),
        content::ContentBlock::Other(json) => return serde_json::from_str(&json).ok(),
    })
}

fn contents(embedded: content::EmbeddedResource) -> ResourceContents {
    let (uri, mime_type, meta) = (embedded.uri, embedded.mime_type, None);
    match embedded.contents {
        content::ResourceContents::Text(text) => ResourceContents::TextResourceContents { uri, mime_type, text, meta },
        content::ResourceContents::Bytes(bytes) => {
            ResourceContents::BlobResourceContents { uri, mime_type, blob: BASE64_STANDARD.encode(bytes), meta }
        }
    }
}
