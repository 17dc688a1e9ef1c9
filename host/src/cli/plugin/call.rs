//! `plugin call`: one tool of a file, on a simulated home, through the same pipeline as a client's call.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::home::Home;
use crate::{
    calls::{Answer, Caller, Calls, Request},
    capability::Progress,
    cli::text::escape_deceptive,
    config::Config,
    inspect,
    plugin::wit::content,
    shutdown,
};

/// Runs the tool and prints what it answers; exit code 1 if that is an error.
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
    let home = Home::open(config).await?;
    let inspector = &home.inspector;
    let plugin =
        inspector.load(&inspect::plugin_name_for(file), bytes).await.with_context(|| file.display().to_string())?;
    plugin.start().await.with_context(|| file.display().to_string())?;
    let tools: Vec<_> = plugin.offer.tools.iter().map(|tool| tool.name.clone()).collect();
    inspector.writer.serve(&plugin);
    let answer = call(home.calls(), tool, arguments, shutdown::token()).await;
    plugin.stop().await;
    home.close().await;
    let answer = answer.map_err(|unknown| anyhow!("{unknown}; it has {}", tools.join(", ")))?;
    print(&answer, json)?;
    Ok(if answer.is_error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Calls a tool, and shows its progress. When it is cancelled, the tool is told, as a client's cancelling would.
pub(super) async fn call(
    calls: Calls,
    tool: &str,
    arguments: Map<String, Value>,
    cancelled: CancellationToken,
) -> Result<Answer, String> {
    let (progress, steps) = mpsc::channel(32);
    let request = Request { tool: tool.to_owned(), arguments, caller: Caller { cancelled, progress: Some(progress) } };
    let (answer, ()) = tokio::join!(calls.call(request), show(steps));
    answer.map_err(|error| error.to_string())
}

/// Progress goes to stderr, so that stdout has the answer alone.
async fn show(mut steps: mpsc::Receiver<Progress>) {
    while let Some(step) = steps.recv().await {
        let total = step.total.map(|total| format!(" of {total}")).unwrap_or_default();
        note!("… {}{total} {}", step.done, escape_deceptive(&step.message.unwrap_or_default()));
    }
}

fn print(answer: &Answer, json: bool) -> anyhow::Result<()> {
    if json {
        let content: Vec<_> = answer.content.iter().map(block).collect();
        let all = json!({"content": content, "structured": answer.structured, "is_error": answer.is_error});
        out!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    out!("{}", escape_deceptive(&text(answer)));
    if let Some(structured) = &answer.structured {
        out!("\n{}", escape_deceptive(&serde_json::to_string_pretty(structured)?));
    }
    Ok(())
}

/// What it says to a person.
pub(super) fn text(answer: &Answer) -> String {
    answer.content.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn block(block: &content::ContentBlock) -> String {
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
