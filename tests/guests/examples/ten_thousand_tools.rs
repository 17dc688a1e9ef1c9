//! Lists ten thousand tools.

#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "exported on WebAssembly alone"))]

use lamplighter_plugin::bindings::exports::lamplighter::plugin::tools;
use lamplighter_plugin::{ToolError, ToolOutput};

struct TenThousandTools;

impl tools::Guest for TenThousandTools {
    fn list_tools() -> Vec<tools::Tool> {
        (0..10_000).map(tool).collect()
    }

    fn call_tool(_: String, _: String) -> Result<ToolOutput, ToolError> {
        Err(ToolError::failed("nobody is here"))
    }
}

fn tool(number: u32) -> tools::Tool {
    tools::Tool {
        name: format!("tool_{number}"),
        title: None,
        description: "One of many.".to_owned(),
        input_schema: r#"{"type": "object"}"#.to_owned(),
        output_schema: None,
        hints: tools::Hints { read_only: None, destructive: None, idempotent: None, open_world: None },
        expected_ms: None,
        icons: Vec::new(),
        meta: None,
    }
}

#[cfg(target_arch = "wasm32")]
lamplighter_plugin::bindings::export_tools!(TenThousandTools with_types_in lamplighter_plugin::bindings);
