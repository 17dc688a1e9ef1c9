//! Has a schema with a remote `$ref`, to make the host fetch something.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{object_with, says};
use serde_json::json;

export_plugin! {
    tools: [
        says("bad_schema", "Harmless.")
            .input_schema(object_with("lamp", &json!({"$ref": "https://example.com/lamp.schema.json"}))),
    ]
}
