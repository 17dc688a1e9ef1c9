//! `plugin list`: what of the plugins folder would be served, held or refused, and what is slow.

use std::{path::Path, process::ExitCode};

use serde::Serialize;

use super::table::{self, cut};
use crate::{
    approval::Verdict,
    cli::text::escape_deceptive,
    config::Config,
    inspect::{Inspector, Installed},
};

/// Compiling takes longer than this, in milliseconds: a start without a cache is felt.
const SLOW: u64 = 2_000;

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// `served`, `held` or `refused`.
    state: &'static str,
    tools: Vec<String>,
    prompts: Vec<String>,
    /// As clients see them, or the templates of such.
    resources: Vec<String>,
    digest: Option<String>,
    compile_ms: Option<u64>,
    slow: bool,
    /// Why it is held or refused.
    reason: Option<String>,
}

/// Lists the folder; exit code 1 if something in it would not be served.
pub(super) async fn run(config: Config, json: bool) -> anyhow::Result<ExitCode> {
    let folder = config.plugins_dir.clone();
    let inspector = Inspector::open(config, None, None)?;
    let rows: Vec<Row> = inspector.installed().await?.into_iter().map(|file| row(file, &inspector)).collect();
    if json {
        out!("{}", serde_json::to_string_pretty(&rows)?);
    } else if rows.is_empty() {
        out!("{}", nothing_in(&folder));
    } else {
        out!("{}", escape_deceptive(&format!("Plugins in {}:\n\n{}", folder.display(), text(&rows).trim_end())));
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

/// As the host would decide: collisions with those before it, then approval.
fn row(file: Installed, inspector: &Inspector) -> Row {
    let name = file.name.to_string();
    let refused = |reason: String| Row {
        name: name.clone(),
        state: "refused",
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        digest: None,
        compile_ms: None,
        slow: false,
        reason: Some(reason),
    };
    let plugin = match file.plugin {
        Ok(plugin) => plugin,
        Err(reason) => return refused(reason),
    };
    let held = match inspector.approvals.judge(&plugin) {
        Verdict::Free => None,
        Verdict::Held(new) => Some(new.join("; ")),
    };
    let admitted = match &held {
        Some(_) => inspector.reader.snapshot().check_names(&plugin),
        None => inspector.writer.publish(&plugin).map(drop),
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
        slow: plugin.compile_ms.is_some_and(|ms| ms > SLOW),
        reason: held,
        name,
    }
}

/// The names of tools and prompts, and the URIs of resources.
fn offered(row: &Row) -> String {
    row.tools.iter().chain(&row.prompts).chain(&row.resources).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn text(rows: &[Row]) -> String {
    let cells = rows.iter().map(|row| {
        let digest = row.digest.as_deref().map(|digest| digest[..12].to_owned()).unwrap_or_default();
        let compiled =
            row.compile_ms.map(|ms| format!("{}{}", table::duration(ms), if row.slow { ", slow" } else { "" }));
        let said = row.reason.as_deref().map_or_else(|| offered(row), |reason| cut(reason, 300));
        [row.name.clone(), row.state.to_owned(), digest, compiled.unwrap_or_default(), said]
    });
    let heads = ["PLUGIN", "STATE", "DIGEST", "LOADED IN", "WHAT IT HAS, OR WHY NOT"].map(str::to_owned);
    table::columns(&std::iter::once(heads).chain(cells).collect::<Vec<_>>())
}
