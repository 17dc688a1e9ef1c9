//! The text that an author reads while working: on stdout, or on stderr if stdout carries MCP.

use std::{fmt::Display, path::PathBuf, process::ExitStatus, time::Duration};

use super::super::{call, check};
use crate::{
    cli::text::{escape_deceptive, format_count, format_ms, format_size, truncate},
    plugin::Catalog,
};

use super::{
    Trial,
    build::Output,
    hints,
    project::Project,
    server::{DevServer, Served, TrialOutcome},
};

/// Limits the lines of a failed build that are shown, from its end.
const MAX_OUTPUT_LINES: usize = 60;
/// Limits the changes, findings and denied imports that are shown.
const MAX_ITEMS: usize = 12;
/// Limits the length of each of those, in characters.
const MAX_ITEM_CHARS: usize = 300;
/// The indentation of further lines below the first of an item.
const ITEM_INDENT: &str = "            ";

/// The stream that the session's text is written to.
pub(super) struct Page {
    on_stderr: bool,
}

impl Page {
    /// Writes to stdout.
    pub(super) fn on_stdout() -> Self {
        Self { on_stderr: false }
    }

    /// Writes to stderr, since stdout carries MCP.
    pub(super) fn on_stderr() -> Self {
        Self { on_stderr: true }
    }

    /// Says what is built, and where it is served.
    pub(super) fn begin(&self, project: &Project, server: &DevServer) {
        for other in &server.others {
            if let Some(reason) = &other.refused {
                self.line(format_args!("The plugin {} is left out: {}", other.name, truncate(reason, MAX_ITEM_CHARS)));
            }
        }
        self.line(format_args!("{} is {}", project.folder.display(), project.kind));
        self.item("build", &project.build.shown);
        self.item("home", format_args!("simulated, {}", format_count(server.count_lamps(), "lamp")));
        let beside: Vec<_> = server.others.iter().filter(|it| it.refused.is_none()).map(|it| &*it.name).collect();
        let beside = if beside.is_empty() { "no other plugin".to_owned() } else { beside.join(", ") };
        self.item("beside", format_args!("{beside} ({})", server.folder.display()));
        self.line("Whenever a file is saved, it is built again. Ctrl-C ends it.\n");
    }

    pub(super) fn building(&self, round: u32, changed: &[PathBuf]) {
        if !changed.is_empty() {
            self.line("");
        }
        match changed {
            [] => self.line(format_args!("#{round} building …")),
            [file] => self.line(format_args!("#{round} {} changed, building …", file.display())),
            [file, others @ ..] => {
                let others = format_count(others.len(), "other file");
                self.line(format_args!("#{round} {} and {others} changed, building …", file.display()));
            }
        }
    }

    pub(super) fn build_failed(&self, round: u32, status: ExitStatus, output: &Output, served: Option<u32>) {
        self.line(format_args!("#{round} the build failed ({status}); {}", goes_on(served)));
        // What cargo says on stdout is for programs.
        let words = output.stdout.lines().filter(|line| !line.starts_with("{\"reason\"")).chain(output.stderr.lines());
        let lines: Vec<_> = words.collect();
        let shown = &lines[lines.len().saturating_sub(MAX_OUTPUT_LINES)..];
        if shown.len() < lines.len() {
            self.line(format_args!("   | … {} before", format_count(lines.len() - shown.len(), "line")));
        }
        for line in shown {
            self.verbatim(format_args!("   | {line}"));
        }
        if let Some(hint) = hints::find_hint(&lines.join("\n")) {
            self.line(format_args!("   hint: {hint}"));
        }
    }

    pub(super) fn built(&self, round: u32, took: Duration) {
        self.line(format_args!("#{round} built in {}, loading …", time(took)));
    }

    pub(super) fn refused(&self, round: u32, error: &anyhow::Error, served: Option<u32>) {
        self.line(format_args!("#{round} refused: {error:#}\n   {}", goes_on(served)));
    }

