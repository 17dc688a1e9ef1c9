//! What an author reads while working: on stdout, or on stderr where stdout carries MCP.

use std::{fmt::Display, path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use super::super::{
    check,
    table::{count, cut, duration, size},
};
use crate::{cli::text, plugin::Catalog};

use super::{
    Trial,
    build::Output,
    project::Project,
    stage::{Put, Stage, Tried},
};

/// Lines of a failed build that are shown, from its end.
const OUTPUT: usize = 60;
/// Lines about what is new, or could be better.
const MOST: usize = 12;
/// Longest of those, in characters.
const LONGEST: usize = 300;
/// Where the words of a line begin.
const INDENT: &str = "            ";

/// Where it is written.
pub(super) struct Page {
    beside_mcp: bool,
}

impl Page {
    /// On stdout.
    pub(super) fn alone() -> Self {
        Self { beside_mcp: false }
    }

    /// On stderr.
    pub(super) fn beside_mcp() -> Self {
        Self { beside_mcp: true }
    }

    /// What is to be built, and where it will be served.
    pub(super) fn begin(&self, project: &Project, beside: &[Arc<str>], stage: &Stage) {
        self.line(format_args!("{} is {}", project.folder.display(), project.kind));
        self.item("build", &project.build.shown);
        self.item("home", format_args!("simulated, {}", count(stage.lamps(), "lamp")));
        let others = if beside.is_empty() { "no other plugin".to_owned() } else { beside.join(", ") };
        self.item("beside", format_args!("{others} ({})", stage.folder().display()));
        self.line("Whenever a file is saved, it is built again. Ctrl-C ends it.\n");
    }

    /// Another plugin that is not served.
    pub(super) fn absent(&self, name: &str, reason: &str) {
        self.line(format_args!("The plugin {name} is left out: {}", cut(reason, 300)));
    }

    pub(super) fn building(&self, round: u32, changed: &[PathBuf]) {
        if !changed.is_empty() {
            self.line("");
        }
        match changed {
            [] => self.line(format_args!("#{round} building …")),
            [file] => self.line(format_args!("#{round} {} changed, building …", file.display())),
            [file, others @ ..] => {
                let others = count(others.len(), "other file");
                self.line(format_args!("#{round} {} and {others} changed, building …", file.display()));
            }
        }
    }

    pub(super) fn build_failed(&self, round: u32, status: ExitStatus, output: &Output, served: Option<u32>) {
        self.line(format_args!("#{round} the build failed ({status}); {}", goes_on(served)));
        // What cargo says on stdout is for programs.
        let words = output.stdout.lines().filter(|line| !line.starts_with("{\"reason\"")).chain(output.stderr.lines());
        let lines: Vec<_> = words.collect();
        let shown = &lines[lines.len().saturating_sub(OUTPUT)..];
        if shown.len() < lines.len() {
            self.line(format_args!("   | … {} before", count(lines.len() - shown.len(), "line")));
        }
        for line in shown {
            self.verbatim(format_args!("   | {line}"));
        }
    }

    pub(super) fn built(&self, round: u32, took: Duration) {
        self.line(format_args!("#{round} built in {}, loading …", time(took)));
    }

    pub(super) fn refused(&self, round: u32, reason: &str, served: Option<u32>) {
        self.line(format_args!("#{round} refused: {reason}\n   {}", goes_on(served)));
    }

    /// `before`: the round whose version it replaces; what an author begins with is shown whole.
    pub(super) fn loaded(&self, round: u32, put: &Put, before: Option<u32>) {
        let Put { plugin, took, .. } = put;
        let what = format!("{}, {}, {}", plugin.name, size(put.bytes), offered(&plugin.catalog));
        self.line(format_args!("#{round} loaded in {}: {what}", time(*took)));
        match put.news.as_ref().filter(|_| before.is_some()) {
            None => plugin.catalog.tools.iter().for_each(|tool| {
                let schema = serde_json::Value::Object((*tool.input.document).clone());
                self.item("tool", check::signature(&tool.name, &schema));
            }),
            Some(news) if news.is_empty() => self.item("tools", "as before"),
            Some(news) => self.some("change", news),
        }
        self.some("error", &put.findings.errors);
        self.some("warning", &put.findings.warnings);
        self.some("denied", &put.to_grant);
    }

    pub(super) fn trying(&self, trial: &Trial) {
        let arguments = serde_json::Value::Object(trial.arguments.clone());
        self.item("call", format_args!("{} {arguments}", trial.tool));
    }

    pub(super) fn tried(&self, tried: &Tried) {
        let took = time(tried.took);
        match &tried.answer {
            Ok((text, _)) if tried.is_cut_short => {
                self.item("ended", format_args!("early, after {took}: {}", indented(text)));
            }
            Ok((text, false)) => self.item(&format!("in {took}"), indented(text)),
            Ok((text, true)) => self.item("failed", format_args!("after {took}: {}", indented(text))),
            Err(reason) => self.item("failed", reason),
        }
        match tried.lamps.as_slice() {
            [] => self.item("lamps", "as before"),
            lamps => lamps.iter().for_each(|lamp| self.item("lamp", lamp)),
        }
    }

    /// Files that change with every build.
    pub(super) fn restless(&self, changed: &[PathBuf]) {
        let files: Vec<_> = changed.iter().map(|file| file.display().to_string()).collect();
        self.line(format_args!(
            "{} changed during each of the last builds: does the build itself write there? It is built again after the \
             next save.",
            files.join(", ")
        ));
    }

    fn some(&self, what: &str, lines: &[String]) {
        lines.iter().take(MOST).for_each(|line| self.item(what, indented(&cut(line.trim_end(), LONGEST))));
        if let Some(more @ 1..) = lines.len().checked_sub(MOST) {
            self.item(what, format_args!("… and {more} more"));
        }
    }

    fn item(&self, what: &str, text: impl Display) {
        self.line(format_args!("   {what:<8} {text}"));
    }

    fn line(&self, line: impl Display) {
        // Much of it is what a plugin says.
        self.verbatim(text::escape_deceptive(&line.to_string()));
    }

    /// What the author's own tools say, colours and all.
    fn verbatim(&self, line: impl Display) {
        if self.beside_mcp { note!("{line}") } else { out!("{line}") }
    }
}

fn goes_on(served: Option<u32>) -> String {
    served.map_or_else(|| "nothing of it is served yet".to_owned(), |round| format!("#{round} goes on"))
}

/// `2 tools, 1 prompt`; tools are what every plugin has.
fn offered(catalog: &Catalog) -> String {
    let others = [(catalog.prompts.len(), "prompt"), (catalog.resources.len(), "resource")];
    let others = others.into_iter().filter(|(number, _)| *number > 0);
    others.fold(count(catalog.tools.len(), "tool"), |text, (number, what)| format!("{text}, {}", count(number, what)))
}

/// Further lines below the first.
fn indented(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(&format!("\n{INDENT}"))
}

fn time(took: Duration) -> String {
    duration(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
