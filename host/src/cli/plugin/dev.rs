//! `plugin dev`: builds a project whenever one of its files is saved, and serves the component on a simulated home.
//!
//! - `project`: how a folder is built, and where the component lies
//! - `sources`: which of its files changed
//! - `build`: the project's build command, while it runs
//! - `hints`: what to do about known messages of the build
//! - `server`: the host's own loader on a scratch folder, and the simulated home
//! - `page`: the text that the author reads

mod build;
mod hints;
mod page;
mod project;
mod server;
mod sources;

use std::{path::PathBuf, pin::pin, process::ExitCode, time::Instant};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use self::{
    build::BuildEnd,
    page::Page,
    project::Project,
    server::{DevServer, Served},
    sources::Sources,
};
use crate::{
    cli::text,
    config::{Config, is_plugin_name},
    inspect, shutdown,
};

/// The number of builds in a row that are each caused by files that changed during the one before. After that, the build
/// itself must be what changes them.
const MAX_BUILDS_IN_A_ROW: u32 = 5;

/// Defines the arguments of `plugin dev`.
#[derive(Debug, Args)]
pub(super) struct DevArgs {
    /// The project's folder
    dir: PathBuf,
    /// Build with this command instead of what the project's files suggest
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,
    /// The file that the build writes, if it is not found by itself
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Serve it under this name instead of its file's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Call this tool after each load, with these arguments, and show which lamps changed
    #[arg(long, num_args = 1..=2, value_names = ["TOOL", "JSON"])]
    call: Vec<String>,
    /// Serve MCP on stdin and stdout meanwhile; these messages then go to stderr
    #[arg(long)]
    serve: bool,
}

/// A call that is made after each load.
struct Trial {
    tool: String,
    arguments: Map<String, Value>,
}

/// Builds and serves until a signal comes or the MCP client goes away.
pub(super) async fn run(config: Config, args: DevArgs) -> anyhow::Result<ExitCode> {
    let (project, trial) = match check_usage(&args) {
        Ok(usage) => usage,
        Err(error) => return Ok(text::report_misuse("plugin dev", error)),
    };
    let stop = shutdown::token();
    let page = if args.serve { Page::on_stderr() } else { Page::on_stdout() };
    let name = args.name.clone().unwrap_or_else(|| inspect::plugin_name_for(&project.folder));
    let server = DevServer::open(config, name.into()).await?;
    let client = args.serve.then(|| tokio::spawn(server.serve(stop.clone())));
    let sources = Sources::of(&project.folder)?;
    let mut session = DevSession { project, name: args.name, trial, page, server, sources, round: 0, served: None };
    let ended = session.run(&stop).await;
    stop.cancel();
    if let Some(client) = client {
        client.await.context("the server failed")??;
    }
    session.server.close().await;
    ended.map(|()| ExitCode::SUCCESS)
}

/// Finds out what the arguments ask for; an error is wrong usage.
fn check_usage(args: &DevArgs) -> anyhow::Result<(Project, Option<Trial>)> {
    let project = Project::find(&args.dir, args.build.clone(), args.component.as_deref())?;
    if let Some(name) = args.name.as_deref().filter(|name| !is_plugin_name(name)) {
        bail!("`{name}` is no plugin's name");
    }
    Ok((project, trial(&args.call)?))
}

fn trial(call: &[String]) -> anyhow::Result<Option<Trial>> {
    let Some(tool) = call.first() else { return Ok(None) };
    let arguments = call.get(1).map_or("{}", String::as_str);
    match serde_json::from_str(arguments) {
        Ok(arguments) => Ok(Some(Trial { tool: tool.clone(), arguments })),
        Err(error) => {
            bail!("--call: the arguments have to be a JSON object, such as '{{\"light\": \"Desk\"}}': {error}")
        }
    }
}

/// Runs the rounds of one author: build, load, trial call, and so on.
struct DevSession {
    project: Project,
    /// The plugin's name, if it was given.
    name: Option<String>,
    trial: Option<Trial>,
    page: Page,
    server: DevServer,
    sources: Sources,
    round: u32,
    /// The round whose version is served.
    served: Option<u32>,
}

impl DevSession {
    async fn run(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let Some(()) = stop.run_until_cancelled(self.server.load_others()).await else { return Ok(()) };
        self.page.begin(&self.project, &self.server);
        let (mut changed, mut in_a_row) = (Vec::new(), 0);
        loop {
            let is_new = self.build_and_load(&changed, stop).await;
            if stop.is_cancelled() {
                return Ok(());
            }
            in_a_row = if self.sources.is_saved_while_building()? { in_a_row + 1 } else { 0 };
            if in_a_row > MAX_BUILDS_IN_A_ROW {
                self.page.build_changes_sources(&self.sources.take_changes());
                in_a_row = 0;
            }
            if is_new && in_a_row == 0 {
                self.run_trial(stop).await?;
            }
            let Some(found) = stop.run_until_cancelled(self.sources.changed()).await else { return Ok(()) };
            changed = found?;
        }
    }

    /// Builds, loads and reports; returns whether a new version is served. If anything fails, the version before goes
    /// on.
    async fn build_and_load(&mut self, changed: &[PathBuf], stop: &CancellationToken) -> bool {
        self.round += 1;
        self.page.building(self.round, changed);
        let Some(output) = self.build(stop).await else { return false };
        match stop.run_until_cancelled(self.load(&output)).await {
            None => false,
            Some(Ok(served)) => {
                self.page.loaded(self.round, &served, self.served);
                self.served = Some(self.round);
                true
            }
            Some(Err(error)) => {
                self.page.refused(self.round, &error, self.served);
                false
            }
        }
    }

    /// Runs the build command, and returns its output if it succeeded.
    async fn build(&self, stop: &CancellationToken) -> Option<build::Output> {
        let began = Instant::now();
        match build::run(&self.project.build, &self.project.folder, stop).await {
            Ok(BuildEnd::Succeeded(output)) => {
                self.page.built(self.round, began.elapsed());
                return Some(output);
            }
            Ok(BuildEnd::Failed(status, output)) => {
                self.page.build_failed(self.round, status, &output, self.served);
            }
            Ok(BuildEnd::Stopped) => {}
            Err(error) => {
                let error = anyhow!("`{}` cannot be run: {error}", self.project.build.shown);
                self.page.refused(self.round, &error, self.served);
            }
        }
        None
    }

    async fn load(&mut self, output: &build::Output) -> anyhow::Result<Served> {
        let file = self.project.component(output)?;
        let bytes = inspect::read(&file)?;
        let name = self.name.clone().unwrap_or_else(|| inspect::plugin_name_for(&file));
        if !is_plugin_name(&name) {
            bail!("`{name}` is no plugin's name: give it one with --name NAME");
        }
        self.server.put(&name, &bytes).await
    }

    /// Makes the trial call, if there is one. The next save cancels it.
    async fn run_trial(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let Some(trial) = &self.trial else { return Ok(()) };
        self.page.calling(trial);
        let cancelled = stop.child_token();
        let mut call = pin!(self.server.call(&trial.tool, &trial.arguments, cancelled.clone()));
        let outcome = tokio::select! {
            outcome = &mut call => outcome,
            saved = self.sources.stirred() => {
                saved?;
                cancelled.cancel();
                call.await
            }
        };
        self.page.called(&outcome);
        Ok(())
    }
}
