//! `plugin call`: calls one tool of a file on a simulated home, through the same pipeline as a client's call.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::home::Home;
use crate::{
    calls::{Caller, Calls, ToolResult, UnknownItem},
    capability::Progress,
    cli::text::escape_deceptive,
    config::Config,
    contract::content,
    inspect::{self, Inspector},
    shutdown,
};

/// The number of progress steps that may wait to be printed.
const PROGRESS_CAPACITY: usize = 32;

/// Runs the tool and prints its result; exit code 1 if that is an error.
pub(super) async fn run(
    config: Config,
    file: &Path,
    tool: &str,
    arguments: &str,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let arguments: Map<String, Value> = serde_json::from_str(arguments)
        .context("the arguments have to be a JSON object, such as '{\"light\": \"Desk\"}'")?;
    let bytes = inspect::read(file)?;
    let home = Home::open().await?;
    let inspector = Inspector::open(config, Some(home.bridge.clone()), Some(home.storage()?))?;
    let plugin =
        inspector.load(&inspect::plugin_name_for(file), bytes).await.with_context(|| file.display().to_string())?;
    plugin.start().await.with_context(|| file.display().to_string())?;
    let tools: Vec<_> = plugin.catalog.tools.iter().map(|tool| tool.name.clone()).collect();
    let writer = &inspector.host.loader.writer;
    writer.publish(&plugin).with_context(|| file.display().to_string())?;
    writer.end_start();
    let result = call(inspector.host.calls(), tool, arguments, shutdown::token()).await;
    plugin.stop().await;
    home.close().await;
    let result = result.map_err(|unknown| anyhow!("{unknown}; it has {}", tools.join(", ")))?;
    print(&result, json)?;
    Ok(if result.is_error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Calls a tool and prints its progress. Cancelling reaches the tool as a client's cancelling does.
pub(super) async fn call(
    calls: Calls,
    tool: &str,
    arguments: Map<String, Value>,
    cancelled: CancellationToken,
) -> Result<ToolResult, UnknownItem> {
    let (progress, steps) = mpsc::channel(PROGRESS_CAPACITY);
    let caller = Caller { cancelled, progress: Some(progress) };
    let (result, ()) = tokio::join!(calls.call_tool(tool, arguments, caller), show_progress(steps));
    result
}

/// Prints progress to stderr, so that stdout has the result alone.
async fn show_progress(mut steps: mpsc::Receiver<Progress>) {
    while let Some(step) = steps.recv().await {
        let total = step.total.map(|total| format!(" of {total}")).unwrap_or_default();
        note!("… {}{total} {}", step.done, escape_deceptive(&step.message.unwrap_or_default()));
    }
}

fn print(result: &ToolResult, json: bool) -> anyhow::Result<()> {
    if json {
        let content: Vec<_> = result.content.iter().map(block_text).collect();
        let all = json!({"content": content, "structured": result.structured, "is_error": result.is_error});
        out!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    out!("{}", escape_deceptive(&result_text(result)));
    if let Some(structured) = &result.structured {
        out!("\n{}", escape_deceptive(&serde_json::to_string_pretty(structured)?));
    }
    Ok(())
}

/// Returns the content of a result as text for a person.
pub(super) fn result_text(result: &ToolResult) -> String {
    result.content.iter().map(block_text).collect::<Vec<_>>().join("\n")
}

fn block_text(block: &content::ContentBlock) -> String {
    match block {
        content::ContentBlock::Text(text) | content::ContentBlock::Other(text) => text.clone(),
        content::ContentBlock::Image(blob) | content::ContentBlock::Audio(blob) => {
            format!("[{}, {} bytes]", blob.mime_type, blob.data.len())
        }
        content::ContentBlock::ResourceLink(link) => format!("[{}]", link.uri),
        content::ContentBlock::Resource(embedded) => match &embedded.contents {
            content::ResourceContents::Text(text) => text.clone(),
            content::ResourceContents::Bytes(bytes) => format!("[{}, {} bytes]", embedded.uri, bytes.len()),
        },
    }
}