    /// Says what is served now. `before` is the round whose version it replaces; the first version is shown whole.
    pub(super) fn loaded(&self, round: u32, served: &Served, before: Option<u32>) {
        let Served { plugin, took, .. } = served;
        let what = format!("{}, {}, {}", plugin.name, format_size(served.bytes), count_items(&plugin.catalog));
        self.line(format_args!("#{round} loaded in {}: {what}", time(*took)));
        match served.changes.as_ref().filter(|_| before.is_some()) {
            None => plugin.catalog.tools.iter().for_each(|tool| {
                let schema = serde_json::Value::Object((*tool.input.document).clone());
                self.item("tool", check::signature(&tool.name, &schema));
            }),
            Some(changes) if changes.is_empty() => self.item("tools", "as before"),
            Some(changes) => self.items("change", changes),
        }
        self.items("error", &served.findings.errors);
        self.items("warning", &served.findings.warnings);
        self.items("denied", &served.to_grant);
    }

    pub(super) fn calling(&self, trial: &Trial) {
        let arguments = serde_json::Value::Object(trial.arguments.clone());
        self.item("call", format_args!("{} {arguments}", trial.tool));
    }

    pub(super) fn called(&self, outcome: &TrialOutcome) {
        let took = time(outcome.took);
        match &outcome.result {
            Err(unknown) => self.item("failed", unknown),
            Ok(result) => {
                let text = call::result_text(result);
                let text = indented(&text);
                match (outcome.is_cancelled, result.is_error) {
                    (true, _) => self.item("ended", format_args!("early, after {took}: {text}")),
                    (false, true) => self.item("failed", format_args!("after {took}: {text}")),
                    (false, false) => self.item(&format!("in {took}"), text),
                }
            }
        }
        match outcome.lamps.as_slice() {
            [] => self.item("lamps", "as before"),
            lamps => lamps.iter().for_each(|lamp| self.item("lamp", lamp)),
        }
    }

    /// Warns of files that change with every build.
    pub(super) fn build_changes_sources(&self, changed: &[PathBuf]) {
        let files: Vec<_> = changed.iter().map(|file| file.display().to_string()).collect();
        self.line(format_args!(
            "{} changed during each of the last builds: does the build itself write there? It is built again after the \
             next save.",
            files.join(", ")
        ));
    }

    fn items(&self, what: &str, lines: &[String]) {
        lines
            .iter()
            .take(MAX_ITEMS)
            .for_each(|line| self.item(what, indented(&truncate(line.trim_end(), MAX_ITEM_CHARS))));
        if let Some(more @ 1..) = lines.len().checked_sub(MAX_ITEMS) {
            self.item(what, format_args!("… and {more} more"));
        }
    }

    fn item(&self, what: &str, text: impl Display) {
        self.line(format_args!("   {what:<8} {text}"));
    }

    fn line(&self, line: impl Display) {
        // The text may quote a plugin.
        self.verbatim(escape_deceptive(&line.to_string()));
    }

    /// Writes the output of the author's own tools, colours included.
    fn verbatim(&self, line: impl Display) {
        if self.on_stderr { note!("{line}") } else { out!("{line}") }
    }
}

fn goes_on(served: Option<u32>) -> String {
    served.map_or_else(|| "nothing of it is served yet".to_owned(), |round| format!("#{round} goes on"))
}

/// Returns for example `2 tools, 1 prompt`; every plugin has tools.
fn count_items(catalog: &Catalog) -> String {
    let others = [(catalog.prompts.len(), "prompt"), (catalog.resources.len(), "resource")];
    let others = others.into_iter().filter(|(number, _)| *number > 0);
    others.fold(format_count(catalog.tools.len(), "tool"), |text, (number, what)| {
        format!("{text}, {}", format_count(number, what))
    })
}

/// Indents all lines but the first.
fn indented(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(&format!("\n{ITEM_INDENT}"))
}

fn time(took: Duration) -> String {
    format_ms(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
