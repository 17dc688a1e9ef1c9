//! Runs independent clients of a Hue bridge against the simulator.
//!
//! Each lists, changes and, where it can, receives events, while a witness reads the simulator's document beside it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Checkout;
use super::report::Outcome;
use super::venv::{self, Environment};
use crate::process;
use crate::workspace::Workspace;

/// A client and the runtime that it needs.
struct Client {
    name: &'static str,
    script: &'static str,
    /// The oldest minor version of Python 3 that the client runs on.
    python: u32,
    requirements: &'static str,
}

/// All clients, in the order in which they run.
const ALL_CLIENTS: &[Client] = &[
    Client { name: "hueify", script: "hueify_client.py", python: 13, requirements: "requirements-hueify.txt" },
    Client { name: "aiohue", script: "aiohue_client.py", python: 11, requirements: "requirements-aiohue.txt" },
];

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    let (mut ran, mut missing, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for client in ALL_CLIENTS {
        match client.prepare(&checkout.workspace)? {
            Prepared::Impossible(reason) => missing.push(format!("{} did not run: {reason}", client.name)),
            Prepared::Ready(command) => match against_simulator(&checkout.workspace, command) {
                Ok(()) => ran.push(client.name),
                Err(error) => failed.push(format!("{}: {error:#}", client.name)),
            },
        }
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("\n"));
    }
    if ran.is_empty() {
        return Ok(Outcome::Skipped(missing.join("; ")));
    }
    let remarks = std::iter::once(ran.join(", ")).chain(missing);
    Ok(Outcome::Passed(Some(remarks.collect::<Vec<_>>().join("; "))))
}

/// The result of installing a client.
enum Prepared {
    /// Holds the command, which takes the address of a bridge.
    Ready(Command),
    Impossible(String),
}

impl Client {
    /// Installs the client below the target folder, unless it is there.
    fn prepare(&self, workspace: &Workspace) -> Result<Prepared> {
        let sources = workspace.root.join("tests/clients/hue");
        let home = workspace.target.join("hue-clients").join(self.name);
        match python(self.python, &home, &sources.join(self.requirements)) {
            Ok(Prepared::Ready(mut command)) => {
                command.arg(sources.join(self.script));
                Ok(Prepared::Ready(command))
            }
            // Work goes on without a network, but CI must see everything.
            Err(error) if std::env::var_os("CI").is_none() => {
                Ok(Prepared::Impossible(format!("its packages cannot be installed: {error:#}")))
            }
            other => other,
        }
    }
}

fn python(least: u32, home: &Path, requirements: &Path) -> Result<Prepared> {
    Ok(match venv::environment(least, home, requirements)? {
        Environment::Ready(interpreter) => {
            let mut command = Command::new(interpreter);
            // The sources stay as they are.
            command.env("PYTHONDONTWRITEBYTECODE", "1");
            Prepared::Ready(command)
        }
        Environment::Impossible(reason) => Prepared::Impossible(reason),
    })
}

/// Runs a client against a simulator of its own, so that it finds the home unchanged.
fn against_simulator(workspace: &Workspace, mut client: Command) -> Result<()> {
    let simulator = Simulator::start(&workspace.target.join("debug/hue-bridge-sim"))?;
    for variable in ["NO_PROXY", "no_proxy"] {
        client.env(variable, "127.0.0.1");
    }
    process::run(client.arg(&simulator.address))
}

/// A running simulator. Dropping it ends the process.
struct Simulator {
    child: Child,
    /// The host and port on which it listens.
    address: String,
    /// Is kept open, because a program that prints into a closed pipe ends.
    _stdout: BufReader<ChildStdout>,
}

impl Simulator {
    fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["--port", "0", "--link-button", "pressed"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut stdout = BufReader::new(child.stdout.take().context("the simulator has no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        // From here on, an error drops it, which ends the child.
        let mut simulator = Self { child, address: String::new(), _stdout: stdout };
        let address = line.strip_prefix("bridge").and_then(|url| url.trim().strip_prefix("https://"));
        address.context("the simulator did not tell its address first")?.clone_into(&mut simulator.address);
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Fails only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
