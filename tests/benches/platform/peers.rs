//! Servers of other projects that answer the same from memory: `FastMCP` and hyper-mcp.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::options::Options;
use crate::replay::Replay;
use crate::server::Server;

/// The name of `FastMCP` in the table.
pub(crate) const FASTMCP: &str = "FastMCP";
/// The name of hyper-mcp in the table.
pub(crate) const HYPER_MCP: &str = "hyper-mcp";

/// The program that serves a replay with `FastMCP`.
const FASTMCP_SERVER: &str = include_str!("fastmcp_server.py");

/// The peers that are here.
pub(crate) struct Peers {
    fastmcp: Option<PathBuf>,
    hyper_mcp: Option<PathBuf>,
}

impl Peers {
    /// Takes the peers that xtask has found or installed.
    pub(crate) fn new(options: &Options) -> Self {
        Self { fastmcp: options.fastmcp.clone(), hyper_mcp: options.hyper_mcp.clone() }
    }

    /// Prepares each of them with the replay.
    pub(crate) fn servers(&self, replay: &Replay) -> Result<Vec<Server>> {
        let fastmcp = self.fastmcp.as_deref().map(|python| fastmcp(python, replay));
        let hyper_mcp = self.hyper_mcp.as_deref().map(|program| hyper_mcp(program, replay));
        [fastmcp, hyper_mcp].into_iter().flatten().collect()
    }
}

fn fastmcp(python: &Path, replay: &Replay) -> Result<Server> {
    let arguments = |folder: &Path| vec![folder.join("server.py").into(), folder.join("replay.json").into()];
    let server = Server::new(FASTMCP, python.to_owned(), arguments)?;
    std::fs::write(server.folder().join("server.py"), FASTMCP_SERVER)?;
    std::fs::write(server.folder().join("replay.json"), replay.0.to_string())?;
    Ok(server)
}

/// Prepares hyper-mcp with a plugin for each tool that has an answer. A plugin of hyper-mcp has the name of its tool.
fn hyper_mcp(program: &Path, replay: &Replay) -> Result<Server> {
    let arguments = |folder: &Path| vec!["--config-file".into(), folder.join("config.json").into()];
    let mut server = Server::new(HYPER_MCP, program.to_owned(), arguments)?;
    server.repeats_tool_names = true;
    let mut plugins = json!({});
    for (name, tool, result) in replay.answered() {
        let file = server.folder().join(format!("{name}.wasm"));
        std::fs::write(&file, extism_plugin(tool, result)?)?;
        plugins[name] = json!({"url": format!("file://{}", file.display())});
    }
    std::fs::write(server.folder().join("config.json"), json!({"plugins": plugins}).to_string())?;
    Ok(server)
}

/// Makes a plugin for Extism that answers from its memory: as little as a plugin of hyper-mcp can do.
fn extism_plugin(tool: &Value, result: &Value) -> Result<Vec<u8>> {
    let (list, result) = (json!({"tools": [tool]}).to_string(), result.to_string());
    let escape = |text: &str| text.bytes().fold(String::new(), |escaped, byte| escaped + &format!("\\{byte:02x}"));
    let (data, begin) = (format!("{}{}", escape(&list), escape(&result)), list.len());
    let pages = (list.len() + result.len()) / 65_536 + 2;
    let text = format!(
        r#"(module
          (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
          (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
          (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
          (memory (export "memory") {pages})
          (data (i32.const 0) "{data}")
          (func $answer (param $from i32) (param $length i32) (result i32)
            (local $to i64) (local $at i32)
            (local.set $to (call $alloc (i64.extend_i32_u (i32.add (local.get $length) (i32.const 8)))))
            (loop $copy
              (call $store
                (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
                (i64.load (i32.add (local.get $from) (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $copy (i32.lt_u (local.get $at) (local.get $length))))
            (call $output_set (local.get $to) (i64.extend_i32_u (local.get $length)))
            (i32.const 0))
          (func (export "describe") (result i32) (call $answer (i32.const 0) (i32.const {begin})))
          (func (export "call") (result i32) (call $answer (i32.const {begin}) (i32.const {length}))))"#,
        length = result.len(),
    );
    wat::parse_str(&text).context("the plugin for Extism is no WebAssembly")
}
