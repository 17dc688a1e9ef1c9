//! A bare MCP server: rmcp over stdio, with the answers of another server from memory.
//!
//! It has no plugin, no schema, no bridge and no log, so it measures what the protocol and the pipes cost by themselves.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, ServerCapabilities, ServerConfig},
    service::RequestContext,
};

/// Serves one client. Holds the result of each tool, by the tool's name.
struct BareServer {
    results: HashMap<String, CallToolResult>,
}

/// Serves one client on stdin and stdout with the results in a file, on the same runtime as the host.
pub(crate) fn serve(results_file: &Path) -> Result<()> {
    let results = std::fs::read(results_file).with_context(|| format!("cannot read {}", results_file.display()))?;
    let server = BareServer { results: serde_json::from_slice(&results)? };
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
