//! Describes an argument in 128 KiB.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{object_schema, text_tool};
use serde_json::json;

const DESCRIPTION_BYTES: usize = 128 * 1024;

export_plugin! {
    tools: [
        text_tool("huge_schema", "Harmless.")
            .input_schema(object_schema("lamp", &json!({"type": "string", "description": "x".repeat(DESCRIPTION_BYTES)}))),
    ]
}
