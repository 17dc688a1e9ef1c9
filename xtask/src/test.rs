//! `cargo xtask test` checks everything that must hold before a change is taken, in steps.
//!
//! Every step runs, even after another failed, unless it needs that step's result. So one run reports every failure.

mod advisories;
mod checks;
pub(crate) mod examples;
mod hue_clients;
mod licences;
pub(crate) mod node;
mod policy;
mod python;
mod report;
mod typescript;
pub(crate) mod venv;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use self::report::Finished;
pub(crate) use self::report::Outcome;
use crate::layers;
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Run these steps alone; may be given several times
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// List the steps and run none
    #[arg(long)]
    list: bool,
    /// Where the target for plugins comes from
    #[arg(long, value_enum, default_value_t)]
    wasm: wasm::Source,
}

/// A step: a claim, and the function that checks it.
struct Step {
    name: &'static str,
    claim: &'static str,
    /// Names the step whose result it needs.
    needs: Option<&'static str>,
    run: fn(&Checkout) -> Result<Outcome>,
}

/// The sources and the toolchain that the steps work on.
pub(crate) struct Checkout {
    pub(crate) workspace: Workspace,
    pub(crate) wasm: wasm::Source,
}

impl Checkout {
    pub(crate) fn toolchain(&self) -> Result<Toolchain> {
        Toolchain::ensure(&self.workspace, self.wasm)
    }
}

/// All steps in the order in which they run: the quick ones that often fail come first.
const ALL_STEPS: &[Step] = &[
    Step { name: "fmt", claim: "the source is formatted", needs: None, run: checks::fmt },
    Step { name: "layers", claim: "no module uses one above it", needs: None, run: layers::check },
    Step { name: "licences", claim: "every dependency is one we may have", needs: None, run: licences::run },
    Step { name: "advisories", claim: "no dependency has a known weakness", needs: None, run: advisories::check },
    Step { name: "clippy", claim: "no lint speaks up", needs: None, run: checks::clippy },
    Step { name: "clippy-wasm", claim: "nor where plugins are built", needs: None, run: checks::clippy_wasm },
    Step {
        name: "doc",
        claim: "the documentation builds, and its links lead somewhere",
        needs: None,
        run: checks::doc,
    },
    Step { name: "build", claim: "plugins and host build", needs: None, run: checks::build },
    Step {
        name: "examples",
        claim: "a plugin builds in each language, and a new project",
        needs: Some("build"),
        run: examples::run,
    },
    Step { name: "test", claim: "the tests pass, end to end too", needs: Some("build"), run: checks::test },
    Step { name: "doctest", claim: "the examples in the documentation work", needs: None, run: checks::doctest },
    Step { name: "python", claim: "the Python clients agree", needs: Some("build"), run: python::run },
    Step { name: "typescript", claim: "the TypeScript clients agree", needs: Some("build"), run: typescript::run },
    Step {
        name: "hue-clients",
        claim: "clients of a bridge that others wrote take the simulator for one",
        needs: Some("build"),
        run: hue_clients::run,
    },
];

pub(crate) fn run(workspace: Workspace, args: &TestArgs) -> Result<ExitCode> {
    if args.list {
        for step in ALL_STEPS {
            println!("{:12} {}", step.name, step.claim);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = select_steps(&args.only)?;
    let checkout = Checkout { workspace, wasm: args.wasm };
    let mut finished = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        println!("\n=== {}/{} {}: {}", number + 1, steps.len(), step.name, step.claim);
        finished.push(run_step(step, &checkout, &finished));
    }
    Ok(report::print_summary(&finished))
}

fn select_steps(only: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = only.iter().find(|name| ALL_STEPS.iter().all(|step| step.name != **name)) {
        let names: Vec<_> = ALL_STEPS.iter().map(|step| step.name).collect();
        bail!("there is no step {unknown}; there are {}", names.join(", "));
    }
    Ok(ALL_STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

fn run_step(step: &Step, checkout: &Checkout, before: &[Finished]) -> Finished {
    let start = Instant::now();
    let failed = step.needs.filter(|needed| before.iter().any(|other| other.name == *needed && other.failed()));
    let outcome = match failed {
        Some(needed) => Outcome::Failed(format!("not run: it needs the step {needed}")),
        None => (step.run)(checkout).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}"))),
    };
    let finished = Finished { name: step.name, outcome, took: start.elapsed() };
    println!("{finished}");
    finished
}
