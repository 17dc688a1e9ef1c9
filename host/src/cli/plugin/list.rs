//! `plugin list`: which plugins of the folder the host would serve, hold or refuse, and which are slow.

use std::{path::Path, process::ExitCode};

use serde::Serialize;

use crate::{
    approval::Verdict,
    cli::text::{escape_deceptive, format_ms, format_table, truncate},
    config::Config,
    inspect::{Inspector, Installed},
};

/// The compile time in milliseconds from which a start without a cache is noticeably slow.
const SLOW_COMPILE_MS: u64 = 2_000;

/// Limits the length of a reason that is shown, in characters.
const MAX_REASON_CHARS: usize = 300;

#[derive(Debug, Default, Serialize)]
struct Row {
    name: String,
    /// Is `served`, `held` or `refused`.
    state: &'static str,
    tools: Vec<String>,
    prompts: Vec<String>,
    /// The URIs that clients see, or their templates.
    resources: Vec<String>,
    digest: Option<String>,
    compile_ms: Option<u64>,
    slow: bool,
    /// Says why it is held or refused.
    reason: Option<String>,
}

/// Lists the folder; exit code 1 if a file in it would not be served.
pub(super) async fn run(config: Config, json: bool) -> anyhow::Result<ExitCode> {
    let folder = config.plugins_dir.clone();
    let inspector = Inspector::open(config, None, None)?;
    let rows: Vec<Row> = inspector.installed().await?.into_iter().map(|file| row(file, &inspector)).collect();
    if json {
        out!("{}", serde_json::to_string_pretty(&rows)?);
    } else if rows.is_empty() {
        out!("{}", nothing_in(&folder));
    } else {
        out!("{}", escape_deceptive(&format!("Plugins in {}:\n\n{}", folder.display(), text(&rows))));
    }
    Ok(if rows.iter().all(|row| row.state == "served") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn nothing_in(folder: &Path) -> String {
    let is_there = if folder.is_dir() { "is empty" } else { "is not there yet" };
    format!(
        "There are no plugins: {} {is_there}.\n\
         Put a plugin's .wasm file there. To begin one of your own:\n  \
         lamplighter plugin new NAME --lang rust|python|javascript|c",
        folder.display()
    )
}

/// Decides as the host would: collisions with the plugins before it, then approval.
fn row(file: Installed, inspector: &Inspector) -> Row {
    let name = file.name.to_string();
    let refused = |reason: String| Row { name: name.clone(), state: "refused", reason: Some(reason), ..Row::default() };
    let plugin = match file.plugin {
        Ok(plugin) => plugin,
        Err(error) => return refused(format!("{error:#}")),
    };
    let held = match inspector.host.loader.approvals.judge(&plugin) {
        Verdict::Free => None,
        Verdict::Held(new) => Some(new.join("; ")),
    };
    let admitted = match &held {
        Some(_) => inspector.host.reader.snapshot().check_names(&plugin),
        None => inspector.host.loader.writer.publish(&plugin).map(drop),
    };
    if let Err(conflict) = admitted {
        return refused(conflict.to_string());
    }
    Row {
        state: if held.is_some() { "held" } else { "served" },
        tools: plugin.catalog.tools.iter().map(|tool| tool.name.clone()).collect(),
        prompts: plugin.catalog.prompts.iter().map(|prompt| prompt.name.clone()).collect(),
        resources: plugin.catalog.resources.iter().map(|resource| resource.uri(&plugin.name)).collect(),
        digest: Some(plugin.digest.to_string()),
        compile_ms: plugin.compile_ms,
        slow: plugin.compile_ms.is_some_and(|ms| ms > SLOW_COMPILE_MS),
        reason: held,
        name,
    }
}

/// Lists the names of tools and prompts, and the URIs of resources.
fn offered(row: &Row) -> String {
    row.tools.iter().chain(&row.prompts).chain(&row.resources).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn text(rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let digest = row.digest.as_deref().map(|digest| digest[..12].to_owned()).unwrap_or_default();
        let compiled = row.compile_ms.map(|ms| format!("{}{}", format_ms(ms), if row.slow { ", slow" } else { "" }));
        let text = row.reason.as_deref().map_or_else(|| offered(row), |reason| truncate(reason, MAX_REASON_CHARS));
        vec![row.name.clone(), row.state.to_owned(), digest, compiled.unwrap_or_default(), text]
    });
    let head = ["PLUGIN", "STATE", "DIGEST", "LOADED IN", "WHAT IT HAS, OR WHY NOT"];
    format_table(&head, &cells.collect::<Vec<_>>())
}
