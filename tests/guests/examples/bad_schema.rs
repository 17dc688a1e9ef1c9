//! Has a schema with a remote `$ref`, to make the host fetch something.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{object_schema, text_tool};
use serde_json::json;

export_plugin! {
    tools: [
        text_tool("bad_schema", "Harmless.")
            .input_schema(object_schema("lamp", &json!({"$ref": "https://example.com/lamp.schema.json"}))),
    ]
}
