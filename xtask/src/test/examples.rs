//! Builds the example plugin in each language, a new project in each, and the plugins of the tests that are not in Rust.
//!
//! The projects in C are built as C++ and by Zig too.
//! They are built as their authors would build them, with each language's own tools from the registries. Each is built in
//! a copy below the target folder, and again only when its files or its tools have changed. The end-to-end tests take the
//! components from `target/examples`. Where a machine lacks what a language needs, `NAME.missing` replaces `NAME.wasm`
//! and holds the reason.

#[path = "../../../host/src/cli/plugin/dev/hints.rs"]
mod hints;
mod project;
#[path = "../../../host/templates.rs"]
mod templates;
mod tools;
mod toolset;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::project::Project;
use self::templates::Language;
use self::tools::Tools;
use self::toolset::Toolset;
use super::Checkout;
use super::report::Outcome;
use crate::{build, process};

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    // In parallel, because most of these tools use one core.
    let finished: Vec<_> = std::thread::scope(|scope| {
        let toolsets = Toolset::ALL.map(|toolset| (toolset, scope.spawn(move || build_with(toolset, checkout))));
        toolsets.map(|(toolset, thread)| (toolset, thread.join().expect("a panic is shown where it happens"))).into()
    });
    let (mut said, mut failed) = (Vec::new(), Vec::new());
    for (toolset, done) in finished {
        match done {
            Ok(done) => said.push(format!("{}: {done}", toolset.name())),
            Err(error) => failed.push(format!("{}: {error:#}", toolset.name())),
        }
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    Ok(Outcome::Passed(Some(said.join("\n"))))
}

/// Builds the projects in Python and JavaScript alone, as [`run`] does.
pub(crate) fn interpreted(checkout: &Checkout) -> Result<String> {
    let built = [Language::Python, Language::JavaScript].map(|language| {
        let done = build_with(Toolset::Own(language), checkout)?;
        Ok(format!("{}: {done}", language.name()))
    });
    Ok(built.into_iter().collect::<Result<Vec<_>>>()?.join("\n"))
}

/// Builds the projects of one set of tools, and returns a summary.
fn build_with(toolset: Toolset, checkout: &Checkout) -> Result<String> {
    let folder = checkout.workspace.target.join("examples");
    fs::create_dir_all(&folder)?;
    let projects = project::all_for(toolset, &checkout.workspace.root)?;
    let missing = |project: &Project| folder.join(format!("{}.missing", project.name));
    match Tools::get(toolset, checkout, &folder) {
        Ok(tools) => {
            let stamp = tools.stamp()?;
            let built = projects.iter().map(|project| {
                let _ = fs::remove_file(missing(project));
                build_project(project, &tools, &stamp, &folder).with_context(|| project.name.clone())
            });
            Ok(built.collect::<Result<Vec<_>>>()?.join(", "))
        }
        // Work goes on without one language, but CI must see everything.
        Err(error) if std::env::var_os("CI").is_none() => {
            for project in &projects {
                fs::write(missing(project), format!("{error:#}"))?;
            }
            Ok(format!("not built: {error:#}"))
        }
        Err(error) => Err(error),
    }
}

/// Builds a project unless it is up to date, and returns its name, its component's size and the time it took.
fn build_project(project: &Project, tools: &Tools, stamp: &str, folder: &Path) -> Result<String> {
    let component = folder.join(format!("{}.wasm", project.name));
    let (seal, wanted) = (folder.join(format!("{}.built", project.name)), project.fingerprint(stamp));
    if component.exists() && fs::read_to_string(&seal).is_ok_and(|built| built == wanted) {
        return Ok(format!("{} {}", project.name, process::size(&component)));
    }
    let start = Instant::now();
    build::place(&build_copy(project, tools, folder)?, &component)?;
    fs::write(&seal, wanted)?;
    Ok(format!("{} {} in {}", project.name, process::size(&component), seconds(start.elapsed())))
}

/// Builds a copy of a project, and returns the path of the component.
fn build_copy(project: &Project, tools: &Tools, folder: &Path) -> Result<PathBuf> {
    let copy = folder.join("work").join(&project.name);
    project.lay_out(&copy)?;
    let inside = copy.join(project.folder);
    for mut command in tools.commands(project, &inside)? {
        process::output(command.current_dir(&inside)).map_err(with_hint)?;
    }
    Ok(tools.component(project, &inside))
}

/// Adds the hint to the error of a build whose message is known.
fn with_hint(error: anyhow::Error) -> anyhow::Error {
    match hints::find_hint(&format!("{error:#}")) {
        Some(hint) => error.context(format!("hint: {hint}")),
        None => error,
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.0} s", duration.as_secs_f64())
}
