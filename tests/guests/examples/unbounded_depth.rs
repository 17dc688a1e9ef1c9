//! Recurses without end in one tool, and returns JSON that is nested 100,000 deep in another.

use lamplighter_plugin::{IntoToolOutput, ToolOutput, prelude::*};

fn recurse(_: NoArguments) -> String {
    fn down(depth: u64) -> u64 {
        // The addition after the call keeps the compiler from making a loop of the recursion.
        if std::hint::black_box(depth) == u64::MAX { 0 } else { down(depth + 1) + 1 }
    }
    down(0).to_string()
}

/// A result that is deeply nested JSON, which the SDK's own types cannot produce.
struct Nest;

impl IntoToolOutput for Nest {
    fn into_tool_output(self) -> Result<ToolOutput, ToolError> {
        let structured = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        Ok(ToolOutput { content: Vec::new(), structured: Some(structured), is_error: false, meta: None })
    }
}

fn nest(_: NoArguments) -> Nest {
    Nest
}

export_plugin! {
    tools: [
        Tool::new("recurse", "Calls itself without end.", recurse),
        Tool::new("nest", "Answers JSON that is nested without end.", nest),
    ]
}
