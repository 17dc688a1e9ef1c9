//! Lamplighter: an MCP server for Philips Hue whose tools are WebAssembly components.
//!
//! This crate is the process. It joins two sides that know nothing of each other: `hue-bridge`, which knows all about a
//! bridge, and the contract in `wit/`, which is all that a plugin sees. `ARCHITECTURE.md` has the map and the three flows.
//! The layers, from the top; no module imports from above:
//!
//! - `cli`: the command line;
//! - `inspect`: plugins inspected without serving them;
//! - `app`: the one place where the parts of a host meet;
//! - `mcp`: the protocol, through rmcp;
//! - `calls`: the call pipeline, whatever the transport;
//! - `registry`: the plugins that are served, kept in step with the plugins folder;
//! - `approval`: which bytes of a pinned plugin may be served;
//! - `plugin`: a component and its instances, through wasmtime;
//! - `capability`: what a plugin may reach;
//! - `contract`: the bindings of the WIT interfaces.
//!
//! Beneath them, for every layer: `config`, `storage` (through `SQLite`), `health`, `state`, `logging`, `memory` and `shutdown`, which
//! imports nothing of this crate.
//!
//! The crate is a program, not a library: its API is [`main`] alone.

use std::process::ExitCode;

use clap::Parser as _;

mod app;
mod approval;
mod calls;
mod capability;
mod cli;
mod config;
mod contract;
mod health;
mod inspect;
mod logging;
mod mcp;
mod memory;
mod plugin;
mod registry;
mod shutdown;
mod state;
mod storage;

/// Runs the program as its command line says. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
pub fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
