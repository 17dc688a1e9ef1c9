//! Lists schemas that the protocol allows and many clients refuse, as a plugin in any language may.

use lamplighter_plugin::prelude::*;
use serde_json::{Value, json};

/// Arguments of any shape.
#[derive(Deserialize, JsonSchema)]
struct Anything(Value);

fn list(_: NoArguments) -> Reply {
    Reply::json(json!(["Desk", "Shelf"]))
}

fn count(_: NoArguments) -> Reply {
    Reply::json(json!(2))
}

fn repeat(Anything(arguments): Anything) -> Reply {
    Reply::json(json!({"given": arguments}))
}

fn repeating(name: &str, input: Value) -> Tool {
    Tool::new(name, "Repeats the arguments that it is given.", repeat).read_only().input_schema(input)
}

export_plugin! {
    tools: [
        Tool::new("odd_list", "Lists two names, without an object around them.", list)
            .read_only()
            .output_schema(json!({"type": "array", "items": {"type": "string"}})),
        Tool::new("odd_count", "Counts two names, without an object around the number.", count)
            .read_only()
            .output_schema(json!({"type": "integer"})),
        repeating("odd_alternatives", json!({
            "type": "object",
            "oneOf": [
                {"properties": {"light": {"type": "string"}}, "required": ["light"]},
                {"properties": {"room": {"type": ["string", "null"]}}, "required": ["room"]},
            ],
        })),
        repeating("odd_name", json!({
            "type": "object",
            "properties": {"filter[id]": {"type": "string"}},
            "required": ["filter[id]"],
        })),
    ]
}
