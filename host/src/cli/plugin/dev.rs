//! `plugin dev`: builds a project whenever one of its files is saved, and puts what was built into a server on a
//! simulated home.
//!
//! - `project`: what a folder is built with, and where what was built lies
//! - `sources`: which of its files changed
//! - `build`: the project's own command, under way
//! - `stage`: the server, the simulated home, and the versions that come and go
//! - `page`: what its author reads

mod build;
mod page;
mod project;
mod sources;
mod stage;

use std::{path::PathBuf, pin::pin, process::ExitCode, time::Instant};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use self::{
    build::Ended,
    page::Page,
    project::Project,
    sources::Sources,
    stage::{Put, Stage},
};
use crate::{
    cli::text,
    config::{Config, is_plugin_name},
    inspect, shutdown,
};

/// Builds in a row, each for files that changed while the one before ran. Then the build itself is what changes them.
const MOST_IN_A_ROW: u32 = 5;

/// What to build, and what to do with it.
#[derive(Debug, Args)]
pub(super) struct DevArgs {
    /// The project's folder
    dir: PathBuf,
    /// Build with this command instead of what the project's files suggest
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// What the build writes, where it is not found by itself
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Serve it under this name instead of its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Call this tool after each load, with these arguments, and show which lamps changed
    #[arg(long, num_args = 1..=2, value_names = ["TOOL", "JSON"])]
    call: Vec<String>,
    /// Serve MCP on stdin and stdout meanwhile; what is said here goes to stderr
    #[arg(long)]
    serve: bool,
}

/// A tool, and what it is called with.
struct Trial {
    tool: String,
    arguments: Map<String, Value>,
}

/// Builds and serves until a signal comes, or the MCP client goes away.
pub(super) async fn run(config: Config, args: DevArgs) -> anyhow::Result<ExitCode> {
    let understood = Project::find(&args.dir, args.build, args.component).and_then(|project| {
        let trial = trial(&args.call)?;
        match &args.name {
            Some(name) if !is_plugin_name(name) => Err(format!("`{name}` is no plugin's name")),
            _ => Ok((project, trial)),
        }
    });
    let (project, trial) = match understood {
        Ok(understood) => understood,
        Err(reason) => return Ok(text::report_misuse("plugin dev", reason)),
    };
    let stop = shutdown::token();
    let page = if args.serve { Page::beside_mcp() } else { Page::alone() };
    let stage = Stage::open(config).await?;
    let client = args.serve.then(|| tokio::spawn(stage.serve(stop.clone())));
    let sources = Sources::of(&project.folder)?;
    let mut session = Session { project, name: args.name, trial, page, stage, sources, rounds: 0, served: None };
    let ended = session.run(&stop).await;
    stop.cancel();
    if let Some(client) = client {
        client.await.context("the server failed")??;
    }
    session.stage.close().await;
    ended.map(|()| ExitCode::SUCCESS)
}

fn trial(call: &[String]) -> Result<Option<Trial>, String> {
    let Some(tool) = call.first() else { return Ok(None) };
    let arguments = call.get(1).map_or("{}", String::as_str);
    match serde_json::from_str(arguments) {
        Ok(arguments) => Ok(Some(Trial { tool: tool.clone(), arguments })),
        Err(error) => {
            Err(format!("--call: the arguments have to be a JSON object, such as '{{\"light\": \"Desk\"}}': {error}"))
        }
    }
}

/// An author at work.
struct Session {
    project: Project,
    /// As it was given.
    name: Option<String>,
    trial: Option<Trial>,
    page: Page,
    stage: Stage,
    sources: Sources,
    rounds: u32,
    /// The round whose version is served.
    served: Option<u32>,
}

impl Session {
    async fn run(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let Some(beside) = stop.run_until_cancelled(self.stage.furnish(&self.page)).await else { return Ok(()) };
        self.page.begin(&self.project, &beside?, &self.stage);
        let (mut changed, mut in_a_row) = (Vec::new(), 0);
        loop {
            let is_new = self.round(&changed, stop).await;
            if stop.is_cancelled() {
                return Ok(());
            }
            in_a_row = if self.sources.is_saved_while_building()? { in_a_row + 1 } else { 0 };
            if in_a_row > MOST_IN_A_ROW {
                self.page.restless(&self.sources.tell());
                in_a_row = 0;
            }
            if is_new && in_a_row == 0 {
                self.try_it(stop).await?;
            }
            let Some(found) = stop.run_until_cancelled(self.sources.changed()).await else { return Ok(()) };
            changed = found?;
        }
    }

    /// Builds, loads, and tells how it went; answers whether something new is served. Whatever goes wrong in there, the
    /// version before goes on.
    async fn round(&mut self, changed: &[PathBuf], stop: &CancellationToken) -> bool {
        self.rounds += 1;
        self.page.building(self.rounds, changed);
        let Some(output) = self.build(stop).await else { return false };
        match stop.run_until_cancelled(self.load(&output)).await {
            None => false,
            Some(Ok(put)) => {
                self.page.loaded(self.rounds, &put, self.served);
                self.served = Some(self.rounds);
                true
            }
            Some(Err(reason)) => {
                self.page.refused(self.rounds, &reason, self.served);
                false
            }
        }
    }

    /// What the build said, if it ended well.
    async fn build(&self, stop: &CancellationToken) -> Option<build::Output> {
        let began = Instant::now();
        match build::run(&self.project.build, &self.project.folder, stop).await {
            Ok(Ended::Well(output)) => {
                self.page.built(self.rounds, began.elapsed());
                return Some(output);
            }
            Ok(Ended::Badly(status, output)) => self.page.build_failed(self.rounds, status, &output, self.served),
            Ok(Ended::Stopped) => {}
            Err(error) => {
                let reason = format!("`{}` cannot be run: {error}", self.project.build.shown);
                self.page.refused(self.rounds, &reason, self.served);
            }
        }
        None
    }

    /// Calls the tool that was named: to its end, or until the next save makes it a call of yesterday's version.
    async fn try_it(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let Some(trial) = &self.trial else { return Ok(()) };
        self.page.trying(trial);
        let cancelled = stop.child_token();
        let mut call = pin!(self.stage.call(&trial.tool, &trial.arguments, cancelled.clone()));
        let tried = tokio::select! {
            tried = &mut call => tried,
            saved = self.sources.stirred() => {
                saved?;
                cancelled.cancel();
                call.await
            }
        };
        self.page.tried(&tried);
        Ok(())
    }

    async fn load(&self, output: &build::Output) -> Result<Put, String> {
        let file = self.project.component(output)?;
        let bytes = inspect::read(&file).map_err(|error| format!("{error:#}"))?;
        let name = self.name.clone().unwrap_or_else(|| inspect::plugin_name_for(&file));
        if !is_plugin_name(&name) {
            return Err(format!("`{name}` is no plugin's name: give it one with --name NAME"));
        }
        self.stage.put(&name, bytes).await
    }
}
