//! Describes an argument in 128 KiB.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::{object_with, says};
use serde_json::json;

const DESCRIPTION_BYTES: usize = 128 * 1024;

export_plugin! {
    tools: [
        says("huge_schema", "Harmless.")
            .input_schema(object_with("lamp", &json!({"type": "string", "description": "x".repeat(DESCRIPTION_BYTES)}))),
    ]
}
