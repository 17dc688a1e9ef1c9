//! Lamplighter: an MCP server for Philips Hue whose tools are WebAssembly components.
//!
//! This crate is the process. It joins two walls that know nothing of each other: `hue-bridge`, which is everything
//! about a bridge, and the contract in `wit/`, which is everything a plugin sees. `ARCHITECTURE.md` has the map and the
//! three flows; in short:
//!
//! - `cli`, `config`, `logging`, `shutdown`: the process, on the outside;
//! - `app`: where the parts meet;
//! - `mcp`: a client, through rmcp; `calls`: one tool call, whatever the transport;
//! - `registry`: which plugins there are, kept as the plugins folder is;
//! - `plugin`: a component and its instances, through wasmtime; `capability`: what it may reach; `contract`: the
//!   bindings of the WIT interfaces between the two sides;
//! - `approval`: which bytes of a pinned plugin may be served; `state`: where such things are kept;
//! - `storage`: what plugins keep, through `SQLite`;
//! - `inspect`: plugins looked at without serving them;
//! - `health`: figures.
//!
//! A program, not a library: nothing here is an API but [`main`].

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
mod plugin;
mod registry;
mod shutdown;
mod state;
mod storage;

/// Runs the program as its command line says. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
pub fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
