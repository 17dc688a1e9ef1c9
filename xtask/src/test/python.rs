//! The official Python client against the real binary, in both eras of the protocol.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Checkout;
use super::report::Outcome;
use crate::process;

/// How the client opens the conversation: as it would by itself, with `initialize`, and without.
const MODES: [&str; 3] = ["auto", "legacy", "2026-07-28"];

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    let Some(python) = python() else {
        return Ok(Outcome::Skipped("there is no Python 3.10 or newer here (python3)".into()));
    };
    let clients = checkout.workspace.root.join("tests/clients");
    let venv = checkout.workspace.target.join("python-client");
    let interpreter = match environment(python, &venv, &clients.join("requirements.txt"))? {
        Environment::Ready(interpreter) => interpreter,
        Environment::Impossible(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let binary = checkout.workspace.target.join("debug/lamplighter");
    for mode in MODES {
        let mut client = Command::new(&interpreter);
        client.arg(clients.join("python_client.py")).args(["--mode", mode]);
        client.arg("--binary").arg(&binary).arg("--plugins").arg(checkout.workspace.plugins());
        process::run(client.arg("--guests").arg(checkout.workspace.guests()))?;
    }
    Ok(Outcome::Passed(Some(format!("modes {}", MODES.join(", ")))))
}

fn python() -> Option<&'static str> {
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
    ["python3", "python"].into_iter().find(|name| process::is_there(name, &["-c", new_enough]))
}

enum Environment {
    /// The interpreter that has the client.
    Ready(PathBuf),
    /// Python is there, and cannot make virtual environments.
    Impossible(String),
}

/// A virtual environment with what `requirements` says, made once.
fn environment(python: &str, venv: &Path, requirements: &Path) -> Result<Environment> {
    let interpreter = venv.join("bin/python");
    let stamp = venv.join("requirements.txt");
    let wanted = std::fs::read(requirements)?;
    if interpreter.exists() && std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Environment::Ready(interpreter));
    }
    let made = process::output(Command::new(python).args(["-m", "venv", "--clear"]).arg(venv));
    if let Err(error) = made {
        return Ok(Environment::Impossible(format!("Python cannot make a virtual environment here: {error:#}")));
    }
    let mut pip = Command::new(&interpreter);
    process::run(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    std::fs::write(&stamp, wanted)?;
    Ok(Environment::Ready(interpreter))
}
