//! Installs the servers of other projects that the bench compares with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::test::venv::{Environment, environment};
use crate::workspace::Workspace;

/// The version of hyper-mcp in the Rust registry.
const HYPER_MCP_VERSION: &str = "0.8.3";

/// The minor version of the oldest Python 3 that `fastmcp` runs on.
const FASTMCP_PYTHON: u32 = 10;

/// Installs the peers below the target folder, and tells the bench where each is or why it is absent.
pub(crate) fn add(bench: &mut Command, workspace: &Workspace) {
    let requirements = workspace.root.join("tests/clients/requirements.txt");
    match environment(FASTMCP_PYTHON, &workspace.target.join("python-client"), &requirements) {
        Ok(Environment::Ready(python)) => bench.arg("--fastmcp").arg(python),
        Ok(Environment::Impossible(reason)) => bench.args(["--absent", &format!("FastMCP: {reason}")]),
        Err(error) => bench.args(["--absent", &format!("FastMCP: {error:#}")]),
    };
    match hyper_mcp(&workspace.target.join("bench").join("hyper-mcp")) {
        Ok(program) => bench.arg("--hyper-mcp").arg(program),
        Err(error) => bench.args(["--absent", &format!("hyper-mcp: {error:#}")]),
    };
}

/// Installs hyper-mcp, unless that was done before.
fn hyper_mcp(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("bin/hyper-mcp");
    if !program.exists() {
        println!("Building hyper-mcp {HYPER_MCP_VERSION}: some 15 minutes, once.");
        let mut install = Workspace::cargo_anywhere();
        install.args(["install", "hyper-mcp", "--locked", "--version", HYPER_MCP_VERSION, "--root"]).arg(folder);
        process::run(&mut install)?;
    }
    Ok(program)
}
