//! A bare MCP server: rmcp over stdio, with the list and the answers of another server from memory.
//!
//! It has no plugin, no schema, no bridge and no log, so it measures what the protocol and the pipes cost by themselves.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::Value;

use crate::replay::Replay;
use crate::server::Server;

/// The name of this server in the table.
pub(crate) const BARE: &str = "bare rmcp";

/// Serves one client. Holds the result of each tool, by the tool's name.
struct BareServer {
    tools: Vec<Tool>,
    results: HashMap<String, CallToolResult>,
}

/// Prepares this very program as a bare server.
pub(crate) fn server(replay: &Replay) -> Result<Server> {
    let arguments = |folder: &Path| vec![crate::BARE_SERVER_OPTION.into(), folder.join("replay.json").into()];
    let server = Server::new(BARE, std::env::current_exe()?, arguments)?;
    std::fs::write(server.folder().join("replay.json"), replay.0.to_string())?;
    Ok(server)
}

/// Serves one client on stdin and stdout with the replay in a file, on tokio's usual runtime.
pub(crate) fn serve(replay: &Path) -> Result<()> {
    let text = std::fs::read(replay).with_context(|| format!("cannot read {}", replay.display()))?;
    let mut replay: Value = serde_json::from_slice(&text)?;
    let server = BareServer {
        tools: serde_json::from_value(replay["tools"].take())?,
        results: serde_json::from_value(replay["results"].take())?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        server.serve(rmcp::transport::stdio()).await?.waiting().await?;
        Ok(())
    })
}

impl ServerHandler for BareServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.clone()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let result = self.results.get(&*request.name).cloned();
        let result = result.ok_or_else(|| ErrorData::invalid_params(format!("unknown tool {}", request.name), None))?;
        Ok(result.into())
    }
}
