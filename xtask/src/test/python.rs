//! Runs the official Python client and that of `fastmcp` against the real binary, in both eras of the protocol.

use std::process::Command;

use anyhow::Result;

use super::Checkout;
use super::report::Outcome;
use super::venv::{Environment, environment};
use crate::process;

/// The ways in which a client opens a session: by its own choice, with `initialize`, and without.
const OPENING_MODES: [&str; 3] = ["auto", "legacy", "2026-07-28"];

/// The programs that run a client, each of them in every mode.
const CLIENTS: [&str; 2] = ["python_client.py", "fastmcp_client.py"];

pub(crate) fn run(checkout: &Checkout) -> Result<Outcome> {
    let clients = checkout.workspace.root.join("tests/clients");
    let venv = checkout.workspace.target.join("python-client");
    let interpreter = match environment(10, &venv, &clients.join("requirements.txt"))? {
        Environment::Ready(interpreter) => interpreter,
        Environment::Impossible(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let binary = checkout.workspace.target.join("debug/lamplighter");
    for (script, mode) in CLIENTS.iter().flat_map(|script| OPENING_MODES.map(|mode| (script, mode))) {
        let mut client = Command::new(&interpreter);
        // The scripts share a module; its bytecode would be written beside it.
        client.env("PYTHONDONTWRITEBYTECODE", "1");
        client.arg(clients.join(script)).args(["--mode", mode]);
        client.arg("--binary").arg(&binary).arg("--plugins").arg(checkout.workspace.plugins());
        process::run(client.arg("--guests").arg(checkout.workspace.guests()))?;
    }
    Ok(Outcome::Passed(Some(format!("modes {}", OPENING_MODES.join(", ")))))
}
