//! The size of what a plugin hands over, in bytes, before anything of it is read.

use crate::contract::{content, prompts, resources, tools};

/// The bytes that each block, message and part costs as JSON beyond its text, so that a million empty ones are not free.
const ITEM_OVERHEAD_BYTES: usize = 32;

/// Returns the size of a tool's output.
pub(super) fn of_tool_output(output: &tools::ToolOutput) -> usize {
    output.content.iter().map(of_block).sum::<usize>() + of_json(output)
}

/// Returns the size of the JSON in a tool's output, which is read before it is sent.
pub(super) fn of_json(output: &tools::ToolOutput) -> usize {
    of_texts([&output.structured, &output.meta])
}

/// Returns the size of a filled-in prompt.
pub(super) fn of_prompt_output(output: &prompts::PromptOutput) -> usize {
    let messages = output.messages.iter().map(|message| ITEM_OVERHEAD_BYTES + of_block(&message.content));
    messages.sum::<usize>() + of_texts([&output.description, &output.meta])
}

/// Returns the size of a resource's contents.
pub(super) fn of_resource_output(output: &resources::ResourceOutput) -> usize {
    let parts = output.contents.iter().map(|part| {
        ITEM_OVERHEAD_BYTES + of_contents(&part.contents) + of_texts([&part.path, &part.mime_type, &part.meta])
    });
    parts.sum::<usize>() + of_texts([&output.meta])
}

fn of_block(block: &content::ContentBlock) -> usize {
    ITEM_OVERHEAD_BYTES
        + match block {
            content::ContentBlock::Text(text) | content::ContentBlock::Other(text) => text.len(),
            content::ContentBlock::Image(blob) | content::ContentBlock::Audio(blob) => {
                blob.data.len() + blob.mime_type.len()
            }
            content::ContentBlock::ResourceLink(link) => {
                link.uri.len() + link.name.len() + of_texts([&link.title, &link.description, &link.mime_type])
            }
            content::ContentBlock::Resource(embedded) => {
                of_contents(&embedded.contents) + embedded.uri.len() + of_texts([&embedded.mime_type])
            }
        }
}

fn of_contents(contents: &content::ResourceContents) -> usize {
    match contents {
        content::ResourceContents::Text(text) => text.len(),
        content::ResourceContents::Bytes(bytes) => bytes.len(),
    }
}

fn of_texts<const N: usize>(texts: [&Option<String>; N]) -> usize {
    texts.into_iter().flatten().map(String::len).sum()
}
