//! Goes too deep: calls itself without end, answers JSON that is nested without end, computes without end.

use lamplighter_plugin::{IntoToolOutput, ToolOutput, prelude::*};

fn recurse(_: NoArguments) -> String {
    fn down(depth: u64) -> u64 {
        // What is done with the result keeps the compiler from making a loop of it.
        if std::hint::black_box(depth) == u64::MAX { 0 } else { down(depth + 1) + 1 }
    }
    down(0).to_string()
}

/// JSON that no parser of a plugin's would write.
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
