//! Returns structured content that breaks its output schema.

use lamplighter_plugin::prelude::*;
use serde_json::json;

fn bad_output(_: NoArguments) -> Reply {
    Reply::text("Five lamps.").structured(json!({"lamps": "five"}))
}

/// Returns text as `_meta`, which must be an object.
fn bad_meta(_: NoArguments) -> Reply {
    Reply::text("Odd.").meta(json!("no object"))
}

export_plugin! {
    tools: [
        Tool::new("bad_output", "Breaks its own output schema.", bad_output).output_schema(json!({
            "type": "object",
            "properties": {"lamps": {"type": "integer"}},
            "required": ["lamps"],
        })),
        Tool::new("bad_meta", "Answers a `meta` that is no object.", bad_meta),
    ]
}
