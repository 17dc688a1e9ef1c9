//! Keeps values in its storage, and sends any CLIP request to the bridge.

#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments")]

use lamplighter_plugin::{clip, prelude::*, storage::StorageError};
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Keep {
    key: String,
    value: Value,
}

#[derive(Deserialize, JsonSchema)]
struct Key {
    key: String,
}

#[derive(Deserialize, JsonSchema)]
struct Flood {
    /// Writes of a kilobyte.
    writes: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Ask {
    resource_type: String,
    id: Option<String>,
    /// Changes the resource; without it, it is read.
    body: Option<Value>,
}

fn keep(args: Keep) -> Result<Reply, ToolError> {
    storage::set(&args.key, &args.value)?;
    Ok(Reply::json(json!({"kept": args.key})))
}

fn recall(args: Key) -> Result<Reply, ToolError> {
    Ok(Reply::json(json!({"value": storage::get::<Value>(&args.key)?, "keys": storage::keys("")?})))
}

fn count(args: Key) -> Result<Reply, ToolError> {
    let count = storage::update(&args.key, |count: Option<u64>| count.unwrap_or(0) + 1)?;
    Ok(Reply::json(json!({"count": count})))
}

/// Writes until the storage is full, and returns the number of writes that were accepted.
fn flood(args: Flood) -> Result<Reply, ToolError> {
    let mut taken = 0;
    for write in 0..args.writes {
        match storage::compare_and_swap(&format!("flood/{write}"), None, Some(&[0; 1024])) {
            Ok(_) => taken += 1,
            Err(StorageError::Quota(quota)) => {
                return Ok(Reply::json(json!({"taken": taken, "limit": quota.limit, "used": quota.used})));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Reply::json(json!({"taken": taken})))
}

fn ask(args: Ask) -> Result<Reply, ToolError> {
    let data = match (&args.id, &args.body) {
        (Some(id), Some(body)) => clip::put(&args.resource_type, id, body)?,
        (Some(id), None) => clip::get_one(&args.resource_type, id)?.into_iter().collect(),
        (None, _) => clip::get(&args.resource_type)?,
    };
    Ok(Reply::json(json!({"data": data})))
}

export_plugin! {
    tools: [
        Tool::new("keep", "Keeps a value under a key.", keep),
        Tool::new("recall", "Tells what is kept under a key, and all keys.", recall),
        Tool::new("count", "Counts its own calls under a key.", count),
        Tool::new("flood", "Writes until its storage is full.", flood),
        Tool::new("ask", "Asks the bridge for any resource, or changes one.", ask),
    ]
}
